#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is written once for all engines is, and what is not has its reason where people read it."""
import os
import re
import tempfile
import unittest

import compare
import exceptions
from exceptions import Exceptions, Rule

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ENGINES = r"\b(ebpf|kmod|userspace|udig)\b"     # bpf is a system call, too

# Guards, and the one build that cannot check at compile time.
CONDITIONS = r"#\s*(ifndef FCD_FILL_(\w+_)?H|ifdef FCD_RUNTIME_CHECK|else|endif)\b"


def lines(folder, ending):
    for name in sorted(os.listdir(folder)):
        if name.endswith(ending):
            with open(f"{folder}/{name}") as file:
                for n, line in enumerate(file, 1):
                    yield f"{name}:{n}: {line.rstrip()}", line


def rows(engine):
    """(first cell, whole line) of the tables in an engine's section of docs/engines.md."""
    with open(f"{ROOT}/docs/engines.md") as file:
        sections = re.split(r"^## ", file.read(), flags=re.M)
    for section in sections:
        if section.split("\n")[0].strip() == engine:
            return [(row.split("|")[1], row) for row in section.split("\n")
                    if row.startswith("|")]
    return []


class Sources(unittest.TestCase):
    def test_programs_that_expect_events_name_no_engine(self):
        found = [where for ending in (".c", ".h") for where, line in lines(HERE, ending)
                 if re.search(ENGINES, line)]
        self.assertEqual(found, [])

    def test_fillers_depend_on_no_engine(self):
        found = [where for where, line in lines(f"{ROOT}/core/fill", ".h")
                 if re.match(r"\s*#\s*(if|el|end)", line) and not re.match(CONDITIONS, line)]
        self.assertEqual(found, [])


class File(unittest.TestCase):
    def test_the_reason_of_each_exception_is_in_the_documentation(self):
        for rule in exceptions.read():
            told = [row for cell, row in rows(rule.engine)
                    if rule.event in cell and f"`{rule.parameter}`" in cell and
                    rule.reason in row]
            self.assertTrue(told, f"exceptions:{rule.line}: docs/engines.md does not say so")

    def test_a_parameter_is_excepted_once_at_most(self):
        known = set()
        for rule in exceptions.read():
            key = (rule.engine, rule.kernels, rule.program, rule.event, rule.parameter)
            self.assertNotIn(key, known)
            known.add(key)

    def test_a_line_without_a_reason_is_refused(self):
        with tempfile.NamedTemporaryFile("w") as file:
            for line in ("bpf | * | * | read | data | any |", "bpf | * | read | data | any | why"):
                file.write(line)
                file.flush()
                self.assertRaises(ValueError, exceptions.read, file.name)


class Applied(unittest.TestCase):
    WANT = {"type": "close", "pid": 1, "tid": 1, "res": 0, "fd": 3}

    def compare(self, holds, **got):
        self.rule = Rule(1, "bpf", "*", "*", "close", "fd", holds, "why")
        self.exceptions = Exceptions([self.rule])
        return compare.compare([self.WANT], [{**self.WANT, **got}], self.exceptions)

    def test_a_value_is_excused_by_what_holds_instead_and_by_nothing_else(self):
        for holds, good, bad in (("any", (4, None), ()), ("empty", (None,), (4,)),
                                 ("4", (4,), (5, None)), ('{"range":[4,6]}', (5,), (7,))):
            for fd in good:
                self.assertEqual(self.compare(holds, fd=fd), [])
                self.assertEqual(self.exceptions.needed, {self.rule})
            for fd in bad:
                self.assertEqual(len(self.compare(holds, fd=fd)), 1)

    def test_bits_are_excused_without_those_that_cannot_be_known_and_no_others(self):
        for want, got, good in (("A|X|Y", "A", 1), ("A", "A|X", 0), ("A|X", "B", 0),
                                ("X|Y", "0", 1), ("A|B|X", "A", 0)):
            rule = Rule(1, "bpf", "*", "*", "open", "flags", "without X,Y", "why")
            out = compare.compare([{"type": "open", "pid": 1, "tid": 1, "flags": {"bits": want}}],
                                  [{"type": "open", "pid": 1, "tid": 1, "flags": got}],
                                  Exceptions([rule]))
            self.assertEqual(not out, bool(good), (want, got))

    def test_zeros_are_counted(self):
        self.assertEqual(self.compare('{"zeros":3}', fd="\0\0\0"), [])
        self.assertEqual(len(self.compare('{"zeros":3}', fd="\0\0")), 1)
        self.assertEqual(len(self.compare('{"zeros":3}', fd="\0\0x")), 1)

    def test_within_excuses_bytes_and_no_expectation(self):
        self.assertEqual(len(self.compare("within", fd=4)), 1)
        rule = Rule(1, "bpf", "*", "*", "close", "fd", "within 0x4", "why")
        self.assertTrue(rule.excuses_bytes(b"\5\0", b"\1\0"))
        self.assertFalse(rule.excuses_bytes(b"\5\0", b"\2\0"))
        self.assertFalse(rule.excuses_bytes(b"\5\0", b"\1"))

    def test_another_parameter_is_not_excused(self):
        self.assertEqual(len(self.compare("any", fd=4, res=-9)), 1)

    def test_an_exception_that_was_not_needed_is_not_noted(self):
        self.compare("any")
        self.assertEqual(self.exceptions.needed, set())

    def test_kernels_are_compared_as_numbers(self):
        for kernels, kernel, good in (("*", "6.1", 1), ("<6.2", "6.1-rt", 1), ("<6.2", "6.12", 0),
                                      (">=6.2", "6.12", 1), ("=6.1", "6.1-rt", 1),
                                      ("=6.1", "6.12", 0), (">=6.2", "5.10", 0)):
            self.assertEqual(exceptions.is_in(kernel, kernels), bool(good), (kernels, kernel))


if __name__ == "__main__":
    unittest.main()
