#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutants.py and batch.py, and fillers that were made up."""
import os
import re
import subprocess
import unittest
from unittest import mock

import batch
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


# So that a compiler takes it: what it makes of each text can be compared.
STUBS = """
typedef unsigned int u32;
enum { TASK_TID, TASK_PID, TASK_UID };
int ret(void *c), arg(void *c, int i), task(void *c, int what);
void put(char name, int v), open(char name), close(char name), out_ustr(void *c, int p, int max);
#define FCD_FN static inline
#define PATH_LEN 4096
#define BIT_MAP(v, from, to) (((v) & (from)) ? (to) : 0)
#define P(name, v) put(#name[0], v)
#define P_RET(name) P(name, ret(c))
#define P_EMPTY(name) open(#name[1])
#define P_OPEN(name) open(#name[0])
#define P_CLOSE(name) close(#name[0])
#define P_WITH(name, T, call) (P_OPEN(name), call, P_CLOSE(name))
#define P_STR(name, uptr, max) P_WITH(name, str, out_ustr(c, uptr, max))
#define out_int(c, v, width) put(width, v)
#define FILL(name, EV) void fill_##name(void *c)
#define FILL_IF(name, EV, condition) \
        int is_##name(void *c) { return condition; } \
        void fill_##name(void *c)
"""


def compiled(text, number=0):
    """As assembly without the numbers of its labels."""
    made = subprocess.run(["gcc", "-xc", "-S", "-O0", "-w", "-o-", "-", f"-Dfcd_mutant={number}"],
                          input=STUBS + text, capture_output=True, text=True, check=True).stdout
    return re.sub(r"\.L\w+", ".L", made)


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


class Batch(unittest.TestCase):
    def test_each_mutant_of_a_batch_is_what_it_is_alone(self):
        found = of(FILE)
        together = batch.merged(FILE, found)
        self.assertEqual(compiled(together), compiled(FILE))
        for n, m in enumerate(found, 1):
            self.assertEqual(compiled(together, n), compiled(m.apply(FILE)), m)

    def test_a_macro_that_is_an_expression_has_its_copies_too(self):
        text = "#define FCD_ID_ONE \\\n\t(call_nr(c) == 1 ? A : B)\n"
        at = text.index("A")
        mutant = mutants.Mutant("f.h", 1, "FCD_ID_ONE", "", at, at + 1, "B", "A", "")
        self.assertIn("FCD_ID_ONE (fcd_mutant == 1 ? ((call_nr(c) == 1 ? B : B)) : "
                      "((call_nr(c) == 1 ? A : B)))", batch.merged(text, [mutant]))

    def test_the_number_is_written_once_where_it_was(self):
        built = b"before" + batch.MAGIC + bytes(4) + b"behind"
        self.assertEqual(batch.chosen(built, 258), b"before" + batch.MAGIC + b"\2\1\0\0behind")
        self.assertRaises(ValueError, batch.chosen, built + built, 1)


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

    def test_nearly_all_can_be_in_a_batch(self):
        alone = [m for n, text in self.headers.items() for own in
                 [[m for m in self.found if m.file == n]] for m in own
                 if m not in batch.possible(text, own)]
        self.assertLess(len(alone), len(self.found) / 100)

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
