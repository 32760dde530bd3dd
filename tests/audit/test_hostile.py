# SPDX-License-Identifier: MIT
"""Clients that do what no client should. Each time two others read, by shared memory and by JSON
with a filter, and lose nothing; the daemon goes on, is no larger than before, and its log says who
was sent away and why."""
import contextlib
import ctypes
import fcntl
import json
import mmap
import os
import random
import re
import signal
import socket
import struct
import subprocess
import threading

import harness

READER, CORPUS = os.environ["FCD_READER"], os.environ["FCD_CORPUS"]
STEP = 1000
ROUNDS = int(os.environ["FCD_ROUNDS"])
CAN_GROW = 24 << 20    # rings of the fake engine that were not full before, what malloc keeps of 64 tables

F_ADD_SEALS = 1033
SEALS = {"write": 8, "shrink": 2, "grow": 4}
FALLOC_FL_PUNCH_HOLE, FALLOC_FL_KEEP_SIZE = 2, 1
libc = ctypes.CDLL(None, use_errno=True)


class Reader:
    """A healthy one."""

    def __init__(self, path, *args):
        self.process = subprocess.Popen([*harness.WITH_US, READER, args[0], path, str(STEP),
                                         *args[1:]], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "on\n"

    def go_on(self):
        """It is given STEP events more."""
        assert self.process.stdout.readline().strip().isdigit()

    def end(self):
        last = self.process.stdout.read().splitlines()[-1]
        self.process.wait()
        return [int(n) for n in re.fullmatch(r"given (\d+) lost (\d+)", last).groups()]


class Hostile(harness.Test):
    def setUp(self):
        super().setUp()
        self.victim = self.daemon({"broadcast_bytes": 1 << 23}, fake={"rate": 20000, "rings": 2, "ring_bytes": 1 << 22})
        self.lines = []
        self.drain = threading.Thread(target=lambda: self.lines.extend(self.victim.process.stderr))
        self.readers = [Reader(self.victim.path, "shm"),
                        Reader(self.victim.path, "json", '{"syscalls":["read"]}')]
        self.drain.start()
        self.addCleanup(self.unharmed)
        for reader in self.readers:
            reader.go_on()  # all that it needs is open
        self.open_files, self.memory = self.files(), self.anonymous()

    def files(self):
        return len(os.listdir(f"/proc/{self.victim.process.pid}/fd"))

    def anonymous(self):
        with open(f"/proc/{self.victim.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) << 10

    def unharmed(self):
        for reader in self.readers:
            reader.go_on()
        self.wait_until(lambda n: n <= self.open_files, self.files)
        if "FCD_SANITIZED" not in os.environ:
            self.assertLess(self.anonymous(), self.memory + CAN_GROW)
        self.assertEqual({s["pid"] for s in self.victim.stats()["subscribers"]},
                         {r.process.pid for r in self.readers})
        self.assertTrue(self.victim.status()["ok"])
        self.victim.process.terminate()
        ends = [r.end() for r in self.readers]
        self.drain.join()
        self.assertEqual(self.victim.process.wait(), 0)
        log = "".join(self.lines)
        published = int(re.search(r"(\d+) published", log).group(1))
        self.assertEqual(ends[0], [published, 0])
        self.assertEqual(ends[1][1], 0)
        for reader in self.readers:
            reader.process.stdout.close()

    def log_until(self, words):
        """What is logged is there in time: the daemon writes the line before it answers."""
        self.wait_until(lambda found: found, lambda: [x for x in list(self.lines) if words in x])

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.connect(self.victim.path)
        return s

    def shm(self):
        s, reply, fds = harness.subscribe_shm(self.victim.path)
        self.assertTrue(reply["ok"])
        stack = contextlib.ExitStack()
        stack.callback(s.close)
        for fd in fds:
            stack.callback(os.close, fd)
        self.addCleanup(stack.close)
        return s, *fds, stack


class Requests(Hostile):
    def send_all(self, data):
        """All of it and no more; the lines of the answer."""
        s = self.connect()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            s.sendall(data)
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while b"\n" not in answer and (some := s.recv(65536)):
                answer += some
        s.close()
        return answer.splitlines()

    def test_every_malformed_request_is_answered_with_what_is_wrong(self):
        refused = 0
        for name in sorted(os.listdir(CORPUS)):
            with open(os.path.join(CORPUS, name), "rb") as f:
                data = f.read()
            for cut in (data, data + b"\n", data[:len(data) // 2] + b"\n", b"\n" + data):
                for line in self.send_all(cut)[:1]:
                    answer = json.loads(line)
                    if not answer["ok"]:
                        self.assertTrue(answer["code"] and answer["error"] and answer["hint"])
                        refused += 1
        self.assertGreater(refused, 20)
        self.log_until(f"process {os.getpid()} of user {os.getuid()} is refused: ")

    def test_any_bytes_at_all(self):
        chance = random.Random(11)
        pieces = [b"{", b"}", b"[", b"]", b'"', b":", b",", b'"op"', b'"subscribe"', b'"stats"',
                  b'"filter"', b'"format"', b'"shm"', b'"pids"', b"1e999", b"-1", b"\\ud800", b"\0",
                  b"\xff", b"\n", b" ", b'"slow"', b"true", b"null"]
        for size in (65536, 65537, 1 << 20):
            self.send_all(b"[" * size)
            self.send_all(b"x" * size)
        self.log_until("a request has at most 65536 bytes")
        for _ in range(ROUNDS):
            self.send_all(b"".join(chance.choices(pieces, k=chance.randrange(40))))

    def test_flood_of_refusals_cannot_fill_the_log(self):
        for _ in range(1000):
            self.send_all(b"x\n")
        self.assertLess(len(self.lines), 500)


class Readers(Hostile):
    def fill(self, s, data):
        """Send until nothing more goes. Returns how much went."""
        s.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 64 << 20:
                sent += s.send(data)
        s.setblocking(True)
        return sent

    def test_who_never_reads_what_it_was_given(self):
        stuck = [self.connect() for _ in range(8)]
        for s in stuck:
            s.sendall(b'{"op":"subscribe"}\n')
        for _ in range(20):
            self.readers[0].go_on()
        self.assertEqual(len(self.victim.stats()["subscribers"]), 10)
        for s in stuck:
            s.close()

    def test_who_asks_and_never_reads_the_answers(self):
        for op in (b"stats", b"status", b"engines"):
            s = self.connect()
            self.assertLess(self.fill(s, b'{"op":"%s"}\n' % op * 100), 8 << 20)
            s.close()

    def test_who_goes_on_sending_though_it_is_subscribed(self):
        for request in (b'{"op":"subscribe","filter":{"syscalls":["kill"]}}\n',
                        b'{"op":"subscribe","format":"shm"}\n',
                        b'{"op":"subscribe","format":"frames"}\n'):
            s = self.connect()
            s.sendall(request)
            self.assertTrue(s.recv(10).startswith(b'{"ok":true'))
            self.assertLess(self.fill(s, b"x" * 65536), 8 << 20)
            s.close()

    def test_who_closes_one_half(self):
        for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
            for request in (b'{"op":"subscribe"}\n', b'{"op":"subscribe","format":"shm"}\n',
                            b'{"op":"status"}\n', b'{"op":', b""):
                s = self.connect()
                s.sendall(request)
                s.shutdown(how)
                if how == socket.SHUT_WR and request.endswith(b"\n"):
                    self.assertTrue(s.recv(10).startswith(b'{"ok":true'))
                s.close()

    def test_who_asked_to_be_sent_away_when_slow_is_and_that_is_logged(self):
        s = self.connect()
        s.sendall(b'{"op":"subscribe","slow":"disconnect"}\n')
        while not self.victim.stats()["gone"]["disconnected"]:
            self.readers[0].go_on()
        self.log_until(f"process {os.getpid()} of user {os.getuid()} is disconnected: "
                       "it read too slowly")
        s.close()


class Memory(Hostile):
    def test_garbage_in_its_page(self):
        _, _, page_fd, stack = self.shm()
        page = mmap.mmap(page_fd, 4096)
        is_done = threading.Event()

        def spoil():
            while not is_done.is_set():
                page[:] = os.urandom(4096)
        spoiler = threading.Thread(target=spoil)
        spoiler.start()
        for _ in range(ROUNDS):
            for s in self.victim.stats()["subscribers"]:
                self.assertLessEqual(max(v for v in s.values() if isinstance(v, int)), 1 << 53)
        is_done.set()
        spoiler.join()
        page.close()
        stack.close()

    def test_descriptors_that_it_was_given_cannot_be_cut_or_sealed(self):
        _, ring, page, stack = self.shm()
        for fd in ring, page:
            for seal in SEALS.values():
                with self.assertRaises(PermissionError):
                    fcntl.fcntl(fd, F_ADD_SEALS, seal)
            for size in 0, 1 << 30:
                with self.assertRaises(OSError):
                    os.ftruncate(fd, size)
        punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        self.assertEqual(libc.fallocate64(ring, punch, ctypes.c_int64(0), ctypes.c_int64(4096)), -1)
        # Its own page it may empty, which costs its own books.
        self.assertEqual(libc.fallocate64(page, punch, ctypes.c_int64(0), ctypes.c_int64(4096)), 0)
        self.assertTrue(self.victim.stats()["ok"])
        for fd in ring, page:   # of the one open file that the daemon has, too
            fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)
            os.lseek(fd, 12345, os.SEEK_SET)
        self.assertTrue(self.victim.stats()["ok"])
        stack.close()

    def test_who_asks_to_be_woken_without_end(self):
        s, _, page_fd, stack = self.shm()
        page = mmap.mmap(page_fd, 4096)
        for _ in range(ROUNDS):
            page[:8] = struct.pack("<Q", 1)
            self.assertEqual(s.recv(1), b"\0")
        # And never takes the bytes: they wait in its own buffer.
        for _ in range(20):
            page[:8] = struct.pack("<Q", 1)
            self.readers[0].go_on()
        page.close()
        stack.close()


class Crowds(Hostile):
    def test_descriptors_that_are_sent_along_are_not_taken(self):
        fds = [os.dup(0) for _ in range(200)]
        for request in (b'{"op":"status"}\n', b'{"op":', b'{"op":"subscribe"}\n'):
            s = self.connect()
            for _ in range(4):
                # A kernel that knows how refuses them for us.
                with contextlib.suppress(BrokenPipeError, PermissionError):
                    socket.send_fds(s, [request], fds)
            self.assertTrue(self.victim.status()["ok"])
            self.assertLess(self.files(), self.open_files + 8)
            s.close()
        for fd in fds:
            os.close(fd)

    def test_thousand_who_connect_and_drop(self):
        requests = (b"", b'{"op":"sta', b'{"op":"status"}\n', b'{"op":"subscribe"}\n',
                    b'{"op":"subscribe","format":"shm"}\n', b'{"op":"subscribe","format":"frames"}\n')
        for i in range(1000):
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.victim.path)
            with contextlib.suppress(BrokenPipeError):  # too many at this moment
                s.sendall(requests[i % len(requests)])
            s.close()

    def test_as_many_as_may_connect_at_once(self):
        requests = (b'{"op":"subscribe"}\n', b'{"op":"subscribe","format":"shm"}\n',
                    b'{"op":"subscribe","format":"frames"}\n',
                    b'{"op":"subscribe","filter":{"syscalls":["kill"]}}\n')
        crowd = []
        for i in range(62):     # and the two who read
            crowd.append(self.connect())
            crowd[-1].sendall(requests[i % 4])
            self.assertTrue(crowd[-1].recv(10).startswith(b'{"ok":true'))
        self.assertEqual(self.victim.status()["code"], "too_many_clients")
        self.log_until("a client was refused: 64 clients are connected already")
        for s in crowd[:32]:
            s.close()
        for s in crowd[32:]:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        self.wait_until(lambda s: s["ok"] and len(s["subscribers"]) == 2, self.victim.status)

    def test_killed_in_the_middle_of_anything(self):
        for how in ("shm", "json") * 4:
            other = Reader(self.victim.path, how)
            other.go_on()
            other.process.send_signal(signal.SIGKILL)
            other.process.wait()
            other.process.stdout.close()

    @harness.unittest.skipIf(os.getuid(), "needs root, to be another user")
    def test_another_user_without_right(self):
        os.chmod(self.folder, 0o755)
        done = subprocess.run(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", READER, "json",
             self.victim.path, "1"], capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Permission denied", done.stderr)


harness.main()
