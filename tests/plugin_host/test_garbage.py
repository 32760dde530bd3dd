# SPDX-License-Identifier: MIT
"""Falco's plugin at a socket where something else answers, or a daemon whose ring holds anything:
Falco lives, sees nothing that is wrong, and the next daemon's events."""
import contextlib
import os
import random
import socket
import struct
import unittest

import fake_daemon
import hosts

OK = '{"ok":true,"engine":"test","wire":2,"seq":0,"format":"shm"}'
NO_SEALS = 0
CLOSE_X, LANE_BYTES = 5, 8
RANDOM_RINGS = 20

# Answers without a ring.
ANSWERS = {
    "half a line": '{"ok":tr',
    "no JSON": "HTTP/1.1 400 Bad Request\r\n\r\n",
    "another JSON": "[1, 2]\n",
    "an empty line": "\n",
    "no number": '{"ok":true,"format":"shm"}\n',
    "no descriptors": OK + "\n",
    "NULs": "\0" * 5000 + "\n",
    "a line without end": "x" * (1 << 20),
}


def ring_with(at, form, *values):
    ring = fake_daemon.Ring()
    struct.pack_into(form, ring.mem, at, *values)
    return ring


# What is mapped, and is no ring of this version.
RINGS = {
    "another magic": lambda: ring_with(0, "8s", b"fcdcast9"),
    "another version": lambda: ring_with(8, "<I", 99),
    "a lane too many": lambda: ring_with(12, "<I", 3),
    "a lane that ends behind the file": lambda: ring_with(
        fake_daemon.BULK + LANE_BYTES, "<Q", 1 << 40),
    "a lane that begins before its data": lambda: ring_with(fake_daemon.BULK, "<Q", 0),
    "a lane whose length is no power of two": lambda: ring_with(
        fake_daemon.BULK + LANE_BYTES, "<Q", 5000),
}

CLOSE_VALUES = [struct.pack("<q", 0), struct.pack("<q", 3)]
# Events that would end Falco, or are none.
WRONG_EVENTS = {
    "a number without a byte": lambda: event(params=[CLOSE_VALUES[0], b"1234567"]),
    "a number with one more": lambda: event(params=[CLOSE_VALUES[0], b"123456789"]),
    "a parameter too many": lambda: event(params=[*CLOSE_VALUES, b""]),
    "a parameter too few": lambda: event(params=CLOSE_VALUES[:1]),
    "a length that goes beyond it": lambda: patch(event(), 26, "<H", 60000),
    "bytes that are no parameter's": lambda: patch(event() + b"\0" * 8, 16, "<I", 54),
    "its own length too long": lambda: patch(event(), 16, "<I", 70000),
    "its own length too short": lambda: patch(event(), 16, "<I", 3),
    "no time that can be": lambda: event(ts=(1 << 64) - 1),
}


def event(params=CLOSE_VALUES, ts=fake_daemon.EPOCH_NS):
    return fake_daemon.event(CLOSE_X, params, 4242, ts)


def patch(data, at, form, value):
    data = bytearray(data)
    struct.pack_into(form, data, at, value)
    return bytes(data)


class Garbage(hosts.Test):
    def setUp(self):
        super().setUp()
        self.liar = self.enterContext(fake_daemon.Daemon())

    @contextlib.contextmanager
    def host_that_recovers(self, name):
        """It gets what is wrong, then a daemon that is right."""
        config = {"socket": self.liar.path, "syscalls": ["close"]}
        with self.subTest(name), \
             contextlib.closing(hosts.Host(self.folder, config, "--print")) as host:
            yield host
            self.liar.ring = fake_daemon.Ring()
            self.liar.serve()
            self.liar.ring.close_call(7)
            self.liar.publish()
            host.reach_event(lambda line: line.endswith(struct.pack("<q", 7).hex()))
            host.end()

    def answer_with(self, fds):
        self.liar.accept()
        socket.send_fds(self.liar.conn, [OK.encode() + b"\n"], fds)

    def must_hang_up(self):
        with contextlib.suppress(ConnectionError):
            self.assertEqual(self.liar.conn.recv(1), b"")

    def test_what_is_no_answer(self):
        for name, answer in ANSWERS.items():
            with self.host_that_recovers(name):
                self.liar.accept()
                with contextlib.suppress(ConnectionError):  # it need not hear us out
                    self.liar.conn.sendall(answer.encode())

    def test_who_says_nothing_holds_nobody_up(self):
        with self.host_that_recovers("silence") as host:
            self.liar.accept()
            host.reach("opened")
            host.reach("notification falco_capture.disconnected")

    def test_who_refuses_is_told_of_with_his_words_and_asked_again(self):
        with self.host_that_recovers("refused") as host:
            self.liar.accept()
            self.liar.reply('{"ok":false,"code":"filter","error":"nobody may see that"}')
            told = host.reach("notification falco_capture.refused")
            self.assertIn("the daemon refused: nobody may see that", told)

    def unsealed_ring(self):
        """One that is right otherwise."""
        mem = self.liar.ring.mem
        fd = fake_daemon.memfd(len(mem), NO_SEALS)
        os.pwrite(fd, mem[:fake_daemon.DATA], 0)
        return fd

    def test_descriptors_that_are_no_ring(self):
        size = os.fstat(self.liar.ring.fd).st_size
        made = {"one": [fake_daemon.memfd(4096)],
                "three": [fake_daemon.memfd(4096) for _ in range(3)],
                "devices": [os.open("/dev/zero", os.O_RDWR) for _ in range(2)],
                "pipes": os.pipe(),
                "a ring of nothing": [fake_daemon.memfd(0), fake_daemon.memfd(4096)],
                "zeros": [fake_daemon.memfd(size), fake_daemon.memfd(4096)],
                "a ring that may shrink": [self.unsealed_ring(), fake_daemon.memfd(4096)],
                "a page that may shrink": [os.dup(self.liar.ring.fd),
                                           fake_daemon.memfd(4096, NO_SEALS)]}
        for name, fds in made.items():
            with self.host_that_recovers(name):
                self.answer_with(fds)
                for fd in fds:
                    os.close(fd)
                self.must_hang_up()

    def test_rings_of_no_version(self):
        for name, ring in RINGS.items():
            with self.host_that_recovers(name):
                self.liar.ring = ring()
                self.liar.serve()
                self.must_hang_up()

    def test_rings_that_hold_anything(self):
        for seed in range(RANDOM_RINGS):
            with self.host_that_recovers(seed) as host:
                self.liar.ring = fake_daemon.Ring()
                self.liar.serve()
                host.reach("opened")
                data = random.Random(seed).randbytes(65536)
                self.liar.ring.mem[fake_daemon.DATA:fake_daemon.DATA + len(data)] = data
                self.liar.ring.head, self.liar.ring.seq = len(data), 1000
                self.liar.publish()
                host.reach("notification falco_capture.disconnected")

    def test_events_that_would_end_falco(self):
        for name, made in WRONG_EVENTS.items():
            with self.host_that_recovers(name) as host:
                self.liar.ring = fake_daemon.Ring()
                self.liar.serve()
                host.reach("opened")
                self.liar.ring.put(fake_daemon.EVENT, made())
                self.liar.ring.seq += 1
                self.liar.publish()
                line = host.reach("event", "notification")
                if name != "no time that can be":
                    self.assertEqual(line, "notification falco_capture.malformed "
                                     "1 event refused: malformed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
