# SPDX-License-Identifier: MIT
"""What came of each run, a line of JSON each, for matrix.py."""
import json
import os

import daemon


def opened():
    """The file that the environment names, or None. Before a user is given up who may write it."""
    path = os.environ.get("FCD_TRACE_RESULTS")
    return open(path, "a") if path else None


class Results:
    def __init__(self, file, program, engine=None):
        self.file, self.program, self.engine = file, program, engine

    def write(self, **line):
        if not self.file:
            return
        line = {"kernel": daemon.kernel(), "program": self.program, "engine": self.engine, **line}
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()       # at once: others append, too

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
