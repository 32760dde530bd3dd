# SPDX-License-Identifier: MIT
"""The example producer, the userspace engine in a daemon, and its clients."""
import os
import subprocess

import harness

PRODUCER = os.environ["FCD_PRODUCER"]


class Userspace(harness.Test):
    def daemon(self, **more):
        return super().daemon(engine="userspace", **more)

    def produce(self, daemon, count):
        return subprocess.Popen([*harness.WITH_US, PRODUCER, daemon.path, str(count)], text=True,
                                stderr=subprocess.PIPE)

    def test_events_of_a_producer_reach_the_client(self):
        daemon = self.daemon()
        client = daemon.subscribe("getppid")
        with self.produce(daemon, 100) as producer:
            events = [client.line() for _ in range(100)]
        self.assertEqual(producer.returncode, 0)
        for seq, event in enumerate(events):
            self.assertEqual((event["seq"], event["syscall"], event["pid"]),
                             (seq, "getppid", producer.pid))
        daemon.wait_for(f"producer example (pid {producer.pid}, uid {os.getuid()}) ended")

    def test_producers_at_once_are_merged(self):
        daemon = self.daemon()
        client = daemon.subscribe("getppid")
        producers = [self.produce(daemon, 1000) for _ in range(5)]
        events = [client.line() for _ in range(5000)]
        for producer in producers:
            self.assertEqual(producer.wait(), 0)
            producer.stderr.close()
            self.assertEqual(sum(e["pid"] == producer.pid for e in events), 1000)
        # One that lost its CPU while it wrote is waited for, but not for ever.
        times = [e["ts"] for e in events if not e.get("late")]
        self.assertEqual(times, sorted(times))

    def test_what_nobody_wants_is_not_recorded(self):
        daemon = self.daemon()
        client = daemon.subscribe("kill")
        self.produce(daemon, 100).communicate()
        self.assertEqual(daemon.status()["seq"], 0)
        client.close()

    def test_daemon_that_ends_lets_its_producers_go(self):
        daemon = self.daemon()
        client = daemon.subscribe("getppid")
        producer = self.produce(daemon, 1 << 30)
        client.line()
        client.close()
        self.assertEqual(daemon.stop(), 0)
        producer.communicate()
        self.assertEqual(producer.returncode, 0)
        self.assertFalse(os.path.exists(daemon.path + ".udig"))

    def test_socket_of_a_daemon_that_was_killed_is_replaced(self):
        daemon = self.daemon()
        daemon.kill()
        self.assertTrue(os.path.exists(daemon.path + ".udig"))
        daemon.start()
        client = daemon.subscribe("getppid")
        self.produce(daemon, 1).communicate()
        self.assertEqual(client.line()["syscall"], "getppid")

    def test_without_a_place_for_the_socket_it_says_so(self):
        path = (self.folder + "/").ljust(107, "x")  # as a socket, and no room for ".udig"
        done = harness.run("--engine=userspace", f"--engine-dir={harness.ENGINES}",
                           f"--socket={path}")
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{path}.udig: a socket's path has at most 107 bytes", done.stderr)


if os.environ.get("FCD_AS_NOBODY") and os.getuid():
    print("needs root, to become another user")
    raise SystemExit(77)
if os.environ.get("FCD_AS_NOBODY"):
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    if not os.access(harness.DAEMON, os.X_OK):
        print("the build folder is not open to user nobody")
        raise SystemExit(77)
harness.main()
