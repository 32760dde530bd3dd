# SPDX-License-Identifier: MIT
"""The installed units under a real systemd (tests/service/run). As root, and only there: it
writes the config, starts and kills services."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
import harness  # noqa: E402

PREFIX, CONFIG = os.environ["FCD_PREFIX"], os.environ["FCD_CONFIG"]
SOCKET = "/run/falco-capture/capture.sock"
DROP_INS = "/etc/systemd/system/falco-capture.service.d"
UNITS = ("falco-capture.socket", "falco-capture.service")
CAPABILITIES = {"bpf": {"perfmon": 38, "bpf": 39}}


def systemctl(*arguments, check=True):
    done = subprocess.run(["systemctl", *arguments], text=True, capture_output=True)
    if check and done.returncode:
        raise AssertionError(f"systemctl {arguments}: {done.stderr}\n{journal()}")
    return done


def show(name):
    return systemctl("show", "--value", "-p", name, "falco-capture.service").stdout.strip()


def journal():
    return subprocess.run(["journalctl", "-n", "40", "-o", "cat"], text=True,
                          capture_output=True).stdout


def ask_as(user, groups):
    """A status request of this user; the answer, or that it could not connect."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.setgroups(groups)
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        answer = b'{"cannot":"connect"}'
        if os.access(SOCKET, os.W_OK):
            client = harness.Client(SOCKET)
            client.send({"op": "status"})
            answer = client.file.readline()
        os.write(write, answer)
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as answer:
        line = answer.read()
    os.waitpid(pid, 0)
    return json.loads(line)


class Units(harness.Test):
    def setUp(self):
        self.addCleanup(self.clean_up)

    def clean_up(self):
        systemctl("stop", *UNITS)
        systemctl("reset-failed", *UNITS, check=False)
        shutil.rmtree(DROP_INS, ignore_errors=True)
        systemctl("daemon-reload")

    def configure(self, engine, drop_in="userspace", service="", **config):
        """The config, and which of the installed drop-ins is in force."""
        with open(CONFIG, "w", encoding="utf-8") as f:
            json.dump(dict(config, engine=engine), f)
        os.makedirs(DROP_INS, exist_ok=True)
        shutil.copy(f"{PREFIX}/share/falco-capture/systemd/{drop_in}.conf",
                    f"{DROP_INS}/engine.conf")
        with open(f"{DROP_INS}/test.conf", "w", encoding="utf-8") as f:
            f.write("[Service]\n" + service)
        systemctl("daemon-reload")

    def ask(self, request):
        client = harness.Client(SOCKET)
        self.addCleanup(client.close)
        try:
            return client.ask(request) or self.fail(f"no answer\n{journal()}")
        except ConnectionResetError:
            self.fail(f"no answer\n{journal()}")

    def status(self):
        return self.ask({"op": "status"})

    def restarted(self):
        """Wait until systemd has done so."""
        self.wait_until(lambda n: n >= 1, lambda: int(show("NRestarts")))
        self.wait_until(lambda s: s in ("active", "failed"), lambda: show("ActiveState"))

    # ---- each engine ----

    def make_event(self, engine):
        """What the subscriber has to see: the name by which a program was started."""
        self.made += 1
        name = f"fcd-made-{self.made}"
        if engine == "userspace":
            subprocess.run([f"{PREFIX}/bin/falco-capture-trace", "--socket", SOCKET, "--",
                            "bash", "-c", f"exec -a {name} /bin/true"], check=True)
        else:
            subprocess.run([name], executable="/bin/true", check=True)
        return name

    def sees(self, client, engine):
        if engine == "fake":
            return client.line()["type"] == "execve"
        name = self.make_event(engine)
        return any(line.get("exe") == name for line in client.lines())

    def check_engine(self, engine, drop_in):
        self.made = 0
        self.configure(engine, drop_in)
        systemctl("start", *UNITS)
        client = harness.Client(SOCKET)
        self.addCleanup(client.close)
        self.assertTrue(client.ask({"op": "subscribe", "filter": {"syscalls": ["execve"]}})["ok"])
        self.assertTrue(self.sees(client, engine))

        # userspace is attached to what is traced, and that has ended.
        state = "not attached" if engine == "userspace" else "attached"
        self.wait_until(lambda s: s == f"{engine}: {state}, 1 subscriber",
                        lambda: show("StatusText"))
        self.assertIn(f'Status: "{engine}: {state}, 1 subscriber"',
                      systemctl("status", "falco-capture").stdout)
        self.check_privileges(engine)

        pid = show("MainPID")
        self.configure(engine, drop_in, linger_ms=77)
        systemctl("reload", "falco-capture")
        self.assertTrue(self.sees(client, engine))
        self.configure(engine, drop_in, linger=77)
        self.assertNotEqual(systemctl("reload", "falco-capture", check=False).returncode, 0)
        self.assertIn("$.linger: unknown key", journal())
        self.assertTrue(self.sees(client, engine))
        self.assertEqual(show("MainPID"), pid)
        self.configure(engine, drop_in)

        systemctl("kill", "-s", "KILL", "falco-capture")
        client.drain()
        self.restarted()
        again = harness.Client(SOCKET)
        self.addCleanup(again.close)
        self.assertTrue(again.ask({"op": "subscribe", "filter": {"syscalls": ["execve"]}})["ok"])
        self.assertTrue(self.sees(again, engine))

        systemctl("stop", *UNITS)
        self.assertEqual((show("Result"), show("ExecMainStatus")), ("success", "0"))
        self.assertEqual(os.listdir("/run/falco-capture"), [])

    def check_privileges(self, engine):
        with open(f"/proc/{show('MainPID')}/status", encoding="ascii") as f:
            status = dict(line.split(":\t", 1) for line in f)
        has = sum(1 << n for n in CAPABILITIES.get(engine, {}).values())
        for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), has, name)
        self.assertEqual(set(status["Uid"].split()), {str(pwd.getpwnam("falco-capture").pw_uid)})
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(status["Seccomp"].strip(), "2")

    # ---- systemd ends what does not live ----

    def test_stopped_daemon_is_started_again(self):
        self.configure("fake", service="WatchdogSec=1\n")
        systemctl("start", *UNITS)
        before = self.status()["pid"]
        systemctl("kill", "-s", "STOP", "falco-capture")
        self.restarted()
        self.assertNotEqual(self.status()["pid"], before)
        self.assertIn("Watchdog timeout", journal())

    def test_daemon_whose_capture_hangs_is_started_again(self):
        self.configure("stub", service="WatchdogSec=1\n", engines={"stub": {"fail": "return"}})
        systemctl("start", *UNITS)
        client = harness.Client(SOCKET)
        self.addCleanup(client.close)
        client.send({"op": "subscribe", "filter": {"syscalls": ["close"]}})
        self.restarted()
        self.assertIn("Watchdog timeout", journal())

    def test_daemon_without_subscribers_lives_on(self):
        self.configure("fake", service="WatchdogSec=1\n")
        systemctl("start", *UNITS)
        before = self.status()["pid"]
        first = int(show("WatchdogTimestampMonotonic"))
        # A sign of life that comes two deadlines later.
        self.wait_until(lambda last: last >= first + 2000000,
                        lambda: int(show("WatchdogTimestampMonotonic")))
        self.assertEqual(self.status()["pid"], before)

    def test_what_cannot_start_is_not_tried_again(self):
        for engine, status in (("no-such", "3"), ("a/b", "2")):
            self.configure(engine)
            done = systemctl("start", "falco-capture.service", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual((show("ActiveState"), show("NRestarts"), show("ExecMainStatus")),
                             ("failed", "0", status))

    # ---- the socket ----

    def test_first_client_starts_the_daemon(self):
        self.configure("fake")
        systemctl("start", "falco-capture.socket")
        self.assertEqual(show("ActiveState"), "inactive")
        self.assertEqual(self.status()["socket"], SOCKET)
        self.assertEqual(show("ActiveState"), "active")
        systemctl("stop", "falco-capture.service")
        self.assertEqual(os.listdir("/run/falco-capture"), ["capture.sock"])
        self.assertTrue(self.status()["ok"])

    def test_daemon_without_the_socket_unit_makes_its_own(self):
        self.configure("fake")
        systemctl("start", "falco-capture.service")
        self.assertEqual(self.status()["socket"], SOCKET)
        systemctl("kill", "-s", "KILL", "falco-capture.service")
        self.restarted()
        self.assertTrue(self.status()["ok"])
        st = os.stat(SOCKET)
        self.assertEqual(st.st_mode & 0o777, 0o660)
        self.assertEqual(st.st_gid, pwd.getpwnam("falco-capture").pw_gid)

    def test_second_daemon_is_refused_with_the_pid_of_the_service(self):
        for units in (("falco-capture.service",), UNITS):
            self.configure("fake")
            systemctl("start", *units)
            done = subprocess.run([f"{PREFIX}/bin/falco-capture", f"--socket={SOCKET}"], text=True,
                                  capture_output=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"served by another falco-capture, pid {show('MainPID')}", done.stderr)
            self.clean_up()

    def test_group_may_connect_and_access_decides_what_for(self):
        ours = pwd.getpwnam("falco-capture")
        self.configure("fake", access={"status": {}})
        systemctl("start", *UNITS)
        self.assertEqual(ask_as(64001, []), {"cannot": "connect"})
        self.assertEqual(ask_as(64001, [ours.pw_gid])["code"], "denied")
        self.assertTrue(ask_as(ours.pw_uid, [])["ok"])
        self.assertTrue(self.status()["ok"])
        self.configure("fake", access={"status": {"users": [64001]}})
        systemctl("reload", "falco-capture")
        self.wait_until(lambda a: a.get("ok"), lambda: ask_as(64001, [ours.pw_gid]))

    # ---- the files ----

    def test_units_are_what_systemd_understands(self):
        done = subprocess.run(["systemd-analyze", "verify", *UNITS], text=True,
                              capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_exposure_is_low_with_each_drop_in(self):
        for drop_in in ("bpf", "kmod", "userspace"):
            self.configure("auto", drop_in)
            done = subprocess.run(["systemd-analyze", "security", "--threshold=19",
                                   "falco-capture.service"], text=True, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_is_installed_without_a_choice_is_for_bpf(self):
        with open(f"{PREFIX}/lib/systemd/system/falco-capture.service.d/engine.conf",
                  encoding="ascii") as f:
            self.assertIn("CAP_BPF", f.read())


def add_engine(name):
    def test(self):
        self.check_engine(name, "userspace" if name == "fake" else name)
    setattr(Units, f"test_{name}_streams_is_reloaded_killed_and_stopped", test)


if __name__ == "__main__":
    subprocess.run(["systemd-sysusers", f"{PREFIX}/lib/sysusers.d/falco-capture.conf"], check=True)
    subprocess.run(["systemd-tmpfiles", "--create", f"{PREFIX}/lib/tmpfiles.d/falco-capture.conf"],
                   check=True)
    for engine_name in os.environ["FCD_SERVICE_ENGINES"].split():
        add_engine(engine_name)
    unittest.main(verbosity=2)
