# SPDX-License-Identifier: MIT
"""What came of each run, a line of JSON each, for matrix.py."""
import json

import daemon


class Results:
    def __init__(self, path, program, engine=None):
        self.path, self.program, self.engine = path, program, engine

    def write(self, **line):
        if not self.path:
            return
        line = {"kernel": daemon.kernel(), "program": self.program, "engine": self.engine, **line}
        with open(self.path, "a") as file:      # one write: others append, too
            file.write(json.dumps(line) + "\n")

    def add(self, want, wrong, exceptions):
        bad = dict(reversed([(event, text) for event, text in wrong]))
        for event in sorted({e["type"] for e in want}):
            reason = bad.get(event, bad.get(None, ""))
            self.write(event=event, status="failed" if reason else "ok",
                       reason=reason.split("\n")[0],
                       excused=sorted({r.parameter for r in exceptions.needed
                                       if r.event == event}))
        self.add_needed(exceptions.needed)

    def add_needed(self, rules):
        for rule in sorted(rules, key=lambda r: r.line):
            self.write(engine=rule.engine, exception=rule.line)

    def add_whole(self, status, reason):
        """Of a program that told no events: skipped, failed."""
        self.write(status=status, reason=reason.split("\n")[0])
