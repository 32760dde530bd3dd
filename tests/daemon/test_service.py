# SPDX-License-Identifier: MIT
"""What systemd is told, and what it gives: here a socket plays its part."""
import os
import signal
import socket
import time

import harness

# The daemon is the process that was started, as systemd's sockets and watchdog are for its pid.
AS_MAIN = ["sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"', "sh"]


class Notify(harness.Test):
    def start(self, config=None, env=None, **more):
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notified.close)
        self.notified.bind(os.path.join(self.folder, "notify"))
        env = dict(env or {}, NOTIFY_SOCKET=self.notified.getsockname())
        return self.daemon(config, env=env, prefix=AS_MAIN, **more)

    def message(self):
        return self.notified.recv(4096).decode()

    def wait_for(self, message):
        while (got := self.message()) != message:
            pass
        return got

    def test_ready_is_said_once_clients_can_connect(self):
        daemon = self.start()
        self.assertEqual(self.message(), "READY=1\nSTATUS=fake: not attached, no subscribers")
        self.assertTrue(daemon.status()["ok"])

    def test_status_follows_the_subscribers(self):
        daemon = self.start({"linger_ms": 0}, fake={"rate": 10})
        first = daemon.subscribe()
        self.wait_for("STATUS=fake: attached, 1 subscriber")
        second = daemon.subscribe()
        self.wait_for("STATUS=fake: attached, 2 subscribers")
        first.close()
        second.close()
        self.wait_for("STATUS=fake: not attached, no subscribers")

    def test_end_is_said_before_it_comes(self):
        daemon = self.start()
        self.message()
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.message(), "STOPPING=1")

    def test_reload_says_since_when_and_that_it_is_over(self):
        daemon = self.start()
        self.message()
        before = time.monotonic_ns() // 1000
        daemon.process.send_signal(signal.SIGHUP)
        reloading, usec = self.message().split("\n")
        self.assertEqual(reloading, "RELOADING=1")
        self.assertLessEqual(before, int(usec.removeprefix("MONOTONIC_USEC=")))
        self.assertLessEqual(int(usec.removeprefix("MONOTONIC_USEC=")),
                             time.monotonic_ns() // 1000)
        self.assertEqual(self.message(), "READY=1")

    def test_reloaded_log_level_holds_at_once(self):
        daemon = self.start()
        self.message()
        for level in ("error", "info"):
            daemon.configure({"log_level": level})
            daemon.process.send_signal(signal.SIGHUP)
            self.wait_for("READY=1")
        self.assertEqual(daemon.stop(), 0)
        # That it was read, and what changed, is info.
        self.assertEqual(sum("was read again" in line for line in daemon.log), 1)

    def test_signs_of_life_come_with_and_without_subscribers(self):
        daemon = self.start(env={"WATCHDOG_USEC": "90000"})
        for _ in range(3):
            self.wait_for("WATCHDOG=1")
        client = daemon.subscribe()
        for _ in range(3):
            self.wait_for("WATCHDOG=1")
        client.close()

    def test_daemon_whose_engine_is_dead_gives_no_sign_of_life(self):
        daemon = self.start(env={"WATCHDOG_USEC": "90000"}, fake={"claims_host": True})
        first = daemon.subscribe("openat")
        if os.readlink("/proc/self/ns/pid") != "pid:[4026531836]":
            # Here it cannot know its own calls: nothing is dead for want of these.
            self.wait_for("STATUS=fake: attached, 1 subscriber")
            self.wait_for("WATCHDOG=1")
        else:
            self.wait_for("STATUS=fake: attached, but no events come through it, 1 subscriber")
            second = daemon.subscribe("openat")
            # One every 30 ms: some would have come until this does.
            self.assertEqual(self.message(), "STATUS=fake: attached, but no events come through "
                                             "it, 2 subscribers")
            second.close()
        first.close()


class Activation(harness.Test):
    def listen(self, kind=socket.SOCK_STREAM, name="s"):
        s = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(s.close)
        s.bind(name if name.startswith("\0") else os.path.join(self.folder, name))
        if kind == socket.SOCK_STREAM:
            s.listen()
        return s

    def passing(self, *sockets):
        """For Popen: these are the descriptors from 3 on."""
        def move():
            for fd, s in enumerate(sockets, 3):
                os.dup2(s.fileno(), fd)
        return {"env": {"LISTEN_FDS": str(len(sockets))}, "prefix": AS_MAIN, "preexec_fn": move,
                "close_fds": False}

    def refused(self, *sockets):
        with self.assertRaises(AssertionError) as caught:
            self.daemon({"socket": None}, **self.passing(*sockets))
        return str(caught.exception)

    def test_socket_of_systemd_is_served_and_left_there(self):
        listener = self.listen()
        early = harness.Client(os.path.join(self.folder, "s"))
        daemon = self.daemon({"socket": None}, **self.passing(listener))
        self.assertEqual(early.ask({"op": "status"})["socket"], daemon.path)
        early.close()
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(sorted(os.listdir(self.folder)), ["config.json", "s"])

    def test_second_daemon_is_refused_also_there(self):
        listener = self.listen()
        daemon = self.daemon(**self.passing(listener))
        pid = daemon.process.pid
        done = harness.run("--config", daemon.config)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"served by another falco-capture, pid {pid}", done.stderr)

    def test_systemd_s_daemon_is_refused_while_one_runs_by_hand(self):
        daemon = self.daemon()
        os.unlink(daemon.path)          # as systemd does before it listens there itself
        listener = self.listen()
        self.assertIn(f"served by another falco-capture, pid {daemon.process.pid}",
                      self.refused(listener))

    def test_killed_daemon_is_followed_by_the_next_on_the_same_socket(self):
        listener = self.listen()
        daemon = self.daemon(**self.passing(listener))
        daemon.kill()
        client = daemon.connect()       # waits in the queue of the socket
        daemon.start()
        self.assertTrue(client.ask({"op": "status"})["ok"])
        client.close()

    def test_other_socket_than_the_config_s_is_said(self):
        daemon = self.daemon({"socket": "/other"}, **self.passing(self.listen()))
        self.assertIn(f"the socket is {daemon.path}, from systemd, and not /other",
                      "".join(daemon.log))

    def test_what_cannot_be_served_is_refused(self):
        self.assertIn("is no stream socket with a path (ListenStream=/run/",
                      self.refused(self.listen(socket.SOCK_DGRAM)))
        self.assertIn("is no stream socket with a path",
                      self.refused(self.listen(name="\0fcd-test")))
        self.assertIn("systemd gave 2 sockets", self.refused(self.listen(name="a"),
                                                             self.listen(name="b")))


harness.main()
