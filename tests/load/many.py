# SPDX-License-Identifier: MIT
"""Many subscribers at a high rate, and what happens to some of them: two by shared memory and two
by JSON with a filter lose nothing, while another one is stopped, one is killed, the config is read
again, and the daemon ends. Both sums of the ledger hold all the time.

FCD_RATE events a second for FCD_SECONDS."""
import json
import os
import re
import signal
import subprocess
import time

import harness

CTL, READER = os.environ["FCD_CTL"], os.environ["FCD_READER"]
RATE, SECONDS = int(os.environ["FCD_RATE"]), int(os.environ["FCD_SECONDS"])
STEP = RATE // 10       # events between two signs of a reader
FAKE = {"rate": RATE, "rings": 2, "ring_bytes": 1 << 27,
        "mix": "openat:30,read:80,write:40,close:30,execve:1,kill:2,procexit:1"}
ROOM = {"broadcast_bytes": 1 << 28, "priority_bytes": 1 << 26}  # for two seconds


class Reader:
    def __init__(self, daemon, how, *syscalls):
        args = [json.dumps({"syscalls": syscalls})] if syscalls else []
        self.process = subprocess.Popen([*harness.WITH_US, READER, how, daemon.path, str(STEP), *args],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "on\n"
        self.pid = self.process.pid
        self.first = None

    def reach(self, events):
        while int(self.process.stdout.readline()) < events:
            pass

    def end(self):
        """(given, lost) when the daemon has ended."""
        last = self.process.stdout.read().splitlines()[-1]
        self.close()
        return tuple(int(n) for n in re.fullmatch(r"given (\d+) lost (\d+)", last).groups())

    def close(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


def books(daemon, pid):
    return next(s for s in daemon.stats()["subscribers"] if s["pid"] == pid)


def told(log, pid):
    """What the log says of a subscriber that is gone: of, given, passed over, too slow."""
    words = (rf"process {pid} of user \d+ is gone: of (\d+) events it was given (\d+), "
             r"its filter passed over (\d+), it was too slow for (\d+)")
    return tuple(int(n) for n in re.search(words, log).groups())


class Many(harness.Test):
    def setUp(self):
        super().setUp()
        self.served = self.daemon(ROOM, fake=FAKE)
        self.readers = []
        self.audit = None

    def read(self, how, *syscalls):
        self.readers.append(Reader(self.served, how, *syscalls))
        self.addCleanup(self.readers[-1].close)
        return self.readers[-1]

    def begin_audit(self):
        """Both sums, ten times a second; it ends when one is off."""
        out = open(os.path.join(self.folder, "audit"), "w+", encoding="utf-8")
        self.addCleanup(out.close)
        self.audit = subprocess.Popen([*harness.WITH_US, CTL, "stats", "--audit", "--watch=0.1",
                                       "--socket", self.served.path], stdout=out, stderr=out)
        self.addCleanup(self.audit.wait)
        self.addCleanup(self.audit.kill)
        return out

    def check_audit(self, out):
        """It goes on, and every sum held each time. Returns how often that was."""
        out.seek(0)
        text = out.read()
        self.assertIsNone(self.audit.poll(), text[-3000:])
        self.hold(text)
        return text.count("engine fake: ")

    def hold(self, audit):
        self.assertEqual([x for x in audit.splitlines() if not x.endswith(": holds")], [])

    def audit_now(self, *readers):
        """These are in it, and each sum holds."""
        done = subprocess.run([CTL, "stats", "--audit", "--socket", self.served.path], text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.hold(done.stdout)
        self.assertEqual({int(x) for x in re.findall(r"subscriber (\d+)", done.stdout)},
                         {r.pid for r in readers})

    def test_healthy_subscribers_lose_nothing_whatever_becomes_of_others(self):
        shm = [self.read("shm"), self.read("shm")]
        lines = [self.read("json", "kill"), self.read("json", "execve", "procexit")]
        stopped, victim = self.read("json"), self.read("shm")
        stopped.process.send_signal(signal.SIGSTOP)
        out = self.begin_audit()
        healthy, quarter = [*shm, *lines], RATE * SECONDS // 4

        shm[0].reach(quarter)
        begun = time.monotonic()
        self.audit_now(*healthy, stopped, victim)
        victim.process.send_signal(signal.SIGKILL)
        shm[0].reach(2 * quarter)
        self.served.configure({**ROOM, "linger_ms": 7, "engines": {"fake": FAKE}})
        self.served.process.send_signal(signal.SIGHUP)
        self.assertIn("$.linger_ms", self.served.wait_for("the config was read again"))
        shm[0].reach(4 * quarter)
        took = time.monotonic() - begun
        audits = self.check_audit(out)
        self.audit_now(*healthy, stopped)
        self.check_books(stopped)
        self.assertEqual(self.served.stop(), 0)
        self.check_end(shm, lines, stopped, victim)
        print(f"{3 * quarter / took:.0f} events/s, {audits} audits", end=" ", flush=True)

    def check_books(self, stopped):
        """While they all are there."""
        stats = self.served.stats()
        for reader in self.readers[:4]:
            reader.first = books(self.served, reader.pid)["first"]
        self.assertEqual(sum(stats["engine"]["lost"].values()), 0)
        for s in stats["subscribers"]:
            self.assertEqual(s["overrun"], 0)
        behind = stats["broadcast"]["seq"] - books(self.served, stopped.pid)["seq"]
        self.assertGreater(behind, RATE)        # it did hang
        self.assertEqual(stats["gone"]["subscribers"], 1)

    def check_end(self, shm, lines, stopped, victim):
        """What each was given is what the daemon published, and says in its log."""
        log = "".join(self.served.log)
        made, published, excluded, lost = (int(n) for n in re.search(
            r"(\d+) events: (\d+) published, (\d+) excluded, (\d+) lost", log).groups())
        self.assertEqual((made, excluded, lost), (published, 0, 0))
        for reader in shm:
            self.assertEqual(reader.end(), (published - reader.first, 0))
            self.assertEqual(told(log, reader.pid), (published - reader.first,) * 2 + (0, 0))
        for reader in lines:
            given, lost = reader.end()
            of, said, passed, slow = told(log, reader.pid)
            self.assertEqual((said, lost, slow), (given, 0, 0))
            self.assertEqual(of, published - reader.first)
            self.assertEqual(given + passed, of)
        for pid in stopped.pid, victim.pid:
            of, given, passed, slow = told(log, pid)
            self.assertEqual(of, given + passed + slow)


if not os.getuid():
    os.nice(-10)    # what else runs on this machine is not to be measured
harness.main()
