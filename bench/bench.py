#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py BUILD [--rounds N] [--only QUESTION,...] [--yardsticks DIR] [--write DOCS]

What capturing costs, measured beside yardsticks in the same run: in each round every
condition is taken once, one after the other, so that a machine that gets slower or faster hits all
of them. Printed are medians over the rounds with the lowest and highest, and ratios taken round
by round.
"""
import argparse
import os
import tempfile

import calls
import latency
import subscribers
import throughput
from bed import Bed, machine

QUESTIONS = {"calls": calls, "subscribers": subscribers, "latency": latency,
             "throughput": throughput}


def put(docs, name, text, plots):
    """Between the question's marks in performance.md, and into plots/."""
    path = os.path.join(docs, "performance.md")
    begin, end = "<!-- %s -->\n" % name, "<!-- end of %s -->" % name
    with open(path) as f:
        before, rest = f.read().split(begin, 1)
    with open(path, "w") as f:
        f.write(before + begin + text + end + rest.split(end, 1)[1])
    for plot, svg in plots.items():
        os.makedirs(os.path.join(docs, "plots"), exist_ok=True)
        with open(os.path.join(docs, "plots", plot + ".svg"), "w") as f:
            f.write(svg)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("build")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--only", help="of " + ",".join(QUESTIONS), default=",".join(QUESTIONS))
    p.add_argument("--yardsticks", help="folder with bare and merge; default: the project's own")
    p.add_argument("--write", help="folder of performance.md and plots/, to be rewritten")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(a.build, a.yardsticks or a.build + "/bench", folder)
        for name in a.only.split(","):
            question = QUESTIONS[name]
            taken = question.measure(bed, a.rounds)
            text = "%s; median of %d rounds (lowest to highest).\n\n%s\n" % (
                machine(), a.rounds, question.report(taken))
            print(text)
            if a.write:
                put(a.write, name, text, question.plots(taken))


if __name__ == "__main__":
    main()
