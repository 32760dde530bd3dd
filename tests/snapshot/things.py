# SPDX-License-Identifier: MIT
"""What this process has open, and what its own kernel calls say of it: the lines that a snapshot
must have."""
import os
import socket
import tempfile
import threading


class Things:
    def __init__(self):
        self.kept = []
        self.expected = {}      # number of a descriptor -> what its line must have
        # In overlayfs stat and the kernel name different devices.
        self.folder = tempfile.mkdtemp(prefix="fcd-", dir="/dev/shm")
        self.files()
        self.inet(socket.AF_INET, "127.0.0.1", "0.0.0.0:0")
        if os.path.exists("/proc/net/if_inet6"):
            self.inet(socket.AF_INET6, "::1", "[::]:0")
        self.unix()
        self.unnamed()

    def expect(self, thing, **line):
        fd = thing if isinstance(thing, int) else thing.fileno()
        self.kept.append(thing)
        self.expected[fd] = dict(line, ino=os.fstat(fd).st_ino)
        return thing

    def file(self, path, flags, kind, flag_names):
        fd = os.open(path, flags)
        dev = os.fstat(fd).st_dev
        self.expect(fd, kind=kind, path=os.readlink(f"/proc/self/fd/{fd}"), flags=flag_names,
                    dev=f"{os.major(dev)}:{os.minor(dev)}")
        return fd

    def files(self):
        path = f"{self.folder}/a \"file\""
        self.file(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, "file", "O_WRONLY|O_APPEND")
        path = f"{self.folder}/deleted"
        fd = self.file(path, os.O_CREAT | os.O_RDWR | os.O_NONBLOCK, "file", "O_RDWR|O_NONBLOCK")
        os.unlink(path)
        self.expected[fd]["path"] += " (deleted)"
        self.file("/dev/null", os.O_RDWR, "char", "O_RDWR")
        self.file("/proc/self", os.O_RDONLY | os.O_DIRECTORY, "directory", "O_RDONLY|O_DIRECTORY")
        self.file("/dev", os.O_PATH, "directory", "O_RDONLY|O_PATH")
        os.mkfifo(f"{self.folder}/fifo")
        self.file(f"{self.folder}/fifo", os.O_RDWR, "fifo", "O_RDWR")
        memory = os.memfd_create("memory")
        self.expect(memory, kind="file", path="/memfd:memory (deleted)", flags="O_RDWR")

    def inet(self, family, host, nowhere):
        def name(address):
            return f"{address[0]}:{address[1]}" if family == socket.AF_INET \
                else f"[{address[0]}]:{address[1]}"
        server = socket.create_server((host, 0), family=family)
        self.expect(server, kind="tcp", local=name(server.getsockname()), remote=nowhere,
                    state="listen")
        client = socket.create_connection(server.getsockname()[:2])
        self.expect(client, kind="tcp", local=name(client.getsockname()),
                    remote=name(server.getsockname()), state="established")
        accepted = server.accept()[0]
        self.expect(accepted, kind="tcp", local=name(accepted.getsockname()),
                    remote=name(client.getsockname()), state="established")
        datagram = socket.socket(family, socket.SOCK_DGRAM)
        datagram.bind((host, 0))
        self.expect(datagram, kind="udp", local=name(datagram.getsockname()), remote=nowhere)
        connected = socket.socket(family, socket.SOCK_DGRAM)
        connected.connect(datagram.getsockname())
        self.expect(connected, kind="udp", local=name(connected.getsockname()),
                    remote=name(datagram.getsockname()))
        self.expect(socket.socket(family), kind="tcp", local=None, state=None)
        self.expect(socket.socket(family, socket.SOCK_DGRAM), kind="udp", local=None)

    def unix(self):
        path = f"{self.folder}/socket"
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        self.expect(server, kind="unix", path=path, state="listen")
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        self.expect(client, kind="unix", path=None, state="established")
        self.expect(server.accept()[0], kind="unix", path=path, state="established")
        abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        abstract.bind(f"\0{path}\0end")
        self.expect(abstract, kind="unix", path=f"@{path}@end", state=None)
        self.expect(socket.socket(socket.AF_UNIX), kind="unix", path=None, state=None)
        for end in socket.socketpair():
            self.expect(end, kind="unix", path=None, state="established")

    def unnamed(self):
        read, write = os.pipe()
        self.expect(read, kind="pipe", path=None, flags="O_RDONLY")
        self.expect(write, kind="pipe", path=None, flags="O_WRONLY")
        self.expect(os.eventfd(0), kind="eventfd", path=None)
        self.expect(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0), kind="netlink")

    def many(self, count):
        """So many more descriptors; their numbers."""
        fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]
        self.kept += fds
        return fds


class Threads:
    """Two more, with names; tids -> names."""

    def __init__(self):
        self.names, self.end, ready = {}, threading.Event(), threading.Barrier(3)

        def run(name):
            with open("/proc/thread-self/comm", "w", encoding="utf-8") as f:
                f.write(name)
            self.names[threading.get_native_id()] = name
            ready.wait()
            self.end.wait()
        self.threads = [threading.Thread(target=run, args=(name,)) for name in ("a) b (c", "last")]
        for thread in self.threads:
            thread.start()
        ready.wait()

    def stop(self):
        self.end.set()
        for thread in self.threads:
            thread.join()
