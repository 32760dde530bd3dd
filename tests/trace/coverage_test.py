#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage_test.py LIST: the programs of that file, one a line, trace every call with a filler."""
import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def rows(path):
    with open(path) as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def first_words(path):
    return {row[0] for row in rows(path)}


class Fillers(unittest.TestCase):
    def test_each_call_with_a_filler_is_traced_by_a_program(self):
        traced = set()
        for program in first_words(LIST):
            traced |= {*subprocess.check_output([program, "--calls"], text=True).split()}
        traced |= {name for _, name, subscribed, _ in rows(f"{ROOT}/core/table/socketcall.txt")
                   if subscribed in traced}
        self.assertEqual(first_words(f"{ROOT}/core/table/fillers.txt") - traced, set())


if __name__ == "__main__":
    LIST = sys.argv.pop(1)
    unittest.main()
