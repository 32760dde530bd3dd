#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants.py and fillers that were made up."""
import os
import unittest
from unittest import mock

import mutants

INTERFACE = "enum fcd_task {\n\tTASK_TID,\n\tTASK_PID,\n\tTASK_UID,\n};\n"
FILE = """
FCD_FN u32 flags_of(u32 f)
{
	return BIT_MAP(f, 0x40, 0x4) | BIT_MAP(f, 0x80, 0x8);
}

#define P_BOTH()                \\
	do {                    \\
		P(tid, task(c, TASK_PID)); \\
	} while (0)

FILL(one, SYSCALL_ONE_X)
{
	u32 n = 0;

	P_RET(res);
	P_STR(name, arg(c, 1), PATH_LEN);
	P(flags, flags_of(arg(c, 2)));
	P(size, n < 3 ? arg(c, 3) : 0);
}

FILL_IF(two, SYSCALL_TWO_X, ret(c) < 0)
{
	P_BOTH();
	P_OPEN(args);
	if (arg(c, 0))
		out_ustr(c, arg(c, 0), PATH_LEN);
	P_CLOSE(args);
}
"""


def of(text, interface=INTERFACE):
    return list(mutants.mutants({"interface.h": interface, "file.h": text}))


def news(found, where, what):
    return {mutants.flat(m.new) for m in found if (m.where, m.what) == (where, what)}


class Made(unittest.TestCase):
    def setUp(self):
        self.found = of(FILE)

    def news(self, where, what):
        return news(self.found, where, what)

    def test_every_parameter_is_dropped_and_emptied(self):
        for where, names in (("one", ("res", "name", "flags", "size")), ("P_BOTH", ("tid",)),
                             ("two", ("args",))):
            olds = [mutants.flat(m.old) for m in self.found
                    if (m.where, m.what) == (where, "dropped")]
            for name in names:
                self.assertTrue(any(f"({name}" in old for old in olds), name)
                self.assertIn(f"P_EMPTY({name})", self.news(where, "emptied"))

    def test_a_parameter_of_several_outputs_is_dropped_as_a_whole(self):
        whole = next(m for m in self.found if m.what == "dropped" and m.old.startswith("P_OPEN"))
        self.assertTrue(whole.old.endswith("P_CLOSE(args)"))

    def test_numbers_are_one_off(self):
        self.assertLessEqual({"P(res, (ret(c)) + 1)", "P(flags, (flags_of(arg(c, 2))) + 1)",
                              "(PATH_LEN + 1)", "(PATH_LEN - 1)", "(3 + 1)", "(0 + 1)"},
                             self.news("one", "off by one"))

    def test_arguments_numbers_of_the_thread_and_branches_are_taken_for_others(self):
        self.assertEqual(self.news("one", "another argument"),
                         {"arg(c, 2)", "arg(c, 3)", "arg(c, 4)"})
        self.assertEqual(self.news("P_BOTH", "another number of the thread"),
                         {"TASK_TID", "TASK_UID"})
        self.assertEqual(self.news("one", "the other branch"), {"arg(c, 3)", "0"})
        self.assertEqual(self.news("one", "comparison"), {"<="})
        self.assertEqual(self.news("two", "comparison"), {"<="})

    def test_flag_bits_are_dropped_and_exchanged(self):
        self.assertEqual(self.news("flags_of", "flag bit dropped"), {"0"})
        self.assertEqual({m.old for m in self.found if m.what == "another flag bit"},
                         {"0x40", "0x4", "0x80", "0x8"})
        self.assertEqual(self.news("flags_of", "another flag bit"),
                         {f"(0x{b} << 1)" for b in ("40", "4", "80", "8")})

    def test_values_of_neighbours_are_swapped(self):
        self.assertEqual(self.news("one", "values swapped"),
                         {"P(flags, n < 3 ? arg(c, 3) : 0); P(size, flags_of(arg(c, 2)))"})

    def test_each_knows_line_and_fillers(self):
        line = {m.line for m in self.found if m.where == "flags_of"}
        self.assertEqual(line, {4})
        self.assertEqual({frozenset(m.fillers) for m in self.found},
                         {frozenset({"one"}), frozenset({"two"})})
        self.assertEqual({m.where for m in self.found if m.fillers == {"two"}},
                         {"two", "P_BOTH"})

    def test_each_is_another_text_and_changes_one_place(self):
        texts = [m.apply(FILE) for m in self.found]
        self.assertEqual(len(set(texts)), len(texts))
        for m in self.found:
            self.assertEqual(FILE[m.start:m.end], m.old)
            self.assertNotEqual(m.apply(FILE), FILE)


class Real(unittest.TestCase):
    def setUp(self):
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../core/fill")
        self.headers = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name)) as file:
                self.headers[name] = file.read()
        self.found = list(mutants.mutants(self.headers))

    def test_none_is_there_twice(self):
        texts = {(m.file, m.apply(self.headers[m.file])) for m in self.found}
        self.assertEqual(len(texts), len(self.found))

    def test_what_nobody_can_tell_is_excluded_by_few_and_each_rule_is_needed(self):
        for rule in mutants.EQUIVALENT:
            with mock.patch.object(mutants, "EQUIVALENT", [rule]):
                engine = "bpf" if rule[3] == "*" else rule[3]
                count = sum(bool(mutants.equivalent(m, engine)) for m in self.found)
            self.assertTrue(0 < count <= 16, f"{count} by {rule}")

    def test_each_serves_a_filler(self):
        self.assertEqual([str(m) for m in self.found if not m.fillers], [])

    def test_no_parameter_of_the_fillers_is_forgotten(self):
        dropped = {(m.file, m.line) for m in self.found if m.what == "dropped"}
        for name in self.headers.keys() - mutants.VOCABULARY:
            for n, line in enumerate(self.headers[name].split("\n"), 1):
                if line.lstrip().startswith(("P(", "P_")) and "P_CLOSE" not in line and \
                        "()" not in line:
                    self.assertIn((name, n), dropped)


if __name__ == "__main__":
    unittest.main()
