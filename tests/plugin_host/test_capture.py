# SPDX-License-Identifier: MIT
"""The Falco plugin beside a daemon with the fake engine: what it hands over, and what it lives
through."""
import json
import os
import signal
import subprocess
import unittest

import harness
import hosts

ALL = ["openat", "read", "write", "close", "execve", "kill"]    # of the fake engine
SLOW = {"rate": 2000}


class Capture(hosts.Test):
    def path(self):
        return os.path.join(self.folder, "s")

    def start(self, *options, **config):
        """A host that captures all that the fake engine makes."""
        return self.host({"socket": self.path(), "syscalls": ALL, **config}, *options)

    def wait_for_subscriber(self, daemon):
        return self.wait_until(lambda s: s["subscribers"], daemon.status)

    def test_its_settings_are_described_by_a_schema(self):
        done = subprocess.run([hosts.HOST, "--load", hosts.PLUGIN], capture_output=True, text=True,
                              check=True)
        schema = json.loads(done.stdout.split("schema ")[1].split("unloaded")[0])
        self.assertLessEqual({"socket", "syscalls", "snaplen", "schema"}, set(schema["properties"]))

    def test_init_and_destroy_need_no_daemon(self):
        done = subprocess.run([hosts.HOST, "--init", "--rounds", "3", hosts.PLUGIN], check=False,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.count("unloaded"), 3)

    def test_a_wrong_configuration_ends_init_with_words(self):
        host = self.host({"sockt": "/x"}, "--init")
        error = host.fail()
        self.assertIn('could not initialize plugin: unknown key "sockt"; did you mean "socket"?',
                      error)

    def test_it_hands_over_the_bytes_that_a_subscriber_gets(self):
        daemon = self.daemon(fake={"rate": 20000, "count": 20000})
        reader = self.reader(daemon.path, {"syscalls": [*ALL, "procexit"]})
        host = self.start("--print")
        last = self.last_of(daemon, reader)
        host.reach_event(lambda line: line == last)
        begin = reader.events.index(host.events[0])
        self.assertEqual(host.events, reader.events[begin:])
        self.assertEqual({hosts.event_type(e) for e in host.events}, {5, 7, 9, 129, 186, 293, 307})
        self.assertEqual(host.end()[0], len(host.events))

    def last_of(self, daemon, reader):
        """Read all that the engine makes."""
        while len(reader.events) < daemon.stats()["broadcast"]["seq"] or len(reader.events) < 40000:
            reader.reach_event()
        return reader.events[-1]

    def test_older_hosts_get_nothing_that_their_tables_lack(self):
        self.daemon(fake=SLOW)
        for schema in "4", "3", "2":
            host = self.start("--schema", schema, "--events", "3000", schema=int(schema))
            host.reach("unloaded")

    def test_data_is_cut_to_the_length_that_is_set(self):
        self.daemon(fake=SLOW)
        host = self.start("--print=7", snaplen=5)
        event = bytes.fromhex(host.reach_event()[6:])
        self.assertEqual(int.from_bytes(event[28:30], "little"), 5)     # of the second parameter
        host.end()

    def test_it_can_be_opened_inited_and_loaded_again(self):
        self.daemon(fake=SLOW)
        host = self.start("--events", "100", "--opens", "3", "--rounds", "3", "--worker",
                          "--metrics")
        for _ in range(9):
            host.reach("closed events ")
        host.reach("unloaded")
        self.assertEqual(host.process.wait(), 0)

    def test_a_reload_takes_another_configuration(self):
        daemon = self.daemon(fake=SLOW)
        host = self.start("--metrics")
        host.reach("opened")
        host.configure({"socket": daemon.path, "syscalls": ["nosuchcall"]})
        host.process.send_signal(signal.SIGHUP)
        self.assertIn("nosuchcall", host.reach("refused"))
        host.configure({"socket": daemon.path, "syscalls": ["kill"]})
        host.process.send_signal(signal.SIGHUP)
        for word in "closed", "unloaded", "loaded", "opened":
            host.reach(word)
        self.wait_until(lambda s: len(s["subscribers"]) == 1 and "openat" not in s["syscalls"],
                        daemon.status)
        host.end()

    def test_metrics_agree_with_what_was_handed_over(self):
        self.daemon(fake=SLOW)
        host = self.start("--events", "500", "--metrics", "--worker")
        metrics = {}
        while (line := host.line()) != "unloaded":
            if line.startswith("metric "):
                metrics.update([line.split()[1:]])
            if line.startswith("closed "):
                closed = line.split()
        self.assertEqual(metrics["events"], closed[2])
        self.assertEqual((metrics["connected"], metrics["malformed"]), ("1", "0"))

    def test_waiting_is_no_spinning_and_a_signal_ends_it(self):
        daemon = self.daemon(fake={"rate": 1, "mix": "openat"})
        host = self.host({"socket": daemon.path, "syscalls": ["kill"]}, "--metrics")
        self.wait_for_subscriber(daemon)
        for _ in range(20):
            daemon.status()
        _, _, timeouts, ms = host.end()
        self.assertGreaterEqual(ms, (timeouts - 2) * 10)    # the signal ends one early

    def test_without_a_daemon_it_waits_for_one(self):
        host = self.start("--print", "--metrics")
        host.reach("opened")
        host.reach("notification falco_capture.disconnected")
        self.daemon(fake=SLOW)
        host.reach("notification falco_capture.reconnected")
        host.reach_event()
        host.end()

    def test_it_outlives_fifty_daemons(self):
        daemon = self.daemon(fake=SLOW)
        pair = [self.start("--print=307"), self.start("--print=307", "--worker", "--metrics")]
        for host in pair:
            host.reach_event()
        for i in range(50):
            if i % 2:
                self.assertEqual(daemon.stop(), 0)
                daemon.process.stderr.close()
            else:
                daemon.kill()
            daemon.start()
            for host in pair:
                host.reach("notification falco_capture.disconnected")
                host.reach("notification falco_capture.reconnected")
                host.reach_event()
        for host in pair:
            host.end()

    def test_a_daemon_that_stalls_holds_nobody_up(self):
        daemon = self.daemon(fake=SLOW)
        early = self.start("--print=307", "--metrics")
        early.reach_event()
        daemon.process.send_signal(signal.SIGSTOP)
        late = self.start("--print=307")
        late.reach("opened")
        ended = self.start()
        ended.reach("opened")
        ended.end()
        daemon.process.send_signal(signal.SIGCONT)
        for host in early, late:
            host.events.clear()
            host.reach_event()
            host.end()

    def test_the_whole_process_is_left_out(self):
        """Its books are of the process that Falco is, whichever of its threads asks."""
        daemon = self.daemon(fake=SLOW)
        host = self.start("--worker")
        status = self.wait_for_subscriber(daemon)
        self.assertEqual([s["pid"] for s in status["subscribers"]], [host.pid])
        host.end()


if __name__ == "__main__":
    if not harness.DAEMON:
        raise SystemExit("FCD_DAEMON is not set: ctest sets it")
    unittest.main(verbosity=2)
