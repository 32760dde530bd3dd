# SPDX-License-Identifier: MIT
"""The op snapshot, as one engine answers it: does it say of this process what this process
knows of itself?"""
import grp
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../daemon"))
import harness  # noqa: E402
from things import Things, Threads  # noqa: E402

ENGINE = os.environ["FCD_SNAPSHOT_ENGINE"]
KINDS = ["users", "groups", "mounts", "processes", "threads", "fds"]


def snapshot(client, *kinds):
    """Heading, lines by type, end."""
    lines = {kind: [] for kind in ("user", "group", "mount", "process", "thread", "fd")}
    heading = client.ask(dict({"op": "snapshot"}, **({"kinds": kinds} if kinds else {})))
    assert heading["ok"], heading
    for line in client.lines():
        if line["type"] == "end":
            return heading, lines, line
        lines[line["type"]].append(line)
    raise AssertionError("the daemon hung up before the end")


class Test(harness.Test):
    def setUp(self):
        super().setUp()
        self.d = self.daemon(engine=ENGINE)

    def take(self, *kinds):
        client = self.d.connect()
        self.addCleanup(client.close)
        return snapshot(client, *kinds)

    def own(self, lines, kind):
        return [line for line in lines[kind] if line["pid"] == os.getpid()]

    def agrees(self, line, expected):
        self.assertEqual({key: line.get(key) for key in expected}, expected, line)


class Own(Test):
    """What a daemon says of this process; one daemon for all."""

    @classmethod
    def setUpClass(cls):
        cls.things, cls.threads = Things(), Threads()
        cls.addClassCleanup(shutil.rmtree, cls.things.folder)
        cls.addClassCleanup(cls.threads.stop)
        cls.d = harness.Daemon(cls.things.folder, engine=ENGINE)
        cls.addClassCleanup(cls.d.close)

    def setUp(self):
        pass


class Content(Own):
    def test_a_process_is_as_it_sees_itself(self):
        heading, lines, _ = self.take()
        (me,) = self.own(lines, "process")
        with open("/proc/self/stat", encoding="utf-8") as f:
            ticks = int(f.read().rpartition(")")[2].split()[19])
        with open("/proc/self/status", encoding="utf-8") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        with open("/proc/self/cmdline", encoding="utf-8") as f:
            args = f.read().split("\0")[:-1]
        self.agrees(me, {
            "ppid": os.getppid(), "pgid": os.getpgid(0), "sid": os.getsid(0),
            "vpid": int(status["NSpid"].split()[-1]), "uid": os.geteuid(), "gid": os.getegid(),
            "comm": status["Name"], "exe": os.readlink("/proc/self/exe"), "cwd": os.getcwd(),
            "root": os.readlink("/proc/self/root"), "args": args,
            "started_ms": ticks * 1000 // os.sysconf("SC_CLK_TCK"),
            "capabilities": hex(int(status["CapEff"], 16)), "readable": None})
        with open("/proc/self/cgroup", encoding="utf-8") as f:
            self.assertIn(me["cgroup"], [line.rstrip("\n").split(":", 2)[2] for line in f])
        self.assertTrue(heading["booted"].endswith("Z"))

    def test_threads_have_their_own_names(self):
        _, lines, _ = self.take("threads")
        threads = {line["tid"]: line["comm"] for line in self.own(lines, "thread")}
        self.assertEqual(threads, self.threads.names)

    def test_descriptors_are_what_their_process_says(self):
        _, lines, _ = self.take("fds")
        fds = {line["fd"]: line for line in self.own(lines, "fd")}
        for fd, expected in self.things.expected.items():
            with self.subTest(expected["kind"], fd=fd):
                self.agrees(fds[fd], expected)

    def test_other_network_namespaces_are_seen(self):
        code = ("import socket,sys;s=socket.create_server(('0.0.0.0',5433));"
                "print(flush=True);sys.stdin.read()")
        child = subprocess.Popen(["unshare", "--net", sys.executable, "-c", code], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        if not child.stdout.readline():
            self.skipTest("no network namespace can be made here")
        _, lines, _ = self.take("fds")
        self.assertEqual([line["local"] for line in lines["fd"] if line["pid"] == child.pid and
                          line["kind"] == "tcp"], ["0.0.0.0:5433"])

    def test_users_and_groups_are_those_of_the_files(self):
        _, lines, end = self.take("users", "groups")
        with open("/etc/passwd", encoding="utf-8") as f:
            names = [line.split(":")[0] for line in f if line.strip()]
        with open("/etc/group", encoding="utf-8") as f:
            groups = [line.split(":")[0] for line in f if line.strip()]
        self.assertEqual([line["name"] for line in lines["user"]], names)
        root = pwd.getpwuid(0)
        self.agrees(lines["user"][0], {"uid": 0, "gid": root.pw_gid, "name": root.pw_name,
                                       "home": root.pw_dir, "shell": root.pw_shell})
        self.assertIn({"type": "group", "gid": 0, "name": grp.getgrgid(0).gr_name},
                      lines["group"])
        self.assertEqual([line["name"] for line in lines["group"]], groups)
        self.assertEqual((end["users"], end["groups"]), (len(names), len(lines["group"])))

    def test_mounts_are_those_of_the_host(self):
        _, lines, _ = self.take("mounts")
        (proc,) = [line for line in lines["mount"] if line["path"] == "/proc"]
        self.assertEqual((proc["fs"], proc["root"]), ("proc", "/"))
        st = os.stat("/proc")
        self.assertEqual(proc["dev"], f"{os.major(st.st_dev)}:{os.minor(st.st_dev)}")

    def test_kinds_that_nobody_asked_for_do_not_come(self):
        for kind in KINDS:
            _, lines, end = self.take(kind)
            self.assertEqual([k for k in lines if lines[k]], [kind.removesuffix("s")
                             if kind != "processes" else "process"])
            self.assertEqual([k for k in KINDS if k in end], [kind])

    def test_the_end_counts_every_line(self):
        _, lines, end = self.take()
        for kind, of in zip(KINDS, ("user", "group", "mount", "process", "thread", "fd")):
            self.assertEqual(end[kind], len(lines[of]), kind)
        self.assertNotIn("error", end)

    def test_many_descriptors_come_piece_by_piece_and_once(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        fds = self.things.many(7000 if hard >= 8192 else hard // 2)
        _, lines, _ = self.take("fds")
        seen = [line["fd"] for line in self.own(lines, "fd")]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(set(fds), set(seen))
        for fd in fds:
            os.close(fd)

    def test_its_source_is_named(self):
        sources = {self.take(*kinds)[0]["source"] for kinds in ([], ["threads"], ["fds"])}
        self.assertEqual(sources, {"bpf" if ENGINE == "bpf" else "/proc"})


@unittest.skipUnless(ENGINE == "bpf", "it is about the iterators")
class Sources(Own):
    def test_both_sources_say_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            other = harness.Daemon(folder, engine="fake")
            self.addCleanup(other.close)
            client = other.connect()
            self.addCleanup(client.close)
            heading, proc, _ = snapshot(client)
        self.assertEqual(heading["source"], "/proc")
        _, engine, _ = self.take()
        for kind in ("process", "thread"):
            self.assertEqual(self.own(engine, kind), self.own(proc, kind))
        fds = [[line for line in self.own(lines, "fd") if line["fd"] in self.things.expected]
               for lines in (engine, proc)]
        self.assertEqual(*[sorted(lines, key=lambda line: line["fd"]) for lines in fds])
        for kind in ("user", "group", "mount"):
            self.assertEqual(engine[kind], proc[kind])


class Life(Test):
    def test_another_request_may_follow(self):
        client = self.d.connect()
        self.addCleanup(client.close)
        snapshot(client, "users")
        snapshot(client, "processes")
        self.assertTrue(client.ask({"op": "status"})["ok"])

    def test_a_client_that_sends_no_more_still_gets_all(self):
        client = self.d.connect()
        self.addCleanup(client.close)
        client.send(b'{"op":"snapshot"}')
        client.socket.shutdown(1)
        *_, end = client.lines()
        self.assertEqual(end["type"], "end")

    def test_clients_that_leave_harm_nobody(self):
        for _ in range(20):
            client = self.d.connect()
            client.send({"op": "snapshot"})
            client.close()
        self.assertEqual(self.take("users")[2]["type"], "end")

    def test_a_client_that_does_not_read_holds_nobody_up(self):
        self.addCleanup(self.close_all, idle := [self.d.connect() for _ in range(6)])
        for client in idle:
            client.send({"op": "snapshot"})
        self.assertEqual(self.take("processes")[2]["type"], "end")
        self.assertTrue(self.d.status()["ok"])

    def close_all(self, clients):
        for client in clients:
            client.close()

    def test_a_daemon_that_is_told_to_end_finishes_what_it_began(self):
        client = self.d.connect()
        self.addCleanup(client.close)
        client.send({"op": "snapshot"})
        client.line()
        self.d.process.send_signal(signal.SIGTERM)
        *_, end = client.lines()
        self.assertEqual(end["type"], "end")
        self.assertEqual(self.d.wait(), 0)

    def test_what_happened_before_the_last_look_has_a_lower_number(self):
        fake = {"rate": 200000, "count": 20000}
        self.d.close()
        self.d = self.daemon(engine="fake", fake=fake)
        client = self.d.subscribe()
        self.addCleanup(client.close)
        next(line for line in client.lines() if line["type"] != "gap")
        heading, _, end = self.take("users")
        self.assertLess(0, heading["seq"])
        self.assertLessEqual(heading["seq"], end["seq"])
        self.assertLessEqual(end["seq"], self.d.stats()["engine"]["produced"])


def refused():
    """Why this engine cannot take a snapshot on this kernel, or None."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = harness.Daemon(folder, engine=ENGINE)
        daemon.ask({"op": "snapshot", "kinds": ["threads"]})
        daemon.stop()
        log = "".join(daemon.log)
    return re.search("a snapshot is taken from /proc: (.*)", log)


if __name__ == "__main__":
    if ENGINE == "bpf" and (why := refused()):
        print("SKIP:", why[1])
        sys.exit(77)
    harness.main()
