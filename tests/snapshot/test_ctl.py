# SPDX-License-Identifier: MIT
"""falco-capturectl snapshot, as a person and as a script meets it."""
import json
import os
import shutil
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../daemon"))
import harness  # noqa: E402

CTL = os.environ["FCD_CTL"]


class Test(harness.Test):
    def setUp(self):
        super().setUp()
        self.d = self.daemon(engine=os.environ["FCD_SNAPSHOT_ENGINE"])

    def ctl(self, *args):
        done = subprocess.run([CTL, "snapshot", "--socket", self.d.path, *args], text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def rows(self, *args):
        status, out, _ = self.ctl(*args)
        self.assertEqual(status, 0)
        return [line.split() for line in out.splitlines()]

    def test_a_process_is_shown_with_its_command(self):
        name = "a name \x1b[31m"
        child = subprocess.Popen(["sleep", "1000"], executable="/bin/sleep")
        odd = subprocess.Popen([name, "1000"], executable="/bin/sleep")
        for process in (child, odd):
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        rows = self.rows("processes")
        self.assertEqual(rows[0], ["pid", "ppid", "uid", "container", "command"])
        row = [str(child.pid), str(os.getpid()), str(os.geteuid())]
        self.assertIn(row, [r[:3] for r in rows])
        self.assertIn(["sleep", "1000"], [r[4:] for r in rows if r[0] == str(child.pid)])
        shown = [" ".join(r[4:]) for r in rows if r[0] == str(odd.pid)]
        self.assertEqual(shown, ['"a name \\x1b[31m" 1000'])

    def test_a_listening_socket_is_shown_with_its_process(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            row = [str(os.getpid()), str(s.fileno()), "tcp",
                   f"127.0.0.1:{s.getsockname()[1]}", "->", "0.0.0.0:0", "listen"]
            self.assertIn(row, self.rows("fds"))

    def test_tables_of_several_kinds_come_one_after_the_other(self):
        status, out, _ = self.ctl("mounts", "users")
        users, mounts = out.split("\n\n")
        self.assertEqual(status, 0)
        self.assertEqual(users.splitlines()[0].split(), ["uid", "gid", "name,", "home,", "shell"])
        self.assertTrue(any(" /proc " in line for line in mounts.splitlines()), mounts)

    def test_json_is_what_the_daemon_says(self):
        status, out, _ = self.ctl("--json", "users", "groups")
        lines = [json.loads(line) for line in out.splitlines()]
        client = self.d.connect()
        self.addCleanup(client.close)
        client.send({"op": "snapshot", "kinds": ["users", "groups"]})
        expected = []
        for line in client.lines():
            expected.append(line)
            if line.get("type") == "end":
                break
        self.assertEqual(status, 0)
        self.assertEqual(lines[1:-1], expected[1:-1])
        self.assertEqual((lines[0]["ok"], lines[-1]["type"]), (True, "end"))

    def test_wrong_use_says_what_would_be_right(self):
        status, out, err = self.ctl("process")
        self.assertEqual((status, out), (2, ""))
        self.assertIn('unknown kind "process"; did you mean "processes"?', err)

    def test_without_a_daemon_it_fails(self):
        self.d.kill()
        status, out, err = self.ctl()
        self.assertEqual((status, out), (1, ""))
        self.assertIn("cannot connect", err)

    def test_help_teaches(self):
        with open(os.path.join(HERE, "../client/golden/help-snapshot.txt"),
                  encoding="utf-8") as f:
            self.assertEqual(self.ctl("--help"), (0, f.read(), ""))


if __name__ == "__main__":
    if not shutil.which("sleep"):
        print("SKIP: there is no sleep(1)")
        sys.exit(77)
    harness.main()
