# SPDX-License-Identifier: MIT
"""falco-capturectl against the real daemon with the fake engine."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

BUILD, CTL = os.environ["BUILD"], os.environ["CTL"]


class FakeEngine(unittest.TestCase):
    def setUp(self):
        tmp = self.enterContext(tempfile.TemporaryDirectory(prefix="falco-capture-test."))
        self.env = dict(os.environ, FALCO_CAPTURE_SOCKET=f"{tmp}/capture.sock")
        with open(f"{tmp}/config.json", "w", encoding="utf-8") as f:
            f.write('{"linger_ms":0}')
        self.command = (f"{BUILD}/daemon/falco-capture", "--engine=fake",
                        f"--config={tmp}/config.json", f"--socket={tmp}/capture.sock")
        self.start_daemon()

    def start_daemon(self):
        self.daemon = self.start(*self.command)
        for line in self.daemon.stderr:
            if "listening" in line:
                return
        self.fail("the daemon did not start")

    def start(self, *args):
        child = self.enterContext(subprocess.Popen(args, env=self.env, text=True,
                                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        self.addCleanup(child.kill)
        return child

    def ctl(self, *args):
        done = subprocess.run([CTL, *args], env=self.env, text=True, capture_output=True,
                              timeout=30, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_print_shows_what_was_asked_for_in_order(self):
        lines = [json.loads(line) for line in
                 self.ctl("print", "-o", "json", "-c", "50", "--syscalls", "openat,kill").splitlines()]
        self.assertEqual(len(lines), 50)
        self.assertEqual({line["type"] for line in lines}, {"openat", "kill"})
        self.assertEqual(lines, sorted(lines, key=lambda line: (line["ts"], line["seq"])))

    def test_status_names_engine_and_reader(self):
        reader = self.start(CTL, "print", "--syscalls", "openat")
        reader.stdout.readline()
        status = json.loads(self.ctl("status", "--json"))
        self.assertEqual((status["engine"], status["attached"]), ("fake", True))
        self.assertEqual([s["pid"] for s in status["subscribers"]], [reader.pid])
        self.assertIn(f"{reader.pid}", self.ctl("status"))

    def test_stats_account_for_every_event(self):
        self.ctl("print", "-c", "100")
        engine = {"attached": True}
        while engine["attached"]:
            engine = json.loads(self.ctl("stats", "--json"))["engine"]
        lost = sum(engine["lost"][cause] for cause in ("ring_full", "nested", "too_big"))
        self.assertGreaterEqual(engine["published"], 100)
        self.assertEqual(engine["produced"],
                         engine["published"] + engine["excluded"] + engine["in_flight"] + lost)
        self.assertIn(f" {engine['published']}  of these, handed to subscribers", self.ctl("stats"))

    def test_end_of_the_daemon_ends_print(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(sig):
                reader = self.start(CTL, "print")
                reader.stdout.readline()
                self.daemon.send_signal(sig)
                _, err = reader.communicate(timeout=30)
                self.assertEqual((reader.returncode, err),
                                 (1, "falco-capturectl print: the daemon has ended\n"))
                self.daemon.communicate(timeout=30)
                self.doCleanups()
                self.setUp()

    def test_print_goes_on_with_the_next_daemon(self):
        reader = self.start(CTL, "print", "--reconnect", "--syscalls", "openat")
        self.assertIn(" openat ", reader.stdout.readline())
        self.daemon.kill()
        self.daemon.communicate(timeout=30)
        self.start_daemon()
        for line in reader.stdout:
            if line.startswith("---"):
                break
        self.assertIn("another daemon", line)
        self.assertIn(" openat ", reader.stdout.readline())
        reader.terminate()
        reader.communicate(timeout=30)
        self.assertEqual(reader.returncode, 0)


if __name__ == "__main__":
    unittest.main()
