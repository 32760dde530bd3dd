#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare.py and a stream that was made up."""
import json
import unittest

import compare

ROOT, CHILD, OTHER = 100, 101, 999
STREAM = """
{"ts":"2026-11-24T16:20:00.000000001Z","seq":1,"cpu":0,"pid":100,"tid":100,"type":"close","res":0,"fd":3}
{"ts":"2026-11-24T16:20:00.000000002Z","seq":2,"cpu":0,"pid":100,"tid":100,"type":"kill","res":-3,"arg_pid":-2147483648,"sig":0}
{"ts":"2026-11-24T16:20:00.000000003Z","seq":3,"cpu":0,"pid":100,"tid":100,"type":"close","res":0,"fd":4}
{"ts":"2026-11-24T16:20:00.000000004Z","seq":4,"cpu":1,"pid":999,"tid":999,"type":"close","res":0,"fd":5}
{"ts":"2026-11-24T16:20:00.000000005Z","seq":5,"cpu":1,"pid":101,"tid":101,"type":"close","res":-9,"fd":-1}
{"ts":"2026-11-24T16:20:00.000000006Z","seq":6,"cpu":0,"pid":100,"tid":100,"type":"close","res":0,"fd":6}
{"ts":"2026-11-24T16:20:00.000000007Z","seq":7,"cpu":0,"pid":100,"tid":100,"type":"kill","res":-3,"arg_pid":-2147483648,"sig":0}
{"ts":"2026-11-24T16:20:00.000000008Z","seq":8,"cpu":0,"pid":100,"tid":100,"type":"close","res":0,"fd":7}
"""


def stream():
    return [json.loads(line) for line in STREAM.strip().splitlines()]


def close(pid, res, fd):
    return {"type": "close", "pid": pid, "tid": pid, "res": res, "fd": fd}


WANT = [close(ROOT, 0, 4), close(ROOT, 0, 6), close(CHILD, -9, -1)]


class Observed(unittest.TestCase):
    def test_only_the_processes_of_the_program_between_its_marks_count(self):
        seen, is_complete = compare.observed(stream(), ROOT, {ROOT, CHILD})
        self.assertEqual([e["seq"] for e in seen], [3, 5, 6])
        self.assertTrue(is_complete)

    def test_without_the_second_mark_it_is_not_complete(self):
        self.assertFalse(compare.observed(stream()[:6], ROOT, {ROOT})[1])


class Compare(unittest.TestCase):
    def seen(self):
        return compare.observed(stream(), ROOT, {ROOT, CHILD})[0]

    def test_equal_streams_have_no_difference_whatever_the_order_of_threads(self):
        self.assertEqual(compare.compare(WANT, self.seen()), [])

    def test_a_missing_event_is_the_only_difference(self):
        want = [WANT[0], close(ROOT, 0, 5), *WANT[1:]]
        self.assertEqual(compare.compare(want, self.seen()), [("close", f"missing: {want[1]}")])

    def test_an_event_too_many_is_the_only_difference(self):
        out = compare.compare(WANT[1:], self.seen())
        self.assertEqual(len(out), 1)
        self.assertRegex(out[0][1], "^unexpected: .*'seq': 3")

    def test_a_wrong_value_is_named(self):
        out = compare.compare([close(ROOT, 0, 44), *WANT[1:]], self.seen())
        self.assertEqual(len(out), 1)
        self.assertIn("fd: expected 44, got 4", out[0][1])

    def test_exchanged_events_are_noticed(self):
        self.assertTrue(compare.compare([WANT[1], WANT[0], WANT[2]], self.seen()))

    def test_a_parameter_that_is_not_expected_is_a_difference_unless_it_has_no_value(self):
        got = dict(close(ROOT, 0, 4), data="x")
        self.assertTrue(compare.compare([close(ROOT, 0, 4)], [got]))
        got["data"] = None
        self.assertEqual(compare.compare([close(ROOT, 0, 4)], [got]), [])

    def test_a_parameter_without_value_is_a_difference_if_one_is_expected(self):
        got = dict(close(ROOT, 0, 4), fd=None)
        self.assertTrue(compare.compare([close(ROOT, 0, 4)], [got]))


class Values(unittest.TestCase):
    def test_numbers_are_equal_in_every_form_that_the_daemon_writes(self):
        for want, got in ((7, 7), (31, "0x1f"), (0o644, "0644"), (0, "0"), (9, "SIGKILL"),
                          (1795537200_000000001, "2026-11-24T16:20:00.000000001Z")):
            self.assertTrue(compare.same_value(want, got), (want, got))
        for want, got in ((7, 8), (7, "7"), (7, "x"), (0, ""), (0, None)):
            self.assertFalse(compare.same_value(want, got), (want, got))

    def test_strings_are_not_read_as_numbers(self):
        self.assertFalse(compare.same_value("0x1f", 31))
        self.assertTrue(compare.same_value("0x1f", "0x1f"))

    def test_ranges_include_their_ends(self):
        rule = {"range": [3, 5], "why": ""}
        self.assertEqual([n for n in range(9) if compare.same_value(rule, n)], [3, 4, 5])
        self.assertFalse(compare.same_value(rule, None))

    def test_a_multiple_is_no_other_number_of_the_range(self):
        rule = {"range": [3, 9], "multiple": 4, "why": ""}
        self.assertEqual([n for n in range(12) if compare.same_value(rule, n)], [4, 8])

    def test_names_of_bits_have_no_order_but_must_be_all(self):
        rule = {"bits": "A|B"}
        self.assertTrue(compare.same_value(rule, "B|A"))
        for got in ("A", "A|B|C", "0", "A|B|0x8"):
            self.assertFalse(compare.same_value(rule, got))
        self.assertTrue(compare.same_value({"bits": ""}, "0"))


class Labels(unittest.TestCase):
    def tuples(self, *rows):
        want = [dict(close(ROOT, 0, i), tuple={"unix": list(r[:3])}) for i, r in enumerate(rows)]
        got = [dict(close(ROOT, 0, i), tuple=r[3]) for i, r in enumerate(rows)]
        return compare.compare(want, got)

    def test_the_same_label_is_the_same_identity(self):
        self.assertEqual(self.tuples(("a", "b", "p", "unix:0x1->0x2:p"),
                                     ("a", "c", "", "unix:0x1->0x3")), [])
        self.assertTrue(self.tuples(("a", "b", "p", "unix:0x1->0x2:p"),
                                    ("a", "c", "", "unix:0x4->0x3")))

    def test_another_label_is_another_identity(self):
        self.assertTrue(self.tuples(("a", "b", "", "unix:0x1->0x1")))

    def test_no_peer_is_zero_and_nothing_else_is(self):
        self.assertEqual(self.tuples(("a", "0", "", "unix:0x1->0x0")), [])
        self.assertTrue(self.tuples(("a", "0", "", "unix:0x1->0x2")))
        self.assertTrue(self.tuples(("a", "b", "", "unix:0x1->0x0")))

    def test_an_identity_alone_is_the_same_as_in_a_tuple(self):
        def alone(label, value):
            want = [dict(close(ROOT, 0, 0), tuple={"unix": ["a", "b", ""]}),
                    dict(close(ROOT, 0, 1), peer={"identity": label})]
            got = [dict(close(ROOT, 0, 0), tuple="unix:0x1->0x2"),
                   dict(close(ROOT, 0, 1), peer=value)]
            return compare.compare(want, got)
        self.assertEqual(alone("b", "0x2"), [])
        self.assertEqual(alone("c", "0x3"), [])
        self.assertEqual(alone("0", "0x0"), [])
        for label, value in (("b", "0x1"), ("c", "0x2"), ("0", "0x3"), ("b", None)):
            self.assertTrue(alone(label, value))

    def test_the_path_counts(self):
        self.assertTrue(self.tuples(("a", "b", "p", "unix:0x1->0x2:q")))
        self.assertTrue(self.tuples(("a", "b", "p", "unix:0x1->0x2")))


if __name__ == "__main__":
    unittest.main()
