#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""matrix.py and results that were made up."""
import json
import tempfile
import unittest
from unittest import mock

import exceptions
import matrix
import results

HERE = "6.99"
REASON = "this kernel has no modules"


def ran(kernel, engine, event, status="ok", reason="", excused=()):
    return {"kernel": kernel, "engine": engine, "program": "trace-x", "event": event,
            "status": status, "reason": reason, "excused": list(excused)}


def not_run(kernel, engine):
    return {"kernel": kernel, "engine": engine, "program": "*", "status": "not run",
            "reason": REASON}


def whole(*but):
    """ok everywhere, but for these."""
    known = {(r["kernel"], r["engine"]) for r in but}
    return [*but, *(ran(k, e, "read") for k in (*matrix.KERNELS, HERE) for e in matrix.ENGINES
                    if (k, e) not in known)]


class Cells(unittest.TestCase):
    def show(self, lines):
        self.matrix = matrix.Matrix(lines, HERE)
        return "\n".join(self.matrix.lines())

    def test_all_ok_is_good(self):
        text = self.show(whole())
        self.assertFalse(self.matrix.is_bad)
        self.assertRegex(text, r"(?m)^read( +ok){18}$")
        for kernel in (*matrix.KERNELS, HERE):
            self.assertIn(kernel, text)

    def test_one_failure_of_several_runs_is_a_failure_with_its_reason(self):
        text = self.show(whole(ran("6.1", "bpf", "read"), ran("6.1", "bpf", "read", "failed", "bad")))
        self.assertTrue(self.matrix.is_bad)
        self.assertIn("FAILED a", text)
        self.assertIn("a: trace-x: bad", text)

    def test_what_was_not_run_has_its_reason_and_is_no_failure(self):
        text = self.show(whole(not_run(HERE, "kmod"), not_run("7.3", "kmod")))
        self.assertFalse(self.matrix.is_bad)
        self.assertEqual(text.count(REASON), 1)
        self.assertRegex(text, rf"a: {REASON}")

    def test_neither_a_result_nor_a_reason_is_a_failure(self):
        self.show([r for r in whole() if (r["kernel"], r["engine"]) != ("5.10", "bpf")])
        self.assertTrue(self.matrix.is_bad)

    def test_a_module_is_not_missed_on_the_kernel_that_we_run_on(self):
        text = self.show([r for r in whole() if (r["kernel"], r["engine"]) != (HERE, "kmod")])
        self.assertFalse(self.matrix.is_bad)
        self.assertIn(f"a: {matrix.NOT_HERE['kmod']}", text)

    def test_an_event_that_ran_nowhere_under_an_engine_is_a_failure(self):
        self.show([*whole(), ran("6.1", "bpf", "write")])
        self.assertTrue(self.matrix.is_bad)

    def test_a_program_that_failed_before_it_told_events_is_a_failure(self):
        text = self.show([*whole(), {"kernel": "6.1", "engine": "bpf", "program": "trace-y",
                                     "status": "failed", "reason": "it ended with 1"}])
        self.assertTrue(self.matrix.is_bad)
        self.assertIn("trace-y under bpf on 6.1: it ended with 1", text)

    def test_excused_parameters_are_told(self):
        text = self.show(whole(ran("6.1", "userspace", "read", excused=["data"])))
        self.assertFalse(self.matrix.is_bad)
        self.assertIn("a: but for data", text)


class Stale(unittest.TestCase):
    def stale(self, rule, *lines):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(rule)
            file.flush()
            rules = exceptions.read(file.name)
        with mock.patch.object(exceptions, "read", lambda: rules):
            return list(matrix.Matrix(list(lines), HERE).stale())

    RULE = "bpf | <6.2 | * | read | data | any | why"

    def test_an_exception_that_no_run_needed_is_told(self):
        self.assertEqual(len(self.stale(self.RULE, ran("6.1", "bpf", "read"))), 1)

    def test_one_that_was_needed_is_not(self):
        self.assertEqual(self.stale(self.RULE, ran("6.1", "bpf", "read"),
                                    {"kernel": "6.1", "engine": "bpf", "exception": 1}), [])

    def test_one_of_a_kernel_or_an_engine_that_did_not_run_is_not(self):
        self.assertEqual(self.stale(self.RULE, ran("6.12", "bpf", "read"),
                                    ran("6.1", "kmod", "read"), not_run("5.10", "bpf")), [])


class Written(unittest.TestCase):
    def test_what_run_py_writes_can_be_read(self):
        rule = exceptions.Rule(7, "bpf", "*", "*", "read", "data", "any", "why")
        used = exceptions.Exceptions([rule])
        used.needed = {rule}
        with tempfile.NamedTemporaryFile("w+") as file:
            out = results.Results(file, "trace-x", "bpf")
            out.add([{"type": "read"}, {"type": "write"}, {"type": "read"}],
                    [("write", "wrong\n  more")], used)
            out.add_whole("skipped", REASON)
            file.seek(0)
            lines = [json.loads(line) for line in file]
        self.assertEqual([line.get("status") for line in lines], ["ok", "failed", None, "skipped"])
        self.assertEqual(lines[0]["excused"], ["data"])
        self.assertEqual(lines[1]["reason"], "wrong")
        self.assertEqual(lines[2]["exception"], 7)

    def test_an_event_that_was_lost_makes_all_fail(self):
        with tempfile.NamedTemporaryFile("w+") as file:
            out = results.Results(file, "trace-x", "bpf")
            out.add([{"type": "read"}, {"type": "write"}], [(None, "lost")],
                    exceptions.Exceptions([]))
            file.seek(0)
            self.assertEqual({json.loads(line)["status"] for line in file}, {"failed"})


if __name__ == "__main__":
    unittest.main()
