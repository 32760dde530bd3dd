# SPDX-License-Identifier: MIT
"""An engine of our own, for what the real one never says to a tracer (abi/udig.h)."""
import fcntl
import mmap
import os
import re
import socket
import struct
import subprocess

import harness
import tracer
from tracer import TRACER, Tracer

PAGE, SLACK, RING = 4096, 65536 + 4096, 1 << 20
MAGIC, MAGIC_AT, PLACE_AT, ASLEEP_AT = b"fcdring1", 1024, 1040, PAGE + 512
PAGE_AT = 2 * PAGE
BYTES = 3 * PAGE + RING + SLACK
WELCOME = struct.Struct("<IHHiIQ232s")
HELLO = struct.Struct("<IHHII32s")
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


def block(ring=RING, offset=3 * PAGE, magic=MAGIC, rings=1, size=BYTES, seals=SEALS):
    """Memory as an engine lays it out: a descriptor."""
    fd = os.memfd_create("block", os.MFD_ALLOW_SEALING)
    os.truncate(fd, size)
    os.pwrite(fd, magic + struct.pack("<II", rings, 0), MAGIC_AT)
    os.pwrite(fd, struct.pack("<QQ", offset, ring), PLACE_AT)
    os.pwrite(fd, b"\xff" * 64, PAGE_AT)            # every call is wanted
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def welcome(size=256, major=1, status=0, bytes_=BYTES, text=b""):
    return WELCOME.pack(256, major, 0, status, 0, bytes_, text)[:size]


class Engine(harness.Test):
    def setUp(self):
        super().setUp()
        self.path = f"{self.folder}/s"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.path + ".udig")
        self.listener.listen()

    def start(self, *command):
        """The tracer with this command, and its connection."""
        process = subprocess.Popen([*harness.WITH_US, TRACER, "--require-daemon", "--socket",
                                    self.path, "--", *command], text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        connection = self.listener.accept()[0]
        self.addCleanup(connection.close)
        self.hello = connection.recv(4096)
        return process, connection

    def answer(self, connection, data, *fds):
        """Keep no copy of the descriptors, but for the map."""
        socket.send_fds(connection, [data], fds)
        self.memory = mmap.mmap(fds[0], 0) if fds else None
        for fd in fds:
            os.close(fd)

    def word(self, at):
        return struct.unpack_from("<Q", self.memory, at)[0]

    def test_greeting_is_that_of_the_contract(self):
        process, connection = self.start("cat")
        size, major, minor, schema, pid, name = HELLO.unpack(self.hello)
        self.assertEqual((size, major, minor, schema), (48, 1, 0, 0x040501))
        self.assertEqual(name.rstrip(b"\0"), b"falco-capture-trace")
        self.answer(connection, welcome(), block())
        self.assertEqual(Tracer(process.pid).pid, pid)

    def test_reason_of_a_refusal_is_told(self):
        process, connection = self.start("true")
        self.answer(connection, welcome(status=-1, text=b"some reason; some advice"))
        self.assertEqual(process.communicate()[1],
                         "falco-capture-trace: the daemon refuses: some reason; some advice\n")
        self.assertEqual(process.returncode, 125)

    def test_end_instead_of_an_answer_is_told(self):
        process, connection = self.start("true")
        connection.close()
        self.assertRegex(process.communicate()[1], "closed the connection")
        self.assertEqual(process.returncode, 125)

    def test_what_is_no_block_is_not_written_to(self):
        for wrong in (dict(ring=0), dict(ring=RING + 1), dict(ring=1 << 63), dict(ring=2 * RING),
                      dict(offset=4 * PAGE), dict(magic=b"fcdring2"), dict(rings=2), dict(rings=0),
                      dict(size=BYTES - 1), dict(seals=fcntl.F_SEAL_GROW)):
            with self.subTest(wrong):
                process, connection = self.start("true")
                self.answer(connection, welcome(), block(**{"size": BYTES, **wrong}))
                self.assertRegex(process.communicate()[1], "answer is malformed")
                self.assertEqual(process.returncode, 125)

    def test_answer_that_is_none_is_refused(self):
        for data, fds in ((welcome(), 0), (welcome(major=2), 1), (welcome(bytes_=0), 1),
                          (welcome(bytes_=1 << 40), 1), (welcome(size=8), 1)):
            with self.subTest(data):
                process, connection = self.start("true")
                if fds:
                    fd = block()
                    socket.send_fds(connection, [data], [fd])
                    os.close(fd)
                else:
                    connection.send(data)
                self.assertIn("falco-capture-trace: the daemon", process.communicate()[1])
                self.assertEqual(process.returncode, 125)

    def test_sign_of_life_comes_again_and_again(self):
        process, connection = self.start("cat")
        self.answer(connection, welcome(), block())
        Tracer(process.pid)
        first = self.wait_until(lambda ns: ns, lambda: self.word(PAGE_AT + 128))
        self.wait_until(lambda ns: ns > first + 500000000, lambda: self.word(PAGE_AT + 128))

    def test_sleeper_is_woken_once(self):
        process, connection = self.start("cat")
        self.answer(connection, welcome(), block())
        Tracer(process.pid)
        struct.pack_into("<Q", self.memory, ASLEEP_AT, 1)
        process.communicate("line\n")
        self.assertEqual(connection.recv(16), b"\0")
        self.assertEqual(connection.recv(16), b"")      # then it has ended
        self.assertEqual(self.word(ASLEEP_AT), 0)

    def test_full_ring_costs_events_and_each_is_counted(self):
        process, connection = self.start("sh", "-c", "i=0; while [ $i -lt 20000 ]; do kill -0 $$; "
                                                     "i=$((i + 1)); done")
        self.answer(connection, welcome(), block())
        tail = struct.unpack_from("<Q", self.memory, PAGE)[0]
        process.communicate()
        self.assertEqual(process.returncode, 0)
        connection.recv(16)
        head, published, full = (self.word(at) for at in (0, 80, 88))
        self.assertLessEqual(head - tail, RING)
        self.assertGreater(full, 0)
        produced = self.word(1040 + 128)
        self.assertEqual(produced, published + full)

    def test_strangers_engine_gets_no_event(self):
        if os.getuid():
            self.skipTest("needs root, to be a stranger")
        os.chmod(self.folder, 0o755)
        os.chmod(self.path + ".udig", 0o666)
        self.listener.close()
        os.unlink(self.path + ".udig")
        os.chmod(self.folder, 0o777)
        listen = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
                  "s.bind(sys.argv[1]); s.listen(); print('ready', flush=True); sys.stdin.read()")
        stranger = subprocess.Popen(["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups",
                                     "--pdeathsig=KILL", "--", "python3", "-c", listen,
                                     self.path + ".udig"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)
        self.addCleanup(stranger.communicate)
        stranger.stdout.readline()
        done = subprocess.run([*harness.WITH_US, TRACER, "--require-daemon", "--socket", self.path,
                               "true"], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 125)
        self.assertTrue(re.search("daemon on .* is another user's", done.stderr), done.stderr)


tracer.main()
