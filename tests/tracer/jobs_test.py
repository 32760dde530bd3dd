# SPDX-License-Identifier: MIT
"""Signals, stops and the terminal: as without a tracer."""
import os
import pty
import re
import signal

import tracer
from tracer import Tracer


# Says that it reads; what is typed to start it does not look like that.
CAT = """sh -c 'echo be""gun; exec cat'"""


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, test, words):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvpe(words[0], words, dict(os.environ, PS1="$ ", TERM="dumb", HISTFILE=""))
        test.addCleanup(self.close)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        """Read on until the pattern is there; what is behind it stays."""
        while not (found := re.search(pattern.encode(), self.seen)):
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"{pattern} never came: {self.seen}")
            self.seen += data
        self.seen = self.seen[found.end():]
        return found

    def wait(self):
        """The wait status, and nothing left to clean up."""
        pid, self.pid = self.pid, 0
        return os.waitpid(pid, 0)[1]

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        os.close(self.fd)


class Jobs(tracer.Test):
    def terminal(self, *command):
        return Terminal(self, self.words(*command))

    def shell(self):
        """An untraced shell with job control."""
        t = Terminal(self, ["bash", "--norc", "--noprofile", "-i"])
        t.until(r"\$ ")
        return t

    def type_traced(self, t, command):
        t.type(" ".join(self.words(command)[4:]) + "\n")

    # ---- the terminal ----

    def test_interrupt_is_the_commands_to_handle(self):
        t = self.terminal("sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; while :; do "
                                      "read a; done")
        t.until("ready")
        t.type("\x03")
        t.until("caught")
        self.assertEqual(os.waitstatus_to_exitcode(t.wait()), 5)

    def test_interrupt_and_quit_end_who_does_not_handle_them(self):
        for key, sig in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            t = self.terminal("sh", "-c", "echo ready; read a")
            t.until("ready")
            t.type(key)
            self.assertEqual(os.waitstatus_to_exitcode(t.wait()), -sig)

    def test_lost_terminal_hangs_up(self):
        t = self.terminal("sh", "-c", "echo ready; read a")
        t.until("ready")
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, t.fd)         # the terminal's master side is closed by that
        os.close(null)
        self.assertIn(os.waitstatus_to_exitcode(t.wait()), (-signal.SIGHUP, 1))

    def check_cat(self, t):
        """It is there and reads."""
        t.type("line\n")
        t.until("line\r\nline\r\n")

    def continue_cat(self, t):
        t.until(r"\$ ")
        t.type("fg\n")
        t.until("exec cat'\r\n")
        self.check_cat(t)

    def state_of_job(self, t):
        t.until(r"\$ ")
        t.type("jobs\n")
        return t.until(r"\n\[1\]\+ +(\w+) ")[1]

    def test_shell_stops_and_continues_a_traced_job(self):
        t = self.shell()
        self.type_traced(t, CAT)
        t.until("begun")
        self.check_cat(t)
        t.type("\x1a")
        t.until("Stopped")
        self.assertEqual(self.state_of_job(t), b"Stopped")
        self.continue_cat(t)
        t.type("\x04")
        t.until(r"\$ ")
        t.type("echo end $?\n")
        t.until("end 0\r\n")

    def test_traced_job_in_the_background_stops_when_it_reads(self):
        t = self.shell()
        self.type_traced(t, CAT + " &")
        t.until("begun")
        t.type("\n")
        self.wait_until(lambda state: state == b"Stopped", lambda: self.state_of_job(t))
        self.continue_cat(t)
        t.type("\x03")
        t.until(r"\$ ")
        t.type("echo end $?\n")
        t.until("end 130\r\n")

    def test_traced_shell_has_job_control(self):
        t = self.terminal("bash", "--norc", "--noprofile", "-i")
        t.until(r"\$ ")
        t.type(CAT + "\n")
        t.until("begun")
        self.check_cat(t)
        t.type("\x1a")
        t.until("Stopped")
        self.continue_cat(t)
        t.type("\x03")
        t.until(r"\$ ")
        t.type("(exit 6); exit\n")
        self.assertEqual(os.waitstatus_to_exitcode(t.wait()), 6)

    # ---- signals from elsewhere ----

    def test_stop_and_continue_are_told_to_the_parent(self):
        process = self.start("cat")
        Tracer(process.pid)
        for sig in (signal.SIGSTOP, signal.SIGTSTP):
            os.kill(process.pid, sig)
            status = os.waitpid(process.pid, os.WUNTRACED)[1]
            self.assertTrue(os.WIFSTOPPED(status))
            self.assertEqual(os.WSTOPSIG(status), sig)
            os.kill(process.pid, signal.SIGCONT)
            status = os.waitpid(process.pid, os.WCONTINUED)[1]
            self.assertTrue(os.WIFCONTINUED(status))
        self.assertEqual(process.communicate("alive\n")[0], "alive\n")

    def test_stopped_command_stays_stopped_when_the_tracer_is_killed(self):
        process = self.start("cat")
        traced = Tracer(process.pid)
        os.kill(process.pid, signal.SIGSTOP)
        self.assertTrue(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]))
        traced.kill()
        self.wait_until(lambda state: state == "T (stopped)",
                        lambda: tracer.status(process.pid, "State"))
        os.kill(process.pid, signal.SIGCONT)
        self.assertEqual(process.communicate("alive\n")[0], "alive\n")

    def test_signals_reach_the_command_with_all_they_carry(self):
        process = self.start("python3", "-c", """if True:
            import signal
            sigs = [signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGRTMIN + 3]
            signal.pthread_sigmask(signal.SIG_BLOCK, sigs)
            print("ready", flush=True)
            for _ in sigs:
                got = signal.sigwaitinfo(sigs)
                print(got.si_signo, got.si_code, got.si_pid, flush=True)""")
        self.assertEqual(process.stdout.readline(), "ready\n")
        for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGRTMIN + 3):
            process.send_signal(sig)
            self.assertEqual(process.stdout.readline(), f"{int(sig)} 0 {os.getpid()}\n")

    def test_handler_runs_once_and_the_call_goes_on(self):
        process = self.start("python3", "-c", """if True:
            import os, signal
            signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
            print("ready", flush=True)
            print(os.read(0, 10).decode(), flush=True)""")
        self.assertEqual(process.stdout.readline(), "ready\n")
        for _ in range(5):
            process.send_signal(signal.SIGUSR1)
            self.assertEqual(process.stdout.readline(), "handled\n")
        self.assertEqual(process.communicate("data")[0], "data\n")


tracer.main()
