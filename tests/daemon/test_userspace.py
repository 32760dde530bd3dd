# SPDX-License-Identifier: MIT
"""A command under the real tracer and the real engine, as an ordinary user."""
import json
import os
import pty
import re
import signal
import subprocess
import sys

import harness

CTL = os.environ["FCD_CTL"]
NOBODY = 65534


def as_user(*words):
    """The words run by nobody, if that is ours to choose."""
    if os.getuid():
        return list(words)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--pdeathsig", "KILL", "--", *words]


class Terminal:
    """A program on a terminal of its own, as a person sees it."""

    def __init__(self, words, env):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvpe(words[0], words, env)

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, pattern):
        while not (found := re.search(pattern.encode(), self.seen)):
            try:
                more = os.read(self.fd, 4096)
            except OSError:             # the terminal's other end is closed
                more = b""
            if not more:
                raise AssertionError(f"{pattern} is not in {self.seen}")
            self.seen += more
        self.seen = self.seen[found.end():]

    def status(self):
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status


def state_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(") ", 1)[1][0]


class Userspace(harness.Test):
    def setUp(self):
        super().setUp()
        if not os.getuid():
            os.chown(self.folder, NOBODY, NOBODY)
        self.env = harness.environment(XDG_RUNTIME_DIR=self.folder, PS1="ready> ", TERM="dumb")
        self.path = os.path.join(self.folder, "fc.sock")

    def words(self, *command, engine="userspace"):
        return as_user(harness.DAEMON, f"--engine={engine}", "--socket", self.path, "--", *command)

    def start(self, *command, **more):
        process = subprocess.Popen(self.words(*command, **more), text=True, env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def print_it(self, *syscalls):
        """falco-capturectl print, once it is subscribed."""
        reader = subprocess.Popen(
            as_user(CTL, "--socket", self.path, "print", "-o", "json", "--syscalls",
                    ",".join(syscalls)), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.stderr.close)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        client = harness.Client(self.path)
        self.wait_until(lambda status: status["subscribers"],
                        lambda: client.ask({"op": "status"}))
        client.close()
        return reader

    def test_print_shows_what_is_typed_into_a_shell(self):
        shell = Terminal(self.words("bash", "--norc", "--noediting"), self.env)
        shell.read_until("ready> ")
        reader = self.print_it("read", "execve")
        shell.type("cat /etc/hostname\n")
        shell.read_until("ready> ")
        shell.type("exit 9\n")
        events = [json.loads(line) for line in reader.stdout]
        typed = [e["data"] for e in events if e["type"] == "read" and e["fd"] == 0]
        self.assertEqual(typed, ["cat /etc/hostname\n", "exit 9\n"])
        self.assertEqual([e["args"] for e in events if e.get("exe") == "cat"], [["/etc/hostname"]])
        self.assertEqual(shell.status(), 9)
        self.assertEqual(os.listdir(self.folder), [])

    def test_terminal_is_the_commands(self):
        shell = Terminal(self.words("bash", "--norc", "--noediting"), self.env)
        shell.read_until("ready> ")
        for end, word in (("\x03", "ready> "), ("\x1a", "Stopped")):
            shell.type("cat\n")
            shell.type("echo of cat\n")
            shell.read_until("echo of cat\r\necho of cat\r\n")
            shell.type(end)             # for cat, neither for the shell nor for the daemon
            shell.read_until(word)
        shell.read_until("ready> ")
        shell.type("fg\n\x04")
        shell.read_until("ready> ")
        shell.type("exit 6\n")
        self.assertEqual(shell.status(), 6)

    def test_interrupt_typed_is_the_commands(self):
        script = Terminal(self.words("sh", "-c", "trap 'exit 5' INT; echo ready; read x"), self.env)
        script.read_until("ready")
        script.type("\x03")
        self.assertEqual(script.status(), 5)

    def test_auto_comes_to_it_and_last_events_are_delivered(self):
        process = self.start("sh", "-c", "echo; read x; exec /bin/true last words", engine="auto")
        process.stdout.readline()
        client = harness.Client(self.path)
        reply = client.ask({"op": "subscribe", "filter": {"syscalls": ["execve", "procexit"]}})
        self.assertEqual(reply["engine"], "userspace")
        # When the daemon goes on everything has happened: the events, and the end.
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
            tracer = f.read().strip()
        process.stdin.write("\n")
        process.stdin.close()
        self.wait_until(lambda state: state == "Z", lambda: state_of(tracer))
        process.send_signal(signal.SIGCONT)
        events = list(client.lines())
        client.close()
        self.assertEqual([(e["type"], e.get("args")) for e in events],
                         [("execve", ["last", "words"]), ("procexit", None)])
        self.assertEqual((process.wait(), process.stderr.read()), (0, ""))

    def test_command_that_cannot_be_run_is_told_as_env_does(self):
        for command, status in (("/nonexistent", 127), (self.folder, 126)):
            process = self.start(command)
            _, err = process.communicate()
            self.assertEqual(process.returncode, status)
            self.assertIn(command, err)


if not os.getuid() and subprocess.run(as_user("test", "-x", harness.DAEMON)).returncode:
    print(f"an ordinary user cannot reach {harness.DAEMON}")
    sys.exit(77)
harness.main()
