# SPDX-License-Identifier: MIT
"""Another user than the daemon's, who would like to bring events."""
import os
import subprocess

import harness

if os.getuid():
    print("needs root, to become another user")
    raise SystemExit(77)

PRODUCER = os.environ["FCD_PRODUCER"]
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


class Stranger(harness.Test):
    def test_stranger_cannot_connect_and_is_told_why_if_the_mode_was_changed(self):
        daemon = self.daemon(engine="userspace")
        os.chmod(self.folder, 0o755)
        command = [*AS_NOBODY, PRODUCER, daemon.path, "1"]
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        self.assertIn("Permission denied", done.stderr)
        os.chmod(daemon.path + ".udig", 0o666)
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        self.assertIn("refused: events are taken from root and from uid 0 only", done.stderr)
        self.assertIn("falco-capture --engine=userspace -- command", done.stderr)
        self.assertEqual(done.returncode, 1)
        daemon.wait_for("is refused: events are taken from root")

    def test_root_may_bring_events_to_the_daemon_of_a_user(self):
        os.chown(self.folder, 65534, 65534)
        env = harness.environment()
        path = os.path.join(self.folder, "s")
        log = subprocess.Popen([*AS_NOBODY[:-1], "--pdeathsig=KILL", "--", harness.DAEMON,
                                "--engine=userspace", f"--engine-dir={harness.ENGINES}",
                                f"--socket={path}"], text=True, stderr=subprocess.PIPE, env=env)
        self.addCleanup(log.wait)
        self.addCleanup(log.terminate)
        while "listening on" not in log.stderr.readline():
            pass
        client = harness.Client(path)
        client.ask({"op": "subscribe", "filter": {"syscalls": ["getppid"]}})
        subprocess.run([PRODUCER, path, "1"], check=True)
        self.assertEqual(client.line()["syscall"], "getppid")
        client.close()
        log.stderr.close()


harness.main()
