# SPDX-License-Identifier: MIT
"""What was written for libfalco-capture 1.0 and wire 2 works with today's library and daemon."""
import os
import re
import subprocess
import sys

import harness

LIBRARY, READER, LAYOUTS = (os.environ[k] for k in ("LIBRARY", "READER", "LAYOUTS"))
FROZEN = f"{os.environ['SOURCE']}/tests/client/abi-1.0"
TYPES = {"openat": "307", "close": "5"}     # of the schema


def output(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


class Abi10(harness.Test):
    def test_library_exports_each_symbol_with_its_version(self):
        exported = set(re.findall(r" T (\S+)$", output("nm", "-D", "--with-symbol-versions",
                                                       LIBRARY), re.M))
        with open(f"{FROZEN}/symbols.txt", encoding="utf-8") as f:
            self.assertLessEqual(set(f.read().split()), exported)
        self.assertIn("SONAME               libfalco-capture.so.1\n", output("objdump", "-p", LIBRARY))

    def test_headers_lay_out_what_they_did(self):
        then, now = LAYOUTS.split(",")
        self.assertEqual(output(now), output(then))

    def reader(self, *command):
        reader = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        self.addCleanup(reader.communicate)
        return reader

    def reads_what_json_says(self, reader, expected):
        """expected: how the line begins that the reader makes of an event."""
        daemon = self.server
        events = daemon.subscribe("openat", "close")
        lines = {e["seq"]: e for e in (events.line() for _ in range(500))}
        self.assertEqual(daemon.stop(), 0)
        events.close()
        seen = 0
        for line in reader.stdout:
            event = lines.get(int(line.split()[0])) if line[0].isdigit() else None
            if event:
                self.assertEqual(line.split()[:len(expected(event))], expected(event))
                seen += 1
        self.assertEqual((reader.wait(), reader.stderr.read()), (0, ""))
        self.assertEqual(seen, 500)

    def setUp(self):
        super().setUp()
        self.server = self.daemon(fake={"rate": 20000, "count": 4000, "rings": 1})

    def test_program_reads(self):
        reader = self.reader(READER, self.server.path)
        reader.stdout.readline()
        self.reads_what_json_says(reader, lambda e: [str(x) for x in (
            e["seq"], e["type"], e["tid"], e["fd"], e.get("name", "-"))])

    def test_reader_of_wire_2_reads(self):
        reader = self.reader(sys.executable, f"{FROZEN}/wire2.py", self.server.path)
        reader.stdout.readline()
        self.reads_what_json_says(reader, lambda e: [str(e["seq"]), str(e["tid"]),
                                                     TYPES[e["type"]]])


if __name__ == "__main__":
    harness.main()
