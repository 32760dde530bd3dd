# SPDX-License-Identifier: MIT
"""The example that reads frames sees what a client that reads JSON sees."""
import os
import struct
import subprocess
import sys
import threading

import harness

EXAMPLE = f"{os.environ['SOURCE']}/examples/frames.py"
# By the schema and abi/event.h.
TYPES = {"close": "5", "read": "7", "write": "9", "kill": "129", "procexit": "186",
         "execve": "293", "openat": "307"}
CAUSES = {"ring_full": 0, "nested": 1, "overrun": 6}


def as_frame(line):
    """What the example prints of it, as far as JSON tells."""
    if line["type"] == "gap":
        return [str(n) for n in (line["seq"], "gap", line["lost"], line["total"],
                                 CAUSES[line["cause"]])]
    start = [str(line["seq"]), str(line["tid"]), TYPES[line["type"]]]
    if line["type"] == "close":
        start += [struct.pack("<q", line[name]).hex() for name in ("res", "fd")]
    return start


class Frames(harness.Test):
    def setUp(self):
        super().setUp()
        self.total = 10000
        self.server = self.daemon(fake={"rate": 20000, "count": self.total, "rings": 1,
                                        "full": 97, "nested": 89})

    def example(self, *syscalls):
        reader = subprocess.Popen([sys.executable, EXAMPLE, self.server.path, *syscalls],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.stderr.close)
        return reader

    def ends(self, reader, code, error=""):
        self.assertEqual((reader.wait(), reader.stderr.read()), (code, error))

    def test_frames_hold_what_json_says(self):
        reader = self.example()
        frames, lines = [reader.stdout.readline().split()], []
        json = self.server.subscribe()
        threads = [threading.Thread(target=lambda: frames.extend(map(str.split, reader.stdout))),
                   threading.Thread(target=lambda: lines.extend(json.lines()))]
        for thread in threads:
            thread.start()
        self.wait_until(lambda s: s["engine"]["produced"] == self.total, self.server.stats)
        self.assertEqual(self.server.stop(), 0)
        for thread in threads:
            thread.join()
        json.close()
        self.ends(reader, 0)
        lines = [as_frame(line) for line in lines]
        # Where a loss is told may differ by an event or two; in the end both know of all.
        self.assertEqual(*({f[4]: f[3] for f in told if f[1] == "gap"} for told in (frames, lines)))
        lines = [line for line in lines if line[1] != "gap"]
        events = [f for f in frames if f[1] != "gap" and int(f[0]) >= json.reply["seq"]]
        self.assertEqual(len(events), len(lines))
        for event, line in zip(events, lines):
            self.assertEqual(event[:len(line)], line)

    def test_filter_chooses(self):
        reader = self.example("kill")
        kills = [reader.stdout.readline().split()]
        self.assertEqual(self.server.stop(), 0)
        kills += map(str.split, reader.stdout)
        self.assertLessEqual({k[2] for k in kills if k[1] != "gap"}, {TYPES["kill"]})
        self.ends(reader, 0)

    def test_refusal_is_shown(self):
        self.ends(self.example("opena"), 1, '$.filter.syscalls[0]: no system call is called '
                                            '"opena" (did you mean "open"?)\n')


if __name__ == "__main__":
    harness.main()
