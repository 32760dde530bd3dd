# SPDX-License-Identifier: MIT
"""What a command can see of its tracer, and what its user sees: nothing, but in a few words."""
import os
import re
import signal
import stat
import subprocess

import harness
import tracer
from tracer import TRACER, Tracer


def run(*words, **env):
    """The program with these words, and no daemon but the one that they name."""
    env = {**{k: v for k, v in harness.environment().items()
              if k not in ("FALCO_CAPTURE_SOCKET", "XDG_RUNTIME_DIR")}, **env}
    return subprocess.run([*harness.WITH_US, TRACER, *words], text=True, capture_output=True,
                          check=False, env=env)


class Command(tracer.Test):
    def test_exit_status_is_the_commands(self):
        for code in (0, 1, 125, 126, 127, 128, 255):
            with self.subTest(code):
                plain, traced = self.run_both("sh", "-c", f"exit {code}")
                self.assertEqual(plain.returncode, code)
                self.assertEqual(traced.returncode, code)

    def test_death_by_a_signal_is_the_commands(self):
        for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGRTMAX):
            with self.subTest(sig):
                plain, traced = self.run_both("sh", "-c", f"kill -{int(sig)} $$")
                self.assertEqual(plain.returncode, -sig)
                self.assertEqual(traced.returncode, -sig)

    def test_shell_sees_128_and_the_signal(self):
        script = '"$@"; echo $?'
        for sig in (signal.SIGKILL, signal.SIGTERM):
            words = self.words("sh", "-c", f"kill -{int(sig)} $$")
            done = subprocess.run(["sh", "-c", script, "sh", *words], text=True,
                                  capture_output=True, check=True)
            self.assertEqual(done.stdout, f"{128 + sig}\n")

    def test_command_that_is_not_there_is_127_and_one_that_cannot_be_executed_126(self):
        for command, code in (("/none", 127), ("no-such-command", 127), ("/", 126),
                              ("/etc/passwd", 126)):
            with self.subTest(command):
                done = subprocess.run(self.words(command), text=True, capture_output=True,
                                      check=False, env={**os.environ, "PATH": "/usr/bin:/bin"})
                self.assertEqual(done.returncode, code)
                self.assertRegex(done.stderr, f"^falco-capture-trace: {command}: .*\n$")
                self.assertEqual(done.stdout, "")

    def test_command_has_the_number_and_the_parent_that_we_started(self):
        process = self.start("sh", "-c", "echo $$ $PPID")
        self.assertEqual(process.communicate()[0], f"{process.pid} {os.getpid()}\n")

    def test_command_has_what_it_would_have(self):
        script = """umask; ulimit -a; pwd; env -u _ | sort; ls -l /proc/self/fd | sed 's/.* //'
            grep -E '^(Sig[BIC]|Cap|NoNew|Seccomp:|Groups|Uid)' /proc/self/status
            ps -o pgid=,sid=,tpgid=,ni=,cls= -p $$; echo "$0" "$@" """
        folder, null = self.folder, os.open("/dev/null", os.O_RDONLY)
        os.set_inheritable(null, True)

        def prepare():
            os.umask(0o27)
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])

        with open(f"{folder}/in", "w+") as stdin:
            plain, traced = self.run_both("sh", "-c", script, "name", "", "two words", cwd=folder,
                                          stdin=stdin, stderr=subprocess.STDOUT,
                                          capture_output=False, stdout=subprocess.PIPE,
                                          preexec_fn=prepare, close_fds=False,
                                          env={**os.environ, "SOME": "value"})
        os.close(null)
        # Each run has its own pipe, and another number.
        lines = [re.sub(r"pipe:.*|/proc/\d+", "", done.stdout) for done in (plain, traced)]
        self.assertIn("SOME=value\n", lines[0])
        self.assertEqual(*lines)

    def test_command_without_descriptors_is_traced_too(self):
        script = 'exec "$@" <&- >&- 2>&-'
        done = subprocess.run(["sh", "-c", script, "sh",
                               *self.words("sh", "-c", "grep -q '^TracerPid:.0$' /proc/$$/status")],
                              check=False)
        self.assertEqual(done.returncode, 1)

    def test_command_has_no_child_that_it_did_not_start(self):
        plain, traced = self.run_both("python3", "-c", """if True:
            import os
            try:
                os.waitpid(-1, os.WNOHANG | 0x40000000) # __WALL
            except ChildProcessError:
                print("none")""")
        self.assertEqual((plain.stdout, traced.stdout), ("none\n", "none\n"))

    def test_pipes_end_with_the_command_while_others_are_traced_on(self):
        read, write = os.pipe()
        nine = os.dup2(write, 9)
        process = self.start("sh", "-c", "sleep 1000 </dev/null >/dev/null 2>&1 9>&- & echo $!",
                             pass_fds=[nine])
        os.close(write)
        os.close(nine)
        sleeper = int(process.communicate()[0])     # up to the end of both pipes
        self.assertEqual(process.returncode, 0)
        self.assertEqual(os.read(read, 1), b"")
        os.close(read)
        traced = Tracer(sleeper)
        os.kill(sleeper, signal.SIGKILL)
        traced.wait()

    def test_command_goes_on_when_the_tracer_is_killed(self):
        process = self.start("sh", "-c", "read a; sh -c 'read b; echo $b'; read c; exit 9")
        Tracer(process.pid).kill()
        process.stdin.write("one\ntwo\nthree\n")
        self.assertEqual(process.communicate()[0], "two\n")
        self.assertEqual(process.returncode, 9)

    def test_program_inside_cannot_trace(self):
        ask = ("import ctypes; l = ctypes.CDLL(None, use_errno=True); "
               "print(l.ptrace(0, 0, 0, 0), ctypes.get_errno())")
        plain, traced = self.run_both("python3", "-c", ask)
        self.assertEqual((plain.stdout, traced.stdout), ("0 0\n", "-1 1\n"))

    def test_tracer_inside_says_that_it_may_not_trace(self):
        inner = self.words("true")
        done = subprocess.run(self.words(*inner), text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 125)
        self.assertIn("ptrace is not permitted: Operation not permitted", done.stderr)
        inner.remove("--require-daemon")
        done = subprocess.run(self.words(*inner), text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "^.*; the command runs untraced\n$")


class SetUserId(tracer.Test):
    def setUp(self):
        super().setUp()
        if os.getuid():
            self.skipTest("needs root, to make one")
        self.program = f"{self.folder}/id"
        subprocess.run(["cp", "/usr/bin/id", self.program], check=True)
        os.chmod(self.program, 0o4755)
        os.chown(self.program, 65534, -1)
        os.chmod(self.program, 0o4755 & ~stat.S_IWGRP)
        os.chmod(self.folder, 0o755)

    def test_under_root_it_becomes_its_owner(self):
        plain, traced = self.run_both(self.program, "-u")
        self.assertEqual((plain.stdout, traced.stdout), ("65534\n", "65534\n"))

    def test_under_an_ordinary_user_it_stays_that_user(self):
        os.chown(self.program, 0, -1)
        os.chmod(self.program, 0o4755)
        os.chown(self.folder, 65533, -1)
        self.served.stop()
        user = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups",
                "--pdeathsig=KILL", "--"]
        daemon = subprocess.Popen([*user, harness.DAEMON, "--engine=userspace", "--socket",
                                   f"{self.folder}/user", "--engine-dir", harness.ENGINES],
                                  text=True, stderr=subprocess.PIPE, env=harness.environment())
        self.addCleanup(daemon.communicate)
        self.addCleanup(daemon.terminate)
        while "listening on" not in daemon.stderr.readline():
            pass
        done = subprocess.run([*user, TRACER, "--require-daemon", "--socket",
                               f"{self.folder}/user", "--", self.program, "-u"],
                              text=True, capture_output=True, check=True)
        self.assertEqual(done.stdout, "65533\n")


class WithoutDaemon(harness.Test):
    HOW = ["sh", "-c", "grep TracerPid /proc/$$/status; exit 4"]

    def check_untraced(self, done, what):
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stdout, "TracerPid:\t0\n")
        self.assertRegex(done.stderr, f"^falco-capture-trace: {what}.*; "
                                      "the command runs untraced\n$")

    def test_command_runs_untraced_and_one_line_says_so(self):
        path = f"{self.folder}/none"
        self.check_untraced(run("--socket", path, *self.HOW), f"no daemon on {path} ")
        self.check_untraced(run(*self.HOW, FALCO_CAPTURE_SOCKET=path), f"no daemon on {path} ")

    def test_it_does_not_run_where_a_daemon_is_required(self):
        done = run("--require-daemon", f"--socket={self.folder}/none", "--", *self.HOW)
        self.assertEqual((done.returncode, done.stdout), (125, ""))
        self.assertRegex(done.stderr, "^falco-capture-trace: no daemon on .*start one.*\n$")

    def test_users_own_daemon_comes_first_then_the_systems(self):
        system = "/run/falco-capture/capture.sock"
        done = run("--require-daemon", "true", XDG_RUNTIME_DIR=self.folder)
        self.assertEqual(done.returncode, 125)
        if not os.getuid():
            self.assertRegex(done.stderr, f"no daemon on {system} ")
            return
        own = f"{self.folder}/falco-capture.sock"
        self.assertRegex(done.stderr, f"no daemon on {own} or {system} ")
        with open(own, "w"):
            done = run("--require-daemon", "true", XDG_RUNTIME_DIR=self.folder)
        self.assertRegex(done.stderr, f"the daemon on {own} does not use the userspace engine")

    def test_name_that_is_too_long_is_refused(self):
        done = run("--require-daemon", "--socket", "/" + "p" * 120, "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("a socket's path has at most 107 bytes", done.stderr)

    def test_daemon_with_another_engine_is_recognized(self):
        daemon = self.daemon()
        done = run("--require-daemon", "--socket", daemon.path, "true")
        self.assertEqual(done.returncode, 125)
        self.assertIn("does not use the userspace engine", done.stderr)

    def test_wrong_use_is_125_and_points_to_the_help(self):
        for words in ((), ("--none", "true"), ("--socket",), ("-x", "true")):
            with self.subTest(words):
                done = run(*words)
                self.assertEqual(done.returncode, 125)
                self.assertRegex(done.stderr, "^falco-capture-trace: .*; see --help\n$")

    def test_words_of_the_command_are_not_ours(self):
        done = run("--socket", f"{self.folder}/none", "echo", "--help", "--socket")
        self.assertEqual((done.returncode, done.stdout), (0, "--help --socket\n"))

    def test_help_and_version_are_told(self):
        self.assertRegex(run("--help").stdout, "^Usage: falco-capture-trace ")
        self.assertRegex(run("--version").stdout, r"^falco-capture-trace \d+\.\d+\.\d+\n$")


tracer.main()
