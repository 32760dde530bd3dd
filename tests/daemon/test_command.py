# SPDX-License-Identifier: MIT
"""falco-capture --userspace -- COMMAND, with a tracer that only runs the command, installed beside
the daemon. Each command is compared with what it does when nobody is around it."""
import json
import os
import shutil
import signal
import subprocess
import sys

import harness

AUTO = os.path.join(harness.STUBS, "auto")

TRACER = """#!/bin/sh
printf '%s\\n' "$@" >"$0.words"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""

# What a command inherits: ignored and blocked signals, descriptors, limit of these, group.
INHERITED = ("grep -E '^Sig(Blk|Ign):' /proc/self/status; ls /proc/self/fd; ulimit -n;"
             "[ $(ps -o pgid= -p $$) = $(ps -o pgid= -p $PPID) ] && echo one group")


class Command(harness.Test):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.folder, "s")
        self.daemon_program = shutil.copy(harness.DAEMON, self.folder)
        self.tracer = os.path.join(self.folder, "falco-capture-trace")
        with open(self.tracer, "w") as f:
            f.write(TRACER)
        os.chmod(self.tracer, 0o755)

    def words(self, command, config=None, engine="userspace"):
        path = os.path.join(self.folder, "c.json")
        with open(path, "w") as f:
            json.dump(dict({"socket": self.path, "engine_dir": AUTO}, **(config or {})), f)
        return [self.daemon_program, "--config", path, f"--engine={engine}", "--", *command]

    def start(self, command, **more):
        process = subprocess.Popen(
            [*harness.WITH_US, *self.words(command, **more)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.environment())
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def run_it(self, *command, given="", **more):
        process = self.start(command, **more)
        out, err = process.communicate(given)
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("s")], [])
        return process.returncode, out, err

    def test_input_output_and_status_are_the_commands(self):
        done = self.run_it("sh", "-c", "read x; echo got $x; echo bad >&2; exit 7", given="that\n")
        self.assertEqual(done, (7, "got that\n", "bad\n"))

    def test_signal_that_killed_it_is_told_as_a_shell_does(self):
        for signum in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            status, _, err = self.run_it("sh", "-c", f"kill -{signum} $$")
            self.assertEqual((status, err), (128 + signum, ""))

    def test_tracer_is_told_where_to_go_and_every_word(self):
        command = ["printf", "%s.", "a b", "", "--", "--socket"]
        self.assertEqual(self.run_it(*command), (0, "a b..--.--socket.", ""))
        with open(self.tracer + ".words") as f:
            self.assertEqual(f.read(), "\n".join(["--require-daemon", "--socket", self.path, "--",
                                                  *command, ""]))

    def test_clients_can_connect_before_it_begins(self):
        script = ("import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
                  "s.sendall(b'{\"op\":\"status\"}\\n');print(s.makefile().readline())")
        status, out, _ = self.run_it(sys.executable, "-c", script, self.path)
        self.assertEqual((status, json.loads(out)["engine"]), (0, "userspace"))

    def test_it_inherits_what_it_would_without_the_daemon(self):
        for around in ("", "trap '' HUP INT QUIT PIPE TERM CHLD; ulimit -S -n 100; "):
            seen = []
            for words in (["sh", "-c", INHERITED], self.words(["sh", "-c", INHERITED])):
                done = subprocess.run(["sh", "-c", around + '"$@"', "sh", *words], text=True,
                                      capture_output=True, env=harness.environment())
                self.assertEqual(done.stderr, "")
                seen.append(done.stdout)
            self.assertEqual(seen[0], seen[1])
            self.assertIn("one group", seen[0])

    def test_interrupt_and_quit_are_for_the_command_alone(self):
        process = self.start(["sh", "-c", "echo ready; read x; exit 4"])
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGQUIT)
        process.stdin.write("\n")
        process.communicate()
        self.assertEqual(process.returncode, 4)

    def test_request_to_end_is_passed_on(self):
        script = ("import signal,sys\nfor s in (signal.SIGTERM, signal.SIGHUP):\n"
                  " signal.signal(s, lambda s, f: sys.exit(s + 40))\n"
                  "print('ready', flush=True)\nsignal.pause()")
        for signum in (signal.SIGTERM, signal.SIGHUP):
            process = self.start([sys.executable, "-c", script])
            process.stdout.readline()
            process.send_signal(signum)
            process.communicate()
            self.assertEqual(process.returncode, signum + 40)

    def test_last_events_are_delivered(self):
        process = self.start(["sh", "-c", "echo ready; read x; exit 3"])
        process.stdout.readline()
        client = harness.Client(self.path)
        self.assertTrue(client.ask({"op": "subscribe", "filter": {"syscalls": ["close"]}})["ok"])
        process.stdin.write("\n")
        process.communicate()
        self.assertEqual(process.returncode, 3)
        # The stub records three when it is configured, two of other processes than the daemon.
        self.assertEqual([line["pid"] for line in client.lines()], [77, 4242])
        client.close()

    def test_log_is_quiet_unless_the_config_says_otherwise(self):
        loud = {"engines": {"userspace": {"loud": True}}}
        _, _, err = self.run_it("true", config=loud)
        self.assertEqual({line.split(": ")[1] for line in err.splitlines()}, {"warning"})
        _, _, err = self.run_it("true", config=dict(loud, log_level="error"))
        self.assertEqual(err, "")
        _, _, err = self.run_it("true", config={"log_level": "info"})
        self.assertIn(f"listening on {self.path}\n", err)
        self.assertIn("the command ended with status 0\n", err)

    def test_other_engine_takes_no_command(self):
        for engine in ("kmod", "auto", "no-such"):
            status, out, err = self.run_it("echo", "ran", engine=engine)
            self.assertEqual((status, out), (2, ""))
            self.assertIn("kmod" if engine == "auto" else engine, err)
            self.assertIn("choose --userspace", err)
            self.assertEqual(err.count("\n"), 1)

    def test_auto_that_comes_to_userspace_takes_it(self):
        fails = {"engines": {"kmod": {"fail": "probe"}, "bpf": {"fail": "probe"}}}
        self.assertEqual(self.run_it("echo", "ran", engine="auto", config=fails),
                         (0, "ran\n", ""))

    def test_tracer_that_is_missing_or_broken_is_said(self):
        with open(self.tracer, "w") as f:
            f.write("neither a script nor a program")
        self.assertEqual(self.run_it("true"), (
            125, "", f"falco-capture: error: {self.tracer}: Exec format error\n"))
        os.unlink(self.tracer)
        status, _, err = self.run_it("true")
        self.assertEqual(status, 3)
        self.assertIn(f"{self.tracer}: No such file or directory (it is installed beside", err)


harness.main()
