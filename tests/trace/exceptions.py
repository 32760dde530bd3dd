# SPDX-License-Identifier: MIT
"""What an engine cannot know: the file `exceptions`, in which each line says why."""
import os
import re
from dataclasses import dataclass

import compare

FILE = os.path.join(os.path.dirname(__file__), "exceptions")


@dataclass(frozen=True)
class Rule:
    line: int
    engine: str
    kernels: str            # all of them is *, below 6.2 is <6.2, from it on >=6.2
    program: str            # or *
    event: str
    parameter: str
    holds: str              # what is there instead, as the file says at its top
    reason: str

    def excuses_bytes(self, a, b):
        """Of a parameter under this engine and another one, of one call."""
        if not self.holds.startswith("within "):
            return True
        mask = ~int(self.holds.removeprefix("within "), 0)
        one, other = (int.from_bytes(value, "little") & mask for value in (a, b))
        return len(a) == len(b) and one == other

    def applies(self, engine, kernel, program):
        return self.engine == engine and self.program in ("*", program) and \
            is_in(kernel, self.kernels)


def version(kernel):
    return [int(n) for n in re.match(r"(\d+)\.(\d+)", kernel).groups()]


def is_in(kernel, kernels):
    if kernels == "*":
        return True
    sign, bound = re.fullmatch(r"(<|>=|=)(\d+\.\d+)", kernels).groups()
    a, b = version(kernel), version(bound)
    return {"<": a < b, ">=": a >= b, "=": a == b}[sign]


def read(path=FILE):
    """All rules: columns separated by |, the reason last."""
    rules = []
    with open(path) as file:
        for n, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            columns = [c.strip() for c in line.split("|")]
            if len(columns) != 7 or not all(columns):
                raise ValueError(f"{path}:{n}: seven columns wanted, with nothing empty")
            rules.append(Rule(n, *columns))
    return rules


class Exceptions:
    """Those of one run, and which of them it needed."""
    def __init__(self, rules):
        self.rules = {(r.event, r.parameter): r for r in rules}
        self.needed = set()

    @classmethod
    def of(cls, engine, kernel, program):
        return cls([r for r in read() if r.applies(engine, kernel, program)])

    def excuse(self, want, name, got):
        """The rule by which this value, which is not that of the event wanted, is right; or None."""
        rule = self.rules.get((want["type"], name))
        if not rule or rule.holds.startswith("within"):
            return None
        return rule if compare.holds(rule.holds, want.get(name), got) else None
