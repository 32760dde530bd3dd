# SPDX-License-Identifier: MIT
"""Subscriptions: every event once, in order, or counted."""
import mmap
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading

import harness


def account(lines, until):
    """Read events and gaps until they make up this many: (events, {cause: lost})."""
    events, lost = [], {}
    for line in lines:
        if line["type"] == "gap":
            cause = line["cause"]
            lost[cause] = lost.get(cause, 0) + line["lost"]
            assert line["total"] == lost[cause], line
        else:
            events.append(line)
        if len(events) + sum(lost.values()) >= until:
            break
    return events, lost


def filtering(daemon):
    """The subscriber whose filter passes something over, or None."""
    return next((s for s in daemon.stats()["subscribers"] if s["filtered"]), None)


def reached(subscriber, events):
    return subscriber and sum(subscriber[k] for k in ("delivered", "filtered", "overrun")) == events


class Json(harness.Test):
    def test_events_are_numbered_and_of_the_wanted_types(self):
        daemon = self.daemon(fake={"rate": 100000, "count": 1000, "rings": 2})
        client = daemon.subscribe("openat", "kill")
        self.assertEqual(client.reply["seq"], 0)
        events, lost = account(client.lines(), 2000)
        self.assertEqual([e["seq"] for e in events], list(range(2000)))
        self.assertEqual({e["type"] for e in events}, {"openat", "kill"})
        self.assertEqual(lost, {})
        times = [e["ts"] for e in events]
        self.assertEqual(times, sorted(times))
        client.close()

    def test_half_closed_client_keeps_its_stream(self):
        daemon = self.daemon(fake={"rate": 20000, "count": 5000, "rings": 1})
        client = daemon.connect()
        client.send({"op": "subscribe"})
        client.socket.shutdown(socket.SHUT_WR)
        self.assertTrue(client.line()["ok"])
        events, _ = account(client.lines(), 5000)
        self.assertEqual(len(events), 5000)
        client.close()

    def test_client_that_closes_is_no_subscriber_any_more(self):
        daemon = self.daemon()
        # The fake engine makes no mount: nothing is ever sent that could fail.
        for ends in (lambda c: None, lambda c: c.socket.shutdown(socket.SHUT_WR),
                     lambda c: c.socket.shutdown(socket.SHUT_RDWR)):
            client = daemon.subscribe("mount")
            ends(client)
            client.close()
            self.wait_until(lambda s: not s["subscribers"], daemon.status)
        s, _, fds = harness.subscribe_shm(daemon.path, "mount")
        s.close()
        self.wait_until(lambda s: not s["subscribers"], daemon.status)
        for fd in fds:
            os.close(fd)

    def test_seq_is_the_first_event_of_a_later_subscription(self):
        daemon = self.daemon(fake={"rate": 20000, "rings": 1})
        first = daemon.subscribe()
        account(first.lines(), 1000)
        second = daemon.subscribe()
        self.assertGreaterEqual(second.reply["seq"], 1000)
        self.assertEqual(second.line()["seq"], second.reply["seq"])
        first.close()
        second.close()

    def test_filter_of_one_client_does_not_narrow_another(self):
        daemon = self.daemon(fake={"rate": 50000, "rings": 1})
        all_of_it, kills = daemon.subscribe(), daemon.subscribe("kill")
        for _ in range(50):
            self.assertEqual(kills.line()["type"], "kill")
        self.assertGreater(filtering(daemon)["filtered"], 0)
        types = set()
        while len(types) < 3:
            types.add(all_of_it.line()["type"])
        all_of_it.close()
        kills.close()

    def test_slow_client_gets_a_gap_and_disturbs_no_other(self):
        total = 60000
        daemon = self.daemon({"broadcast_bytes": 2 << 20},
                             fake={"rate": 30000, "count": total, "rings": 1})
        slow, quick = daemon.subscribe(), daemon.subscribe("kill")
        kills = []
        reader = threading.Thread(target=lambda: kills.extend(quick.lines()))
        reader.start()
        # slow does not read at all until the last event was published.
        me = self.wait_until(lambda s: reached(s, total - quick.reply["seq"]),
                             lambda: filtering(daemon))
        events, lost = account(slow.lines(), total)
        self.assertEqual(set(lost), {"overrun"})
        self.assertGreater(lost["overrun"], 0)
        self.assertEqual(len(events) + lost["overrun"], total)
        self.assertEqual(events[-1]["seq"], total - 1)
        self.assertEqual(daemon.stop(), 0)
        reader.join()
        self.assertEqual({k["type"] for k in kills}, {"kill"})
        self.assertEqual(len(kills), me["delivered"])
        slow.close()
        quick.close()

    def test_losses_of_the_engine_are_told_by_cause_and_exactly(self):
        every = {"full": 7, "nested": 11, "too_big": 13, "no_ring": 17, "missed": 19}
        total = 20000
        daemon = self.daemon(fake=dict(every, rate=100000, count=total // 2, rings=2))
        causes = {"full": "ring_full"}
        expected = {}
        for n in range(1, total + 1):   # the first that divides it is what happens to it
            for option, each in every.items():
                if n % each == 0:
                    cause = causes.get(option, option)
                    expected[cause] = expected.get(cause, 0) + 1
                    break
        client = daemon.subscribe()
        events, lost = account(client.lines(), total)
        self.assertEqual(lost, expected)
        self.assertEqual([e["seq"] for e in events], list(range(len(events))))
        engine = daemon.stats()["engine"]
        self.assertEqual({k: v for k, v in engine["lost"].items() if v}, expected)
        self.assertEqual(engine["produced"], total)
        self.assertEqual(engine["published"], len(events))
        self.assertEqual(engine["produced"], engine["published"] + engine["excluded"]
                         + engine["in_flight"] + sum(engine["lost"].values()))
        client.close()

    def test_broken_ring_is_given_up_and_the_others_go_on(self):
        daemon = self.daemon(fake={"rate": 100000, "count": 4000, "rings": 2, "broken": 1001})
        client = daemon.subscribe()
        stages = set()
        events = lost = 0
        while lost == 0 or events < 4000:
            line = client.line()
            if line["type"] == "gap":
                lost += line["lost"]
                stages.add((line["stage"], line["cause"]))
            else:
                events += 1
        self.assertEqual(stages, {("merge", "broken")})
        self.assertEqual(daemon.stats()["engine"]["rings"], 1)
        client.close()

    def test_own_events_and_those_of_subscribers_are_left_out(self):
        daemon = self.daemon({"engines": {"stub": {"tgid": os.getpid()}}}, engine="stub",
                             engine_dir=harness.STUBS)
        client = daemon.subscribe("close")
        event = client.line()
        self.assertEqual((event["type"], event["pid"], event["fd"]), ("close", 4242, 3))
        engine = daemon.stats()["engine"]
        self.assertEqual((engine["produced"], engine["excluded"], engine["published"]), (3, 2, 1))
        client.close()
        # From another process the same subscription sees ours.
        self.wait_until(lambda s: not s["subscribers"], daemon.status)
        script = ("import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
                  "s.sendall(b'{\"op\":\"subscribe\"}\\n');f=s.makefile();"
                  "[print(f.readline(),end='') for _ in range(3)]")
        seen = subprocess.run([sys.executable, "-c", script, daemon.path], text=True,
                              capture_output=True, check=True).stdout
        self.assertEqual(re.findall(r'"pid":(\d+)', seen), [str(os.getpid()), "4242"])


class Names(harness.Test):
    """Of processes, in JSON."""

    # Events of this process are seen by another's subscription only.
    SCRIPT = ("import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
              "s.sendall(sys.argv[2].encode()+b'\\n');f=s.makefile();"
              "[print(f.readline(),end='') for _ in range(3)]")

    def lines(self, **more):
        daemon = self.daemon({"engines": {"stub": {"tgid": os.getpid()}}}, engine="stub",
                             engine_dir=harness.STUBS)
        request = harness.json.dumps(dict({"op": "subscribe"}, **more))
        seen = subprocess.run([sys.executable, "-c", self.SCRIPT, daemon.path, request], text=True,
                              capture_output=True, check=True).stdout
        _, ours, other = map(harness.json.loads, seen.splitlines())
        self.assertEqual((ours["pid"], other["pid"]), (os.getpid(), 4242))
        return ours

    def test_line_has_the_name_of_the_process(self):
        with open("/proc/self/comm", encoding="utf-8") as f:
            name = f.read().strip()
        # Elsewhere /proc numbers processes in its own way, and is not read.
        known = os.readlink("/proc/self/ns/pid") == "pid:[4026531836]"
        self.assertEqual(self.lines().get("proc"), name if known else None)

    def test_names_can_be_left_out(self):
        self.assertNotIn("proc", self.lines(processes=False))

    def test_events_that_names_need_are_asked_of_the_engine(self):
        daemon = self.daemon()
        client = daemon.subscribe("openat")
        self.assertEqual(daemon.status()["interest"], 1)
        client.close()
        client = daemon.subscribe("openat", processes=True)
        self.assertGreater(daemon.status()["interest"], 5)
        client.close()

    def test_client_may_leave_while_proc_is_read(self):
        daemon = self.daemon()
        for how in (lambda c: None, lambda c: c.send({"op": "subscribe"}),
                    lambda c: c.ask({"op": "subscribe"})):
            for _ in range(20):
                client = daemon.connect()
                how(client)
                client.close()
        self.wait_until(lambda s: not s["subscribers"], daemon.status)

    def test_last_events_come_also_when_the_daemon_ends_meanwhile(self):
        daemon = self.daemon(fake={"rate": 20000, "count": 100, "rings": 1})
        client = daemon.subscribe()
        self.assertEqual(daemon.stop(), 0)
        seqs = [line["seq"] for line in client.lines()]
        self.assertEqual(seqs, list(range(len(seqs))))
        client.close()


class Slow(harness.Test):
    """"slow":"disconnect"."""

    TOTAL = 60000

    def start(self, **config):
        self.server = self.daemon(config, fake={"rate": 60000, "count": self.TOTAL, "rings": 1})

    def never_reads(self, **more):
        self.start(broadcast_bytes=1 << 20)
        client = self.server.subscribe(slow="disconnect", **more)
        self.addCleanup(client.close)
        self.assertIn(f"process {os.getpid()} of user {os.getuid()} is disconnected",
                      self.server.wait_for("is disconnected"))
        return client

    def test_first_gap_is_the_last_but_one_line(self):
        client = self.never_reads()
        *events, gap, last = client.lines()
        self.assertEqual([e["seq"] for e in events], list(range(len(events))))
        self.assertEqual((gap["type"], gap["cause"], gap["seq"]),
                         ("gap", "overrun", len(events) + gap["lost"]))
        self.assertGreater(gap["lost"], 0)
        self.assertEqual((last["ok"], last["code"]), (False, "too_slow"))
        self.assertIn(f"{gap['lost']} events", last["error"])
        stats = self.server.stats()
        self.assertEqual((stats["subscribers"], stats["gone"]["disconnected"]), ([], 1))

    def test_frames_end_with_the_gap(self):
        client = self.never_reads(format="frames")
        rest, records = client.file.read(), []
        while rest:
            size, kind, _, _, _, seq = struct.unpack_from("<IHHIIQ", rest)
            records.append((kind, seq))
            rest = rest[(size + 7) & ~7:]
        self.assertEqual([r for r in records if r[0] == 1],
                         [(1, n) for n in range(len(records) - 1)])
        self.assertEqual(records[-1][0], 2)

    def test_client_that_takes_nothing_is_cut_off(self):
        client = self.never_reads()
        poll = select.poll()
        poll.register(client.socket, select.POLLRDHUP)
        poll.poll()
        self.assertTrue(self.server.status()["ok"])

    def test_client_that_no_ring_overtakes_is_not_concerned(self):
        self.start()        # the ring has room for all of them
        client = self.server.subscribe("kill", slow="disconnect")
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(client.lines()))
        reader.start()
        self.wait_until(lambda s: s["engine"]["produced"] == self.TOTAL, self.server.stats)
        self.assertEqual(self.server.stop(), 0)
        reader.join()
        client.close()
        self.assertEqual({e["type"] for e in seen if e["type"] != "gap"}, {"kill"})
        self.assertNotIn("overrun", {e.get("cause") for e in seen})


class Shm(harness.Test):
    def test_example_of_the_manual_works(self):
        with open(os.environ["FCD_WIRE_DOC"]) as f:
            example = re.search(r"```python\n(.*?)```", f.read(), re.S).group(1)
        daemon = self.daemon(fake={"rate": 20000, "count": 6000, "rings": 1})
        reader = subprocess.Popen([sys.executable, "-c", example, daemon.path], text=True,
                                  stdout=subprocess.PIPE)
        reply = harness.json.loads(reader.stdout.readline())
        self.assertEqual((reply["ok"], reply["format"], reply["seq"]), (True, "shm", 0))
        seen = [reader.stdout.readline().split() for _ in range(6000)]
        self.assertEqual([int(s[0]) for s in seen], list(range(6000)))
        # By the schema: openat's exit is 307, close's exit 5.
        self.assertEqual({int(s[2]) for s in seen}, {307, 5})
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("cut off", "".join(daemon.log))
        self.assertEqual(reader.stdout.read(), "")
        self.assertEqual(reader.wait(), 0)
        reader.stdout.close()

    def test_ring_cannot_be_written_and_page_cannot_be_cut(self):
        daemon = self.daemon()
        s, reply, fds = harness.subscribe_shm(daemon.path)
        self.assertEqual(reply["format"], "shm")
        ring, page = fds
        with self.assertRaises(OSError):
            mmap.mmap(ring, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        with self.assertRaises(OSError):
            os.pwrite(ring, b"x", 0)
        for fd in fds:
            with self.assertRaises(OSError):
                os.ftruncate(fd, 0)
        self.assertEqual(os.fstat(page).st_size, 4096)
        for fd in fds:
            os.close(fd)
        s.close()

    def test_sleeper_is_woken_by_one_byte(self):
        daemon = self.daemon({"linger_ms": 0}, engine="stub", engine_dir=harness.STUBS)
        s, reply, (ring_fd, page_fd) = harness.subscribe_shm(daemon.path, "close")
        ring = mmap.mmap(ring_fd, 0, prot=mmap.PROT_READ)
        page = mmap.mmap(page_fd, 4096)
        self.wait_until(lambda head: head != 0, lambda: struct.unpack_from("<Q", ring, 64)[0])
        struct.pack_into("<Q", page, 0, 1)
        # Another interest makes the stub produce again.
        other = daemon.subscribe("close", "openat")
        self.assertEqual(s.recv(64), b"\0")
        self.assertEqual(struct.unpack_from("<Q", page, 0)[0], 0)
        other.close()
        s.close()
        os.close(ring_fd)
        os.close(page_fd)

    def test_hostile_page_only_spoils_its_own_numbers(self):
        daemon = self.daemon()
        s, _, (ring_fd, page_fd) = harness.subscribe_shm(daemon.path)
        page = mmap.mmap(page_fd, 4096)
        page[:] = b"\xff" * 4096
        [me] = daemon.status()["subscribers"]
        self.assertEqual([me[k] for k in ("seq", "delivered", "filtered", "overrun")],
                         [1 << 53] * 4)
        other = daemon.subscribe("openat")
        for _ in range(100):
            self.assertEqual(other.line()["type"], "openat")
            page[:8] = b"\xff" * 8
        other.close()
        s.close()
        os.close(ring_fd)
        os.close(page_fd)

    def test_killed_subscriber_disturbs_no_other(self):
        daemon = self.daemon(fake={"rate": 20000, "count": 30000, "rings": 1})
        script = ("import socket,sys;s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);"
                  "s.sendall(sys.argv[2].encode());r=socket.recv_fds(s,4096,2);"
                  "print('on',flush=True);sys.stdin.read()")
        survivor = daemon.subscribe()
        for kind in ("shm", "json"):
            request = f'{{"op":"subscribe","format":"{kind}"}}\n'
            victim = subprocess.Popen([sys.executable, "-c", script, daemon.path, request],
                                      text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            victim.stdout.readline()
            self.assertEqual(len(daemon.status()["subscribers"]), 2)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            victim.stdin.close()
            victim.stdout.close()
            self.wait_until(lambda s: len(s["subscribers"]) == 1, daemon.status)
        events, lost = account(survivor.lines(), 30000)
        self.assertEqual((len(events), lost), (30000, {}))
        survivor.close()


harness.main()
