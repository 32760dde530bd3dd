# SPDX-License-Identifier: MIT
"""The tracer's side of a daemon that comes and goes."""
import os
import signal

import tracer
from tracer import Tracer


class Recording(tracer.Test):
    def reader(self):
        """A shell that makes one kill(2) for each line it reads."""
        return self.start("sh", "-c", "while read a; do kill -0 $a; done")

    def poke(self, process, client, pid):
        """Have it made, see it come."""
        process.stdin.write(f"{pid}\n")
        process.stdin.flush()
        return client.line()

    def test_call_is_seen_at_once(self):
        client = self.subscribe("kill")
        process = self.reader()
        for _ in range(3):
            event = self.poke(process, client, process.pid)
            self.assertEqual((event["type"], event["pid"], event["arg_pid"], event["sig"]),
                             ("kill", process.pid, process.pid, 0))

    def test_tracer_is_ended_by_no_signal_that_can_be_caught(self):
        client = self.subscribe("kill")
        process = self.reader()
        traced = Tracer(process.pid)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM, signal.SIGTSTP,
                    signal.SIGUSR1):
            os.kill(traced.pid, sig)
            self.assertEqual(self.poke(process, client, process.pid)["pid"], process.pid)

    def test_interest_is_followed_while_it_runs(self):
        process = self.reader()
        traced = Tracer(process.pid)
        first = self.subscribe("kill")
        self.poke(process, first, process.pid)
        second = self.subscribe("procexit")
        first.close()
        process.communicate("")
        traced.wait()
        events = [second.line()]
        self.assertEqual([e["type"] for e in events], ["procexit"])

    def test_events_of_a_command_are_there_when_it_has_ended(self):
        client = self.subscribe("kill", "procexit")
        for i in range(10):
            process = self.start("sh", "-c", f"kill -0 $$; exit {i}")
            process.communicate()
            produced = self.served.stats()["engine"]["produced"]
            self.assertEqual(produced, 2 * (i + 1))
        self.assertEqual([client.line()["type"] for _ in range(20)], ["kill", "procexit"] * 10)

    def test_what_comes_before_the_commands_own_exec_is_not_its(self):
        client = self.subscribe()
        process = self.start("true")
        process.communicate()
        event = client.line()
        self.assertEqual((event["type"], event["pid"], event["res"]), ("execve", process.pid, 0))

    def test_command_that_is_not_found_leaves_no_event(self):
        client = self.subscribe()
        self.start("no-such-command").communicate()
        process = self.start("true")
        process.communicate()
        self.assertEqual(client.line()["pid"], process.pid)

    def test_tracers_at_once_do_not_mix(self):
        client = self.subscribe("kill", "procexit")
        running = [self.reader() for _ in range(5)]
        self.wait_until(lambda s: s["engine"]["attached"] == 5, self.served.stats)
        for process in running:
            process.communicate(f"{process.pid}\n" * 100)
        events = [client.line() for _ in range(505)]
        for process in running:
            own = [e["type"] for e in events if e["pid"] == process.pid]
            self.assertEqual(own, ["kill"] * 100 + ["procexit"])

    def test_command_goes_on_without_the_daemon_and_is_seen_when_one_is_back(self):
        client = self.subscribe("kill")
        process = self.reader()
        self.poke(process, client, process.pid)
        traced = Tracer(process.pid)
        for stop in (self.served.kill, self.served.stop, self.served.kill):
            client.close()
            stop()
            self.served.process.stderr.close()
            process.stdin.write(f"{process.pid}\n" * 20)
            process.stdin.flush()
            self.served.start()
            client = self.subscribe("kill")
            # It looks for one about once a second.
            self.wait_until(lambda s: s["engine"]["attached"] == 1, self.served.stats)
            self.assertEqual(self.poke(process, client, process.pid)["pid"], process.pid)
            self.assertEqual(Tracer(process.pid).pid, traced.pid)
        process.communicate("")
        self.assertEqual(process.returncode, 0)


tracer.main()
