# SPDX-License-Identifier: MIT
"""A daemon for tests, from docs/wire.md alone: it answers what it is told to, and writes the ring itself."""
import fcntl
import mmap
import os
import shutil
import socket
import struct
import tempfile

RING_BYTES = 1 << 18
SLACK = 65536 + 4096
SEQ, PUBLISHED, CLOSED, BULK, PRIORITY, LOST, DATA = 64, 72, 80, 128, 320, 512, 4096
HEAD, FLOOR = 64, 128                   # in a lane
EVENT, GAP, MARK = 1, 2, 3
CLOSE_X = 5
F_ADD_SEALS, SEAL_ALL = 1033, 0x1 | 0x2 | 0x4
EPOCH_NS = 1_795_536_000_123_456_789    # 2026-11-24T16:00:00.123456789Z


def memfd(size, seals=SEAL_ALL):
    fd = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd


def event(type_id, params, tid, ts):
    """An event as Falco writes it."""
    lens = struct.pack(f"<{len(params)}H", *map(len, params))
    body = lens + b"".join(params)
    return struct.pack("<QQIHI", ts, tid, 26 + len(body), type_id, len(params)) + body


class Ring:
    def __init__(self, generation=1):
        self.fd = memfd(DATA + RING_BYTES + SLACK + 4096 + SLACK)
        self.mem = mmap.mmap(self.fd, 0)
        self.mem[0:8] = b"fcdcast2"
        struct.pack_into("<IIQ", self.mem, 8, 2, 2, generation)
        struct.pack_into("<QQ", self.mem, BULK, DATA, RING_BYTES)
        struct.pack_into("<QQ", self.mem, PRIORITY, DATA + RING_BYTES + SLACK, 4096)
        self.head = self.seq = 0
        self.total = [0] * 16

    def put(self, kind, body, tgid=4242):
        record = struct.pack("<IHHIIQ", 24 + len(body), kind, 0, 1, tgid, self.seq) + body
        at = DATA + self.head % RING_BYTES
        self.mem[at:at + len(record)] = record
        self.head += (len(record) + 7) & ~7

    def close_call(self, fd, tid=4242):
        """close(fd) = 0: SYSCALL_CLOSE_X has res and fd, 64 bits each."""
        self.put(EVENT, event(CLOSE_X, [struct.pack("<q", 0), struct.pack("<q", fd)], tid,
                              EPOCH_NS + self.seq))
        self.seq += 1

    def gap(self, cause, lost):
        self.total[cause] += lost
        struct.pack_into("<Q", self.mem, LOST + 8 * cause, self.total[cause])
        self.put(GAP, struct.pack("<QQQII", EPOCH_NS + self.seq, lost, self.total[cause], cause, 0))

    def publish(self):
        struct.pack_into("<Q", self.mem, BULK + HEAD, self.head)
        struct.pack_into("<Q", self.mem, SEQ, self.seq)
        struct.pack_into("<Q", self.mem, PUBLISHED, self.head)

    def overrun(self):
        """Everything so far is about to be overwritten."""
        struct.pack_into("<Q", self.mem, BULK + FLOOR, self.head)

    def close(self):
        struct.pack_into("<Q", self.mem, CLOSED, 1)


class Daemon:
    """Listens on a socket of its own. Used as a context manager, it leaves nothing behind."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="falco-capture-test.")
        self.path = f"{self.dir}/capture.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.listener.settimeout(30)
        self.conn = self.page = None
        self.ring = Ring()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        self.listener.close()
        shutil.rmtree(self.dir)

    def accept(self):
        """The next client's request line."""
        self.hang_up()
        self.conn, _ = self.listener.accept()
        self.conn.settimeout(30)
        line = b""
        while not line.endswith(b"\n"):
            some = self.conn.recv(65536)
            if not some:
                raise EOFError("the client hung up")
            line += some
        return line.decode()

    def reply(self, line):
        self.conn.sendall(line.encode() + b"\n")

    def serve(self, first_seq=None):
        """Accept a subscription to the ring, from here on or from an event before. Returns the request."""
        request = self.accept()
        page_fd = memfd(4096)
        self.page = mmap.mmap(page_fd, 4096)
        seq = self.ring.seq if first_seq is None else first_seq
        line = f'{{"ok":true,"engine":"test","wire":2,"seq":{seq},"format":"shm"}}\n'
        socket.send_fds(self.conn, [line.encode()], [self.ring.fd, page_fd])
        os.close(page_fd)
        return request

    def publish(self):
        self.ring.publish()
        if self.page[0]:
            self.page[0] = 0
            self.conn.send(b"!")

    def hang_up(self):
        if self.conn:
            self.conn.close()
