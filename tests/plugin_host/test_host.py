# SPDX-License-Identifier: MIT
"""The host itself: it takes what Falco takes, and ends where Falco would end. What the stub does wrong is the
word in its configuration."""
import os
import signal
import subprocess
import tempfile
import unittest
import unittest.mock

HOST, STUBS = os.environ["HOST"], os.environ["STUBS"]
GOOD_EVENTS = 8         # of a batch, beside a notification

# The word, and what the host says of it.
WRONG_EVENTS = {
    "null": "no event: NULL",
    "unknown": "type 454 is unknown to schema 5",
    "far": "type 5000 is unknown",
    "hotplug": "CPU_HOTPLUG_E may not be sent",
    "plugin": "PLUGINEVENT_E may not be sent",
    "iterator": "may not be sent",
    "unused": "PROCEXIT_1_X may not be sent",
    "enter": "SYSCALL_CLOSE_E may not be sent",
    "no-result": "SYSCALL_CLOSE_X with 0 parameters",
    "cut": "SYSCALL_OPENAT_2_X with 3 parameters",
    "surplus": "SYSCALL_CLOSE_X with 3 parameters",
    "width": "parameter 1 of SYSCALL_CLOSE_X: expected length 8, found 4",
    "no-nul": "parameter 2 of SYSCALL_OPENAT_2_X: no string of 10 bytes",
    "nul-inside": "parameter 2 of SYSCALL_OPENAT_2_X: no string of 4 bytes",
    "clone-cut": "SYSCALL_CLONE_20_X with 20 parameters",
    "clone-empty": "parameter 20 of SYSCALL_CLONE_20_X: expected length 8, found 0",
    "short": "parameter 1 of SYSCALL_CLOSE_X goes beyond its 45 bytes",
    "long": "SYSCALL_CLOSE_X has 46 bytes, says 47",
    "no-header": "an event of 21 bytes",
    "future": "SYSCALL_CLOSE_X has a time ahead of the clock's",
    "now": "SYSCALL_CLOSE_X has a time ahead of the clock's",
}

WRONG_CALLS = {
    "stale": "next_batch did not say how many events there are",
    "change": "a batch changed before the next call",
    "empty": "unexpected 0 size event",
    "failure": "next_batch: 1, failure",
    "eof": "next_batch: 2, eof",
    "init": "could not initialize plugin: init",
    "init-null": "plugin handle or 'get_last_error' function not defined",
    "init-thread": "after init: ",
    "open": "open: 1, open",
    "thread": "after close: ",
    "descriptor": "after close: ",
}

WRONG_SYMBOLS = {
    "newer": "API version 3.12.1 is not of a host with 3.12.0",
    "two": "API version 2.0.0 is not of a host",
    "words": "'3.0' is no API version",
    "dev": "'dev' is no version",
    "nameless": "required symbol not implemented: 'plugin_get_name'",
    "sourceless": "broken plugin capabilities",
    "own-id": "a source of its own",
    "own-source": "a source of its own, 'syscall'",
}


class Host(unittest.TestCase):
    def command(self, stub, word, *options):
        config = self.enterContext(tempfile.NamedTemporaryFile("w", prefix="fcd-"))
        config.write(word)
        config.flush()
        return [HOST, "--name", "stub", "--config", config.name, *options, f"{STUBS}/{stub}.so"]

    def run_host(self, word, *options, stub="good"):
        return subprocess.run(self.command(stub, word, *options), text=True, capture_output=True,
                              check=False)

    def refuses(self, done, words):
        self.assertEqual((done.returncode, done.stderr[:7]), (1, "Error: "), done.stderr)
        self.assertIn(words, done.stderr)

    def test_a_plugin_that_keeps_the_rules_is_captured_from(self):
        for stub in "good", "same":
            done = self.run_host("", "--events", "80", "--print", stub=stub)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = done.stdout.splitlines()
            self.assertEqual(lines[:2], ["loaded stub 1.2.3 api 3.0.0", "opened"])
            self.assertRegex(lines[-2], "closed events 80 batches 10 timeouts 9 ")
            self.assertEqual(lines[-1], "unloaded")
            self.assertEqual(sum(x.startswith("event ") for x in lines), 10 * (GOOD_EVENTS + 1))
            self.assertEqual(lines.count("notification /etc/hosts /etc/hosts"), 10)

    def test_each_wrong_event_ends_it(self):
        for word, words in WRONG_EVENTS.items():
            with self.subTest(word):
                done = self.run_host(word, "--events", "1000")
                self.refuses(done, f"event {GOOD_EVENTS}: ")
                self.refuses(done, words)

    def test_each_wrong_call_ends_it(self):
        for word, words in WRONG_CALLS.items():
            with self.subTest(word):
                events = "0" if word == "change" else "10"
                # The race of "change" is the host's to find.
                with unittest.mock.patch.dict(os.environ, {"TSAN_OPTIONS": "report_bugs=0"}):
                    self.refuses(self.run_host(word, "--events", events), words)

    def test_what_is_exported_wrongly_is_not_loaded(self):
        for stub, words in WRONG_SYMBOLS.items():
            with self.subTest(stub):
                self.refuses(self.run_host("", "--load", stub=stub), words)
        self.refuses(self.run_host("", "--name", "other"), "plugin other does not exist")

    def test_a_plugin_for_a_newer_host_reads_behind_what_an_older_one_passes(self):
        # A sanitizer is to leave the signal alone.
        alone = {name: "handle_segv=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}
        with unittest.mock.patch.dict(os.environ, alone):
            self.assertEqual(self.run_host("log", "--init").returncode, -signal.SIGSEGV)

    def test_older_hosts_know_fewer_events(self):
        self.refuses(self.run_host("", "--events", "1", "--api", "0", stub="newer"), "API version")
        for schema, last in ("4", 430), ("3", 430), ("2", 418):
            done = self.run_host("unknown", "--events", "1", "--schema", schema)
            self.refuses(done, f"type 454 is unknown to schema {schema}")

    def test_an_enter_event_of_an_older_host_is_followed_by_its_exit(self):
        self.refuses(self.run_host("enter", "--events", "1000", "--schema", "3"),
                     "SYSCALL_OPENAT_2_X instead of the exit of SYSCALL_CLOSE_E")

    def test_it_opens_inits_and_loads_as_often_as_told(self):
        done = self.run_host("", "--events", "8", "--opens", "3", "--rounds", "2", "--worker")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words, times in ("loaded", 2), ("opened", 6), ("closed", 6), ("unloaded", 2):
            self.assertEqual(sum(x.split()[0] == words for x in done.stdout.splitlines()), times)

    def test_a_reload_tries_a_second_instance_first(self):
        command = self.command("good", "")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
            lines = iter(host.stdout.readline, "")

            def reach(word):
                return next(x for x in lines if x.startswith(word))

            reach("opened")
            self.configure(command, "init")
            host.send_signal(signal.SIGHUP)
            self.assertEqual(reach("refused"), "refused init\n")
            self.configure(command, "")
            host.send_signal(signal.SIGHUP)
            for word in "closed", "unloaded", "loaded", "opened":
                reach(word)
            host.terminate()
            reach("unloaded")
        self.assertEqual(host.returncode, 0)

    def configure(self, command, word):
        with open(command[command.index("--config") + 1], "w", encoding="utf-8") as file:
            file.write(word)


if __name__ == "__main__":
    unittest.main(verbosity=2)
