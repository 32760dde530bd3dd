# SPDX-License-Identifier: MIT
"""SIGHUP: the config is read again, and nobody notices who need not."""
import os
import signal
import subprocess

import harness


class Reload(harness.Test):
    def reload(self, daemon, config, words="the config was read again"):
        """The line of the log that says what came of it."""
        daemon.configure(config)
        daemon.process.send_signal(signal.SIGHUP)
        return daemon.wait_for(words)

    def test_live_keys_hold_at_once(self):
        daemon = self.daemon({"limits": {"clients": 1}, "linger_ms": 0})
        first = daemon.subscribe("openat")
        self.assertEqual(daemon.ask({"op": "status"})["code"], "too_many_clients")
        line = self.reload(daemon, {"limits": {"clients": 3, "request_bytes": 1024},
                                    "linger_ms": 3600000, "access": {"stats": {}}})
        self.assertEqual(line.split("changed: ")[1],
                         "$.linger_ms, $.limits.clients, $.limits.request_bytes, $.access\n")
        self.assertTrue(daemon.status()["ok"])
        self.assertEqual(daemon.ask(b" " * 2000 + b"\n")["code"], "too_long")
        first.close()
        # What nobody reads any more is captured for an hour now.
        status = self.wait_until(lambda s: not s["subscribers"], daemon.status)
        self.assertTrue(status["attached"])
        if os.getuid():
            self.assertTrue(daemon.stats()["ok"])

    def test_keys_that_are_not_live_are_named_and_stay(self):
        daemon = self.daemon({"hold_ms": 3})
        before = daemon.stats()["broadcast"]
        line = self.reload(daemon, {"hold_ms": 4, "broadcast_bytes": 262144, "socket": "/other",
                                    "engines": {"fake": {"rate": 7}}}, "needs a restart")
        self.assertIn("warning: what is new in the config needs a restart: $.socket, "
                      "$.broadcast_bytes, $.hold_ms, $.engines\n", line)
        self.assertEqual(daemon.stats()["broadcast"], before)
        self.assertEqual(daemon.status()["socket"], daemon.path)

    def test_wrong_config_is_said_with_its_place_and_changes_nothing(self):
        daemon = self.daemon({"limits": {"clients": 2}})
        for config, words in (
                ({"limits": {"clients": 1}, "hold": 2}, "$.hold: unknown key"),
                ({"limits": {"clients": 1}, "engines": {"fake": {"rate": "x"}}},
                 "$.engines.fake.rate: "),
                ({"limits": {"clients": 1}, "access": {"stats": {"users": ["no such"]}}},
                 "$.access.stats.users[0]: ")):
            line = self.reload(daemon, config, "stays as it was")
            self.assertIn(f"error: the config is wrong and stays as it was: {daemon.config}: "
                          f"{words}", line)
        os.unlink(daemon.config)
        daemon.process.send_signal(signal.SIGHUP)
        self.assertIn("No such file", daemon.wait_for("stays as it was"))
        client = daemon.connect()
        self.assertTrue(client.ask({"op": "status"})["ok"])
        self.assertTrue(daemon.status()["ok"])      # the second of two
        client.close()

    def test_flags_win_again(self):
        daemon = self.daemon({"engine": "kmod"},
                             prefix=["sh", "-c", 'exec "$0" --engine=fake "$@"'])
        self.reload(daemon, {"engine": "userspace", "linger_ms": 1})
        self.reload(daemon, {"engine": "userspace", "linger_ms": 2})
        self.assertNotIn("needs a restart", "".join(daemon.log))

    def test_nothing_is_lost_in_twenty_reloads(self):
        daemon = self.daemon({"linger_ms": 0}, fake={"rate": 20000, "rings": 2})
        client = daemon.subscribe()
        expected = client.line()["seq"]
        for i in range(20):
            self.reload(daemon, {"linger_ms": i + 1,
                                 "engines": {"fake": {"rate": 20000, "rings": 2}}})
            for _ in range(500):
                expected += 1
                self.assertEqual(client.line()["seq"], expected)
        stats = daemon.stats()
        self.assertEqual(set(stats["engine"]["lost"].values()), {0})
        [books] = stats["subscribers"]
        self.assertEqual(books["seq"] - books["first"], books["delivered"])
        client.close()

    def test_terminal_that_is_closed_ends_the_daemon(self):
        terminal, other = os.openpty()
        config = os.path.join(self.folder, "config.json")
        with open(config, "w") as f:
            f.write("{}")
        daemon = subprocess.Popen(
            [*harness.WITH_US, "setsid", "--ctty", harness.DAEMON, "--engine=fake", "--config",
             config, f"--engine-dir={harness.ENGINES}", f"--socket={self.folder}/s"],
            stdin=other, stdout=other, stderr=other, env=harness.environment())
        os.close(other)
        said = b""
        while b"listening on" not in said:
            said += os.read(terminal, 4096)
        os.close(terminal)
        self.assertEqual(daemon.wait(), 0)


harness.main()
