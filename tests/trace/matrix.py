#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which event is right under which engine on which kernel: the runs' results as a table.

    matrix.py RESULTS...

RESULTS is what run.py and others appended to the file $FCD_TRACE_RESULTS. Exit status 1 if an event is
wrong somewhere, if a cell has neither a result nor a reason, or if a line of `exceptions` that
applies to a kernel and engine that ran was needed by no run.
"""
import json
import sys

import daemon
import exceptions

KERNELS = ["5.10", "6.1", "6.1-rt", "6.12", "7.3"]
ENGINES = ["kmod", "bpf", "userspace"]
SHORT = {"userspace": "user"}
NOT_HERE = {"kmod": "modules are loaded in test machines only"}


class Notes:
    """Reasons, each with a letter."""
    def __init__(self):
        self.of = {}

    def letter(self, reason):
        n = self.of.setdefault(reason, len(self.of))
        return chr(ord("a") + n) if n < 26 else f"a{n - 25}"


class Matrix:
    def __init__(self, results, here):
        self.results = results
        self.here = here
        self.kernels = [*KERNELS, *([here] if here not in KERNELS else [])]
        self.events = sorted({r["event"] for r in results if "event" in r})
        self.broken = [r for r in results if r.get("status") == "failed" and "event" not in r]
        self.notes, self.is_bad = Notes(), bool(self.broken)

    def cell(self, kernel, engine, event):
        """(ok or FAILED or nothing, reason)"""
        here = [r for r in self.results if (r["kernel"], r["engine"]) == (kernel, engine)]
        runs = [r for r in here if r.get("event") == event]
        failed = [r for r in runs if r["status"] == "failed"]
        if failed:
            return "FAILED", f"{failed[0]['program']}: {failed[0]['reason']}"
        excused = sorted({name for r in runs for name in r["excused"]})
        if runs:
            return "ok", f"but for {', '.join(excused)}" if excused else ""
        reasons = [r["reason"] for r in here if r.get("status") in ("skipped", "not run")]
        if kernel == self.here and engine in NOT_HERE:
            reasons.append(NOT_HERE[engine])
        return ("", reasons[0]) if reasons else ("FAILED", "no result, and no reason for that")

    def text(self, kernel, engine, event):
        what, reason = self.cell(kernel, engine, event)
        self.is_bad |= what == "FAILED"
        return f"{what} {self.notes.letter(reason)}".strip() if reason else what

    def lines(self):
        columns = [(k, e) for k in self.kernels for e in ENGINES]
        body = {event: [self.text(k, e, event) for k, e in columns] for event in self.events}
        heads = [SHORT.get(e, e) for _, e in columns]
        width = [max(len(t) for t in column) + 2 for column in zip(heads, *body.values())]
        groups = [sum(width[i:i + len(ENGINES)]) for i in range(0, len(width), len(ENGINES))]
        first = max(map(len, [*body, "event"])) + 2
        rows = [("", self.kernels, groups), ("event", heads, width),
                *((event, cells, width) for event, cells in body.items())]
        for name, cells, widths in rows:
            text = "".join(cell.ljust(w) for cell, w in zip(cells, widths))
            yield f"{name.ljust(first)}{text}".rstrip()
        for reason in self.notes.of:
            yield f"  {self.notes.letter(reason)}: {reason}"
        for r in self.broken:
            yield f"  {r['program']} under {r['engine']} on {r['kernel']}: {r['reason']}"

    def stale(self):
        """Exceptions that some run could have needed and none did."""
        ran = {(r["engine"], r["kernel"]) for r in self.results if "event" in r}
        needed = {r["exception"] for r in self.results if "exception" in r}
        for rule in exceptions.read():
            if rule.line not in needed and any(
                    e == rule.engine and exceptions.is_in(k, rule.kernels) for e, k in ran):
                yield f"exceptions:{rule.line}: no run needs it: {rule}"


def main():
    results = []
    for path in sys.argv[1:]:
        with open(path) as file:
            results += [json.loads(line) for line in file]
    matrix = Matrix(results, daemon.kernel())
    print(*matrix.lines(), sep="\n")
    stale = list(matrix.stale())
    print(*stale, sep="\n", end="\n" if stale else "")
    return 1 if matrix.is_bad or stale else 0


if __name__ == "__main__":
    sys.exit(main())
