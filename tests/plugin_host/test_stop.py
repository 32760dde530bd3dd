# SPDX-License-Identifier: MIT
"""Falco stops reading for two seconds of events, as at its start and each reload: nothing of the
priority lane is lost, and what else is lost is told to the last event.

FCD_RATE events a second."""
import os
import signal
import unittest

import hosts

RATE = int(os.environ["FCD_RATE"])
STOP, TOTAL = 2 * RATE, 5 * RATE
# What a daemon has by default holds half a second of this rate in bulk, and four of priority.
BULK = 1 << (RATE * 104 // 2).bit_length()
FAKE = {"rate": RATE, "rings": 2, "ring_bytes": 1 << 27, "count": TOTAL // 2,
        "mix": "openat:30,read:80,write:40,close:30,execve:1,kill:2,procexit:1"}
ALL = ["openat", "read", "write", "close", "execve", "kill", "procexit"]


class Stop(hosts.Test):
    def test_what_is_lost_while_falco_does_not_read_is_told_exactly(self):
        daemon = self.daemon({"broadcast_bytes": BULK, "priority_bytes": max(BULK // 4, 1 << 20)},
                             fake=FAKE)
        host = self.host({"socket": daemon.path, "syscalls": ALL},
                         f"--print={hosts.EXECVE},{hosts.PROCEXIT}")
        host.reach("opened")
        reader = self.reader(daemon.path, {"syscalls": ["execve", "procexit"]})
        self.published(daemon, RATE)
        host.process.send_signal(signal.SIGSTOP)
        self.published(daemon, self.seq(daemon) + STOP)
        host.process.send_signal(signal.SIGCONT)
        last = self.last_of(daemon, reader)
        host.reach_event(lambda line: line == last)
        books = self.wait_until(lambda b: b["seq"] == TOTAL, lambda: self.books(daemon, host.pid))
        delivered = host.end()[0]
        self.assertEqual(books["filtered"], 0)
        self.assertGreater(books["overrun"], 0)
        self.assertEqual(host.lost, {"overrun": books["overrun"]})
        self.assertEqual(delivered, books["delivered"])
        self.assertEqual(delivered + books["overrun"], TOTAL - books["first"])
        begin = host.events.index(reader.events[0])
        self.assertEqual(host.events[begin:], reader.events)
        print(f"{books['overrun']} of {TOTAL} lost", end=" ", flush=True)

    def seq(self, daemon):
        return daemon.stats()["broadcast"]["seq"]

    def published(self, daemon, events):
        self.wait_until(lambda seq: seq >= events, lambda: self.seq(daemon))

    def books(self, daemon, pid):
        return next(s for s in daemon.stats()["subscribers"] if s["pid"] == pid)

    def last_of(self, daemon, reader):
        """The last that the reader gets, once all is made."""
        self.published(daemon, TOTAL)
        wanted = self.wait_until(lambda b: b["seq"] == TOTAL,
                                 lambda: self.books(daemon, reader.process.pid))["delivered"]
        while len(reader.events) < wanted:
            reader.reach_event()
        return reader.events[-1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
