# SPDX-License-Identifier: MIT
"""falco-capturectl as a person and as a script meets it. CTL names the program."""
import fcntl
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import unittest

from fake_daemon import CLOSE_X, EPOCH_NS, EVENT, Daemon, Ring, event

CTL, SOURCE = os.environ["CTL"], os.environ["SOURCE"]
STUBS = os.path.join(os.environ["BUILD"], "tests/stubs")
GOLDEN = os.path.join(os.path.dirname(__file__), "golden")
RING_FULL = 0


def golden(name):
    with open(f"{GOLDEN}/{name}.txt", encoding="utf-8") as f:
        return f.read()


def run(*args, **kwargs):
    return subprocess.run([CTL, *args], capture_output=True, text=True, timeout=30, check=False,
                          **kwargs)


def start(*args, **kwargs):
    return subprocess.Popen([CTL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            **kwargs)


class Use(unittest.TestCase):
    def wrong(self, message, *args):
        done = run(*args)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.splitlines()[0], message)
        self.assertRegex(done.stderr.splitlines()[1], "^see: falco-capturectl.* --help$")

    def test_help_teaches(self):
        for command in ([], ["print"], ["status"], ["stats"], ["engines"], ["doctor"]):
            with self.subTest(command):
                done = run(*command, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(done.stdout, golden("-".join(["help"] + command)))
                self.assertEqual(run(*command, "-h").stdout, done.stdout)

    def test_manual_has_each_command_and_option(self):
        with open(f"{SOURCE}/cli/man/falco-capturectl.1", encoding="utf-8") as f:
            page = f.read().replace("\\-", "-")
        commands = golden("help").split("Commands:\n")[1].split("\n\n")[0]
        for command in re.findall(r"^  (\w+)", commands, re.M):
            self.assertIn(f".SS {command}\n", page)
            for option in re.findall(r"--[\w-]+", run(command, "--help").stdout):
                self.assertIn(option, page, command)

    def test_version_is_the_projects(self):
        self.assertRegex(run("--version").stdout, r"^falco-capturectl \d+\.\d+\.\d+\n$")

    def test_wrong_use_names_what_was_meant(self):
        self.wrong('falco-capturectl: unknown command "prnt"; did you mean "print"?', "prnt")
        self.wrong('falco-capturectl: unknown command "zzzzzz"', "zzzzzz")
        self.wrong("falco-capturectl: a command is missing")
        self.wrong("falco-capturectl: unknown option --hlep; did you mean --help?", "--hlep")
        self.wrong("falco-capturectl print: unknown option --syscall-s; did you mean --syscalls?",
                   "print", "--syscall-s=close")
        self.wrong("falco-capturectl print: unknown option -z", "print", "-z")
        self.wrong("falco-capturectl print: option -c needs a value", "print", "-c")
        self.wrong("falco-capturectl status: option --json takes no value", "status", "--json=1")
        self.wrong('falco-capturectl print: unknown output "jsn"; did you mean "json"?',
                   "print", "-o", "jsn")
        self.wrong('falco-capturectl print: unexpected "execve"; to choose system calls: '
                   "--syscalls execve", "print", "execve")
        self.wrong('falco-capturectl status: unexpected "now"', "status", "now")
        self.wrong("falco-capturectl status: unknown option --jsn; did you mean --json?",
                   "--", "status", "--jsn")
        for count in ("0", "-1", "1x", "", "99999999999999999999"):
            self.wrong(f'falco-capturectl print: -c wants a number from 1 on, not "{count}"',
                       "print", "-c", count)

    def test_reader_that_went_away_is_no_error(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([CTL, "print", "--help"], stdout=write_end, timeout=30, check=False)
        os.close(write_end)
        self.assertEqual(done.returncode, 0)

    def test_missing_daemon_says_what_to_do(self):
        with Daemon() as d:
            d.listener.close()
            for command in ("print", "status", "stats"):
                done = run(command, "--socket", d.path)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertEqual(done.stderr, f"falco-capturectl {command}: cannot connect to "
                                 f"{d.path}: Connection refused (is the daemon running? start it "
                                 "with: falco-capture)\n")

    def test_socket_comes_from_command_or_before_it_or_environment(self):
        env = dict(os.environ, FALCO_CAPTURE_SOCKET="/nonexistent/env")
        for words, socket in ((["status"], "env"),
                              (["--socket", "/nonexistent/before", "status"], "before"),
                              (["--socket=/nonexistent/before", "print"], "before"),
                              (["--socket", "/nonexistent/before", "stats", "--socket",
                                "/nonexistent/after"], "after")):
            done = run(*words, env=env)
            self.assertIn(f" /nonexistent/{socket}: No such file", done.stderr)
        self.wrong("falco-capturectl: option --socket needs a value", "--socket")


STATUS = json.dumps({
    "ok": True, "version": "0.1.0", "engine": "bpf", "schema": "4.5.1", "abi": "1.0", "wire": 2,
    "attached": True, "refused": [{"engine": "kmod", "error": "it is not installed",
                                   "hint": "install it"}],
    "pid": 811, "uptime_s": 93784, "socket": "/run/falco-capture/capture.sock", "interest": 2,
    "seq": 81230, "subscribers": [{"pid": 4100, "uid": 0, "format": "json",
                                   "first": 81201, "seq": 81230,
                                   "delivered": 20, "filtered": 9, "overrun": 0}]})
STATS = json.dumps({
    "ok": True, "engine": {"name": "bpf", "attached": 2, "rings": 4, "produced": 90000,
                           "published": 81230, "excluded": 7000, "in_flight": 0,
                           "lost": {"ring_full": 1770, "nested": 0, "too_big": 0, "no_ring": 0,
                                    "missed": 0, "broken": 0, "comet": 3},
                           "late": 0, "faults": 3, "untracked": 0, "wakes": 410},
    "broadcast": {"seq": 81230, "published": 9963520, "bytes": 16777216,
                  "priority_bytes": 4194304}, "subscribers": []})


class Query(unittest.TestCase):
    def ask(self, answer, *args):
        with Daemon() as d:
            ctl = start(*args, "--socket", d.path)
            request = json.loads(d.accept())
            if answer is None:
                d.hang_up()
            else:
                d.reply(answer)
            out, err = ctl.communicate(timeout=30)
            self.assertEqual(request, {"op": args[0]})
            return ctl.returncode, out, err

    def test_status_is_a_table(self):
        self.assertEqual(self.ask(STATUS, "status"), (0, golden("status"), ""))

    def test_engine_that_is_not_attached_says_why(self):
        for interest, why in ((0, "nobody wants events"), (2, "nothing runs under it")):
            answer = json.dumps(dict(json.loads(STATUS), attached=False, interest=interest))
            self.assertEqual(self.ask(answer, "status")[1].splitlines()[0],
                             f"engine      bpf, not attached: {why}")

    def test_engine_that_is_dead_is_named_first(self):
        answer = json.dumps(dict(json.loads(STATUS), canary="dead"))
        self.assertEqual(self.ask(answer, "status")[1].splitlines()[0],
                         "engine      bpf, attached, but dead: no event comes "
                         "(see falco-capturectl doctor)")

    def test_engine_of_producers_counts_them(self):
        answer = json.loads(STATS)
        answer["engine"]["name"] = "userspace"
        self.assertEqual(self.ask(json.dumps(answer), "stats")[1].splitlines()[0],
                         "engine userspace: 2 producers connected, 4 rings")

    def test_stats_is_a_table_with_causes_it_does_not_know(self):
        self.assertEqual(self.ask(STATS, "stats"), (0, golden("stats"), ""))

    def test_json_is_the_reply_as_it_is(self):
        self.assertEqual(self.ask(STATUS, "status", "--json"), (0, STATUS + "\n", ""))
        self.assertEqual(self.ask(STATS, "stats", "--json"), (0, STATS + "\n", ""))

    def test_refusal_is_shown_with_its_hint(self):
        status = self.ask('{"ok":false,"code":"unknown_op","error":"no","hint":"yes"}', "stats")
        self.assertEqual(status, (1, "", "falco-capturectl stats: no (yes)\n"))

    def test_daemon_that_hangs_up_is_named(self):
        status = self.ask(None, "status")
        self.assertEqual(status, (1, "", "falco-capturectl status: the daemon hung up without an "
                                  "answer (its log says why)\n"))

    def test_full_disk_is_an_error(self):
        with Daemon() as d, open("/dev/full", "w", encoding="utf-8") as full:
            ctl = subprocess.Popen([CTL, "status", "--socket", d.path], stdout=full,
                                   stderr=subprocess.PIPE, text=True)
            d.accept()
            d.reply(STATUS)
            _, err = ctl.communicate(timeout=30)
            self.assertEqual((ctl.returncode, err), (1, "falco-capturectl status: cannot write: "
                                                     "No space left on device\n"))


class Engines(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def install(self, variant, name):
        return shutil.copy(f"{STUBS}/falco-capture-engine-{variant}.so",
                           f"{self.folder}/falco-capture-engine-{name}.so")

    def test_table_says_what_is_there_and_what_would_be_refused(self):
        mark = os.path.join(self.folder, "mark")
        self.install("stub", "stub")
        self.install("other-major", "other")
        with open(f"{self.folder}/falco-capture-engine-broken.so", "w", encoding="utf-8") as f:
            f.write("no engine")
        for other in ("falco-capture-engine-.so", "falco-capture-engine-x.so.1", "libstub.so"):
            shutil.copy(f"{STUBS}/falco-capture-engine-stub.so", f"{self.folder}/{other}")
        done = run("engines", "--engine-dir", self.folder,
                   env=dict(os.environ, STUB_ENGINE_MARK=mark))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.replace(self.folder, "/engines"), golden("engines"))
        self.assertFalse(os.path.exists(mark))

    def test_json_is_what_the_daemon_answers(self):
        path = self.install("stub", "stub")
        done = run("engines", "--json", "--engine-dir", self.folder)
        self.assertEqual(json.loads(done.stdout), {"dir": self.folder, "engines": [
            {"name": "stub", "path": path, "version": "7.7", "abi": "1.1", "schema": "4.5.1",
             "usable": True}]})
        self.assertEqual(done.stdout.count("\n"), 1)
        os.chmod(path, 0o666)
        [engine] = json.loads(run("engines", "--json", "--engine-dir", self.folder).stdout)[
            "engines"]
        self.assertEqual((engine["usable"], "version" in engine), (False, False))
        self.assertIn("has mode 0666", engine["error"])
        self.assertIn("chmod go-w", engine["hint"])

    def test_folder_that_is_empty_or_missing_is_named(self):
        done = run("engines", "--engine-dir", self.folder)
        self.assertEqual((done.returncode, done.stdout), (0, f"no engine is in {self.folder}\n"))
        done = run("engines", "--engine-dir", "/nonexistent")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "falco-capturectl engines: /nonexistent: No such file or directory "
                             "(--engine-dir names another folder)\n"))

    def test_build_tree_lists_its_own(self):
        done = run("engines", "--json")
        self.assertEqual(json.loads(done.stdout)["dir"],
                         os.path.realpath(os.path.join(os.environ["BUILD"], "engines")))


class Print(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())

    def start(self, *args):
        ctl = start("print", "--socket", self.daemon.path, *args)
        self.addCleanup(ctl.stderr.close)
        self.addCleanup(ctl.stdout.close)
        self.addCleanup(ctl.wait)
        self.addCleanup(ctl.kill)
        return ctl

    def put_closes(self, n):
        for fd in range(n):
            self.daemon.ring.close_call(fd)
        self.daemon.publish()

    def ends(self, ctl, code, stderr=""):
        self.assertEqual((ctl.wait(30), ctl.stderr.read()), (code, stderr))

    def test_filter_is_what_was_asked_for(self):
        self.start("--syscalls", "close,read", "--syscalls", "kill")
        self.assertEqual(json.loads(self.daemon.serve()), {
            "op": "subscribe", "format": "shm", "wire": 2, "processes": True,
            "filter": {"syscalls": ["close", "read", "kill"]}})

    def test_options_are_the_filter_of_the_socket(self):
        self.start("-p", "7,8", "-n", "nginx", "-u", "root,33", "--cgroup", "/a,b", "--container",
                   "3ad7", "--category", "net", "--failed", "--filter", '{"cgroups":["/c"]}')
        self.assertEqual(json.loads(self.daemon.serve())["filter"], {
            "pids": [7, 8], "comms": ["nginx"], "uids": [0, 33], "cgroups": ["/c"],
            "containers": ["3ad7"], "categories": ["net"], "failed": True})

    def test_wrong_values_are_named(self):
        for options, says in (
                (["-p", "self"], '-p wants the number of a process, not "self"'),
                (["--filter", "{"], "--filter: "),
                (["--filter", "[]"], "--filter wants an object"),
                (["--cgroup", "a"], "filter.cgroups[0]: expected a path that begins with /"),
                (["-u", "no-such-user"], 'no user of /etc/passwd is called "no-such-user"')):
            ctl = self.start(*options)
            self.assertIn(says, ctl.stderr.read())
            self.assertEqual(ctl.wait(30), 2)

    def test_no_filter_asks_for_all(self):
        self.start()
        self.assertEqual(json.loads(self.daemon.serve()), {
            "op": "subscribe", "format": "shm", "wire": 2, "processes": True})

    def test_text_line_shows_the_call(self):
        ctl = self.start("-c", "1")
        self.daemon.serve()
        self.put_closes(8)
        self.assertEqual(ctl.stdout.read(), "16:00:00.123456789 1 4242 close res=0 fd=0\n")
        self.ends(ctl, 0)

    def test_json_lines_parse(self):
        ctl = self.start("-o", "json", "-c", "3")
        self.daemon.serve()
        self.put_closes(8)
        lines = [json.loads(line) for line in ctl.stdout.read().splitlines()]
        self.assertEqual(lines[2], {"ts": "2026-11-24T16:00:00.123456791Z", "seq": 2, "cpu": 1,
                                    "pid": 4242, "tid": 4242, "type": "close", "res": 0, "fd": 2})
        self.assertEqual(len(lines), 3)
        self.ends(ctl, 0)

    def test_each_line_comes_at_once(self):
        ctl = self.start()
        self.daemon.serve()
        for n in range(3):
            self.put_closes(1)
            self.assertTrue(ctl.stdout.readline().endswith("close res=0 fd=0\n"), n)

    def test_unwanted_calls_are_not_printed(self):
        ctl = self.start("--syscalls", "read", "-c", "1")
        self.daemon.serve()
        self.put_closes(3)
        self.daemon.hang_up()
        self.assertEqual(ctl.stdout.read(), "")
        self.ends(ctl, 1, "falco-capturectl print: the daemon has ended\n")

    def test_losses_are_shown_in_their_place_and_not_counted(self):
        ctl = self.start("-c", "2")
        self.daemon.serve()
        self.daemon.ring.close_call(1)
        self.daemon.ring.gap(RING_FULL, 1234)
        self.daemon.ring.close_call(2)
        self.daemon.publish()
        lines = ctl.stdout.read().splitlines()
        self.assertEqual(lines[1], "--- 1234 events lost: engine ring_full ---")
        self.assertTrue(lines[0].endswith("fd=1") and lines[2].endswith("fd=2"), lines)
        self.ends(ctl, 0)

    def test_event_that_cannot_be_decoded_is_named_and_passed_over(self):
        ctl = self.start("-c", "1")
        self.daemon.serve()
        self.daemon.ring.put(EVENT, event(CLOSE_X, [b"1234", b"5678"], 4242, EPOCH_NS))
        self.daemon.ring.seq += 1
        self.put_closes(1)
        self.assertRegex(ctl.stdout.read(), "^.* close res=0 fd=0\n$")
        self.ends(ctl, 0, "falco-capturectl print: event 0 cannot be decoded\n")

    def test_overrun_is_a_loss_of_the_subscriber(self):
        ctl = self.start("-o", "json", "-c", "1")
        for fd in range(5):
            self.daemon.ring.close_call(fd)
        self.daemon.ring.overrun()
        self.daemon.ring.close_call(5)
        self.daemon.ring.publish()
        self.daemon.serve(first_seq=0)
        gap, after = map(json.loads, ctl.stdout.read().splitlines())
        self.assertEqual((gap["type"], gap["lost"], gap["stage"], gap["cause"]),
                         ("gap", 5, "subscriber", "overrun"))
        self.assertEqual((after["seq"], after["fd"]), (5, 5))
        self.ends(ctl, 0)

    def test_signals_end_it_well(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            ctl = self.start()
            self.daemon.serve()
            self.put_closes(1)
            ctl.stdout.readline()
            ctl.send_signal(sig)
            self.ends(ctl, 0)

    def test_signal_ends_it_when_nobody_takes_its_output(self):
        ctl = self.start()
        self.daemon.serve()
        self.put_closes(3000)
        full = fcntl.fcntl(ctl.stdout, fcntl.F_GETPIPE_SZ)
        while struct.unpack("i", fcntl.ioctl(ctl.stdout, termios.FIONREAD, b"\0" * 4))[0] < full:
            self.assertIsNone(ctl.poll())
        ctl.send_signal(signal.SIGINT)
        self.ends(ctl, 0)

    def test_closed_pipe_ends_it_well_even_when_nothing_happens(self):
        ctl = self.start()
        self.daemon.serve()
        self.put_closes(1)
        ctl.stdout.readline()
        ctl.stdout.close()
        self.ends(ctl, 0)

    def test_end_of_the_daemon_comes_after_its_last_event(self):
        ctl = self.start()
        self.daemon.serve()
        for fd in range(1000):
            self.daemon.ring.close_call(fd)
        self.daemon.ring.publish()
        self.daemon.hang_up()
        self.assertEqual(len(ctl.stdout.readlines()), 1000)
        self.ends(ctl, 1, "falco-capturectl print: the daemon has ended\n")

    def test_reconnect_goes_on_with_the_next_daemon(self):
        ctl = self.start("--reconnect", "-c", "2")
        self.daemon.serve()
        self.put_closes(1)
        self.assertTrue(ctl.stdout.readline().endswith("fd=0\n"))
        self.daemon.hang_up()
        self.assertEqual(ctl.stderr.readline(), "falco-capturectl print: the daemon has ended, "
                                                "waiting for the next one\n")
        self.daemon.ring = Ring(generation=2)
        self.daemon.serve()
        self.assertEqual(ctl.stdout.readline(), "--- another daemon: what happened in between was "
                                                "not captured ---\n")
        self.put_closes(1)
        self.assertTrue(ctl.stdout.readline().endswith("fd=0\n"))
        self.ends(ctl, 0)

    def test_reconnect_ends_when_the_next_daemon_refuses(self):
        ctl = self.start("--reconnect")
        self.daemon.serve()
        self.daemon.hang_up()
        ctl.stderr.readline()
        self.daemon.accept()
        self.daemon.reply('{"ok":false,"code":"forbidden","error":"no","hint":"ask"}')
        self.ends(ctl, 1, "falco-capturectl print: no (ask)\n")

    def test_unknown_syscall_is_wrong_use_and_names_the_nearest(self):
        ctl = self.start("--syscalls", "opnat")
        self.ends(ctl, 2, 'falco-capturectl print: filter.syscalls[0]: no system call is called '
                          '"opnat" (did you mean "openat"?)\n')


if __name__ == "__main__":
    unittest.main()
