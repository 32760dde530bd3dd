#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""same_bytes.py and events that were made up."""
import unittest

import raw
import same_bytes
from exceptions import Rule


def event(name="read", pid=1, tid=1, compat=0, **params):
    return {"pid": pid, "tid": tid, "type": name, "compat": compat, "params": params}


def identity(n):
    return n.to_bytes(8, "little")


def tuple_of(a, b, path=b"p\0"):
    return event("connect", tuple=b"\1" + identity(a) + identity(b) + path)


class Types(unittest.TestCase):
    def test_the_table_of_events_is_understood(self):
        self.assertEqual(raw.TYPES[7], ("read", ["res", "data", "fd", "size"]))
        self.assertEqual(len(raw.TYPES), max(raw.TYPES) + 1)


class Streams(unittest.TestCase):
    def compare(self, first, second, rules=()):
        self.comparison = same_bytes.Comparison(list(rules))
        return self.comparison.streams(first, second)

    def test_equal_streams_have_no_difference_whatever_the_order_of_threads(self):
        a, b = event(tid=1, data=b"a"), event(tid=2, data=b"b")
        self.assertEqual(self.compare([a, b], [b, a]), [])

    def test_one_byte_one_flag_and_one_event_count(self):
        a = event(data=b"a", fd=b"\1")
        for b in (event(data=b"b", fd=b"\1"), event(data=b"a", fd=b""),
                  event("write", data=b"a", fd=b"\1"), event(compat=2, data=b"a", fd=b"\1")):
            self.assertEqual(len(self.compare([a], [b])), 1)
        self.assertEqual(len(self.compare([a, a], [a])), 1)
        self.assertEqual(len(self.compare([a], [])), 1)

    def test_exchanged_events_of_a_thread_are_noticed(self):
        a, b = event(data=b"a"), event(data=b"b")
        self.assertEqual(len(self.compare([a, b], [b, a])), 2)

    def test_sockets_may_have_other_numbers_if_each_has_one(self):
        self.assertEqual(self.compare([tuple_of(1, 2), tuple_of(3, 2)],
                                      [tuple_of(7, 8), tuple_of(9, 8)]), [])
        self.assertEqual(len(self.compare([tuple_of(1, 2), tuple_of(3, 2)],
                                          [tuple_of(7, 8), tuple_of(7, 8)])), 1)
        self.assertEqual(len(self.compare([tuple_of(1, 2), tuple_of(1, 2)],
                                          [tuple_of(7, 8), tuple_of(9, 8)])), 1)
        self.assertEqual(len(self.compare([tuple_of(1, 2)], [tuple_of(1, 2, b"q\0")])), 1)

    def test_identities_of_a_pair_may_be_other_numbers_too(self):
        def pair(a, b):
            return event("socketpair", source=identity(a), peer=identity(b))
        self.assertEqual(self.compare([pair(1, 2), tuple_of(1, 2)], [pair(7, 8), tuple_of(7, 8)]),
                         [])
        self.assertEqual(len(self.compare([pair(1, 2), tuple_of(1, 2)],
                                          [pair(7, 8), tuple_of(8, 7)])), 1)

    def test_what_is_excepted_is_noted_and_nothing_else_is_excused(self):
        rule = Rule(1, "userspace", "*", "*", "clone", "arg_tid", "any", "why")
        a, b = event("clone", tid=1), event("clone", tid=1)
        a["params"], b["params"] = {"tid": b"1", "pid": b"1"}, {"tid": b"2", "pid": b"1"}
        other = Rule(2, "userspace", "*", "*", "clone", "arg_pid", "any", "why")
        self.assertEqual(self.compare([a], [b], [rule, other]), [])
        self.assertEqual(self.comparison.needed, {rule})
        self.assertEqual(self.compare([a], [a], [rule]), [])
        self.assertEqual(self.comparison.needed, set())
        b["params"]["pid"] = b"2"
        self.assertEqual(len(self.compare([a], [b], [rule])), 1)


if __name__ == "__main__":
    unittest.main()
