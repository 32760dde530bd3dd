# SPDX-License-Identifier: MIT
"""falco-capturectl doctor: each ailment made real, found and told apart, with what would help."""
import json
import os
import re
import subprocess
import tempfile

import fake_daemon
import harness

CTL = os.environ["FCD_CTL"]
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def examine(path, *args, prefix=(), **env):
    """The exit status, and a list of (mark, about, text, fix or None)."""
    done = subprocess.run([*prefix, CTL, "doctor", "--socket", path, *args], text=True, check=False,
                          capture_output=True, timeout=60, env=harness.environment(**env))
    assert not done.stderr, done.stderr
    findings = []
    for line in done.stdout.splitlines():
        if fix := re.fullmatch(r" +fix: (.+)", line):
            findings[-1] = findings[-1][:3] + (fix.group(1),)
        else:
            findings.append(re.fullmatch(r"(\S+) +(\S+) +(.+)", line).groups() + (None,))
    return done.returncode, findings


class Doctor(harness.Test):
    def finds(self, path, about, words, fix, *args, wrong=1, **more):
        """Exactly this is wrong."""
        status, findings = examine(path, *args, **more)
        bad = [f for f in findings if f[0] == "WRONG"]
        self.assertEqual((status, len(bad)), (1, wrong), findings)
        [found] = [f for f in bad if f[1] == about]
        self.assertIn(words, found[2])
        if fix:
            self.assertIn(fix, found[3])

    def is_well(self, path, *args, **more):
        status, findings = examine(path, *args, **more)
        self.assertEqual((status, [f for f in findings if f[0] == "WRONG"]), (0, []))
        return {f[1]: f for f in findings}


class Reach(Doctor):
    def unit(self, **properties):
        """A PATH whose systemctl says this of the unit."""
        folder = tempfile.mkdtemp(dir=self.folder)
        script = os.path.join(folder, "systemctl")
        with open(script, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n[ $1 = show ] && [ $4 = falco-capture.service ] || exit 1\n")
            f.write("case $3 in\n" + "".join(f"{k}) echo {v};;\n" for k, v in properties.items())
                    + "esac\n")
        os.chmod(script, 0o755)
        return folder + ":" + os.environ["PATH"]

    def test_daemon_that_does_not_run(self):
        path = os.path.join(self.folder, "s")
        for properties, fix in (
                ({"LoadState": "not-found"}, f"start it: falco-capture --socket {path}"),
                ({}, "start it: falco-capture"),
                ({"LoadState": "loaded", "ActiveState": "inactive"},
                 "systemctl enable --now falco-capture.service"),
                ({"LoadState": "loaded", "ActiveState": "active"}, "listens elsewhere"),
                ({"LoadState": "loaded", "ActiveState": "failed", "Result": "exit-code"},
                 "its unit has failed (exit-code): journalctl -u falco-capture.service -n 20")):
            self.finds(path, "socket", "No such file or directory", fix,
                       PATH=self.unit(**properties))

    def test_socket_that_a_dead_daemon_left(self):
        daemon = self.daemon()
        daemon.kill()
        self.finds(daemon.path, "socket", "Connection refused", "start it: falco-capture",
                   PATH=self.unit())

    @harness.unittest.skipIf(os.getuid(), "needs root, to be another user")
    def test_socket_that_is_for_others(self):
        os.chmod(self.folder, 0o755)
        daemon = self.daemon({"socket_group": "no such group"})
        self.finds(daemon.path, "socket", "Permission denied", "only its owner may connect",
                   prefix=NOBODY)
        daemon.close()
        daemon = self.daemon({"socket_group": "daemon"})
        self.finds(daemon.path, "socket", "Permission denied", "usermod -aG daemon YOU",
                   prefix=NOBODY)
        os.chmod(self.folder, 0o700)
        self.finds(daemon.path, "socket", "Permission denied", "a folder on the way",
                   prefix=NOBODY)

    @harness.unittest.skipIf(os.getuid(), "needs root, to be another user")
    def test_operation_that_is_not_allowed(self):
        os.chmod(self.folder, 0o755)
        daemon = self.daemon({"access": {"stats": {}}, "socket_group": "daemon"})
        self.finds(daemon.path, "answer", "stats: user 65534 may not stats", None,
                   prefix=[*NOBODY[:2], "--regid=daemon", "--clear-groups"])


class Running(Doctor):
    def test_daemon_that_nobody_asks_is_well(self):
        found = self.is_well(self.daemon().path)
        self.assertEqual(found["attached"][0], "note")
        self.assertIn("nobody reads", found["attached"][2])

    def test_system_call_that_nobody_reads(self):
        daemon = self.daemon()
        self.finds(daemon.path, "interest", "kill is not captured", "print --syscalls kill",
                   "--syscall", "kill")
        client = daemon.subscribe("kill", "procexit", "signaldeliver")
        for name in ("kill", "procexit", "signaldeliver"):
            self.is_well(daemon.path, "--syscall", name)
        self.finds(daemon.path, "interest", "read is not captured", "print --syscalls read",
                   "--syscall", "read")
        client.close()

    def test_process_that_is_left_out(self):
        daemon = self.daemon()
        client = daemon.subscribe()
        self.finds(daemon.path, "process", "is a subscriber", "another process",
                   "--pid", str(os.getpid()))
        status, findings = examine(daemon.path, "--pid", str(daemon.process.pid))
        self.assertEqual(status, 1)
        self.assertIn("is the daemon", findings[-3][2])
        child = subprocess.Popen(["sleep", "1000"])
        self.is_well(daemon.path, "--pid", str(child.pid))
        child.kill()
        child.wait()
        self.finds(daemon.path, "process", "there is no process", "in a container",
                   "--pid", str(child.pid))
        self.assertIn("its 1 subscribers", self.is_well(daemon.path)["process"][2])
        client.close()

    def test_losses_are_told_by_cause_each_with_its_remedy(self):
        for option, cause, fix in (("full", "ring_full", "ring_bytes"),
                                   ("too_big", "too_big", "snaplen"),
                                   ("nested", "nested", "few"), ("no_ring", "no_ring", "CPUs"),
                                   ("missed", "missed", "newer"), ("broken", "broken", "report")):
            daemon = self.daemon(fake={"rate": 100000, "count": 2000, "rings": 1, option: 100})
            client = daemon.subscribe()
            self.wait_until(lambda s: s["engine"]["lost"][cause], daemon.stats)
            self.finds(daemon.path, "losses", f"by cause {cause},", fix)
            client.close()
            daemon.close()

    def test_engine_that_is_dead(self):
        daemon = self.daemon(fake={"claims_host": True})
        client = daemon.subscribe()
        self.wait_until(lambda s: s["canary"] == "waiting", daemon.status)
        self.assertEqual(self.is_well(daemon.path)["alive"][0], "note")
        daemon.wait_for("dead")
        self.finds(daemon.path, "alive", "the engine is dead", "start the daemon again")
        client.close()

    def test_reader_that_is_too_slow(self):
        daemon = self.daemon({"broadcast_bytes": 1 << 20},
                             fake={"rate": 200000, "rings": 1, "ring_bytes": 1 << 26})
        slow = daemon.subscribe()
        line = next(x for x in slow.lines() if x["type"] == "gap")
        self.assertEqual(line["cause"], "overrun")
        self.wait_until(lambda s: s["subscribers"][0]["overrun"], daemon.stats)
        self.finds(daemon.path, "readers", f"process {os.getpid()} (json) was too slow",
                   "broadcast_bytes")
        slow.close()


STATUS = {"ok": True, "version": "1.2.3", "engine": "bpf", "attached": True, "canary": "alive",
          "refused": [], "pid": 1, "socket": "/s", "syscalls": ["openat"], "interest": 1,
          "seq": 0, "subscribers": []}
STATS = {"ok": True, "engine": {"name": "bpf", "produced": 9, "published": 9, "excluded": 0,
                                "in_flight": 0, "lost": {}}, "subscribers": []}


class Answers(Doctor):
    """What it makes of answers that no engine of the tests gives."""

    def with_answers(self, *args, stats=None, **status):
        """As examine()."""
        with fake_daemon.Daemon() as daemon:
            asked = subprocess.Popen([CTL, "doctor", "--socket", daemon.path, *args], text=True,
                                     stdout=subprocess.PIPE)
            for answer in (dict(STATUS, **status), stats or STATS):
                daemon.accept()
                daemon.reply(json.dumps(answer))
            return asked.communicate(timeout=60)[0], asked.returncode

    def test_engine_that_is_dead_alive_or_not_known(self):
        for canary, status, words in (("alive", 0, "ok     alive"), ("waiting", 0, "note   alive"),
                                      ("off", 0, "note   alive"), ("dead", 1, "WRONG  alive")):
            out, code = self.with_answers(canary=canary)
            self.assertEqual(code, status)
            self.assertIn(words, out)

    def test_engine_that_is_wanted_and_not_attached(self):
        out, code = self.with_answers(attached=False)
        self.assertEqual(code, 1)
        self.assertIn("WRONG  attached   nothing is, though 1 calls are wanted", out)

    def test_better_engine_is_named_with_why_not_and_what_would_help(self):
        out, code = self.with_answers(refused=[
            {"engine": "kmod", "error": "it is not installed", "hint": "install it"}])
        self.assertEqual(code, 0)
        self.assertIn("note   engine     kmod comes before it and cannot run: it is not "
                      "installed\n" + " " * 18 + "fix: install it\n", out)

    def test_sum_that_is_off(self):
        out, code = self.with_answers(stats=dict(STATS, engine=dict(STATS["engine"], produced=10)))
        self.assertEqual(code, 1)
        self.assertIn("WRONG  sums       1 are off", out)

    def test_traced_processes_are_all_that_the_userspace_engine_sees(self):
        out, code = self.with_answers(engine="userspace", attached=False)
        self.assertEqual(code, 1)
        self.assertIn("WRONG  attached   no process is traced", out)
        self.assertIn("fix: run what you want to see under it: falco-capture-trace -- COMMAND", out)
        out, code = self.with_answers("--pid", str(os.getpid()), engine="userspace")
        self.assertEqual(code, 1)
        self.assertIn(f"WRONG  process    {os.getpid()} is not traced", out)

    def test_question_that_cannot_be_is_refused(self):
        for args, words in ((["--pid", "0"], "--pid wants the number of a process, not \"0\""),
                            (["--pid", "x"], "--pid wants the number of a process, not \"x\""),
                            (["--syscall", "opna"], "no system call is called \"opna\"")):
            done = subprocess.run([CTL, "doctor", *args], text=True, capture_output=True,
                                  check=False)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr.splitlines()[0], f"falco-capturectl doctor: {words}")


harness.main()
