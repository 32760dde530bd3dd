# SPDX-License-Identifier: MIT
"""A daemon of its own for each test, and clients for it. Nothing waits for time to pass:
what a test waits for is a line, a byte or the end of a process, and CTest ends what never comes."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

DAEMON, ENGINES, STUBS = (os.environ.get(k, "") for k in ("FCD_DAEMON", "FCD_ENGINES", "FCD_STUBS"))

ABI = "1.1"     # of this release
OTHER_ABI = "9" + ABI[1:]  # of an engine that is refused

# What would change how the daemon behaves.
UNWANTED = ("FALCO_BPF_PROBE", "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS")

# A test that CTest had to end takes its daemon along.
WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]


class Client:
    """One connection. Lines are dicts."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def send(self, request):
        if isinstance(request, dict):
            request = json.dumps(request).encode() + b"\n"
        try:
            self.socket.sendall(request)
        except BrokenPipeError:
            pass  # refused before it was whole: the answer says why

    def line(self):
        """The next line, or None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def ask(self, request):
        self.send(request)
        return self.line()

    def lines(self):
        return iter(self.line, None)

    def drain(self):
        """To the end. The last line of a daemon that was killed may be half a line."""
        while self.file.read1():
            pass

    def close(self):
        self.file.close()
        self.socket.close()


class Daemon:
    def __init__(self, folder, config=None, engine="fake", engine_dir=ENGINES,
                 files=None, env=None, prefix=(), **popen):
        self.path = os.path.join(folder, "s")
        self.config = os.path.join(folder, "config.json")
        self.defaults = {"socket": self.path, "engine": engine, "engine_dir": engine_dir,
                         "log_level": "debug"}
        self.configure(config)
        self.files = files              # how many it may have open
        self.env, self.prefix, self.popen = env or {}, prefix, popen
        self.start()

    def start(self):
        limit = ["prlimit", f"--nofile={self.files}"] if self.files else []
        self.process = subprocess.Popen(
            [*limit, *WITH_US, *self.prefix, DAEMON, "--config", self.config], text=True,
            stderr=subprocess.PIPE, env=environment(**self.env), **self.popen)
        self.log = []
        self.wait_for("listening on")

    def configure(self, config=None):
        """What the file has from now on."""
        with open(self.config, "w") as f:
            json.dump(dict(self.defaults, **(config or {})), f)

    def wait_for(self, words):
        """Read the log up to the line with these words."""
        for line in self.process.stderr:
            self.log.append(line)
            if words in line:
                return line
        raise AssertionError(f"'{words}' is not in the log:\n{''.join(self.log)}")

    def connect(self):
        return Client(self.path)

    def ask(self, request):
        client = self.connect()
        answer = client.ask(request)
        client.close()
        return answer

    def status(self):
        return self.ask({"op": "status"})

    def stats(self):
        return self.ask({"op": "stats"})

    def subscribe(self, *syscalls, **more):
        """A client whose subscription was accepted; .reply is the answer. Without names, so that
        the engine captures what is asked for and nothing else."""
        client = self.connect()
        request = dict({"op": "subscribe", "processes": False}, **more)
        if syscalls:
            request["filter"] = {"syscalls": syscalls}
        client.reply = client.ask(request)
        assert client.reply["ok"], client.reply
        return client

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.wait()

    def wait(self):
        """To its end; the exit status."""
        self.log += self.process.stderr.readlines()
        return self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.stderr.close()
        self.process.wait()

    def close(self):
        """It must end well, which is also when sanitizers speak."""
        if self.process.poll() is None and self.stop():
            raise AssertionError(f"the daemon ended badly:\n{''.join(self.log)}")
        self.process.stderr.close()


def environment(**more):
    """Ours, without what would change how the daemon behaves."""
    env = {k: v for k, v in os.environ.items() if k not in UNWANTED}
    return dict(env, **more)


def run(*arguments, **env):
    """Run the daemon to its end."""
    return subprocess.run([*WITH_US, DAEMON, *arguments], text=True, capture_output=True,
                          env=environment(**env))


def subscribe_shm(path, *syscalls):
    """(connection, reply, [ring, page]) of a shared-memory subscriber."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    request = {"op": "subscribe", "format": "shm"}
    if syscalls:
        request["filter"] = {"syscalls": syscalls}
    s.sendall(json.dumps(request).encode() + b"\n")
    reply, fds, _, _ = socket.recv_fds(s, 65536, 2)
    return s, json.loads(reply), fds


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fcd-")
        self.addCleanup(shutil.rmtree, self.folder)

    def daemon(self, config=None, fake=None, **more):
        if fake:
            config = dict(config or {}, engines={"fake": fake})
        daemon = Daemon(self.folder, config, **more)
        self.addCleanup(daemon.close)
        return daemon

    def wait_until(self, holds, ask):
        """Ask again until the answer is as it must become."""
        while not holds(answer := ask()):
            pass
        return answer


def main():
    if not DAEMON:
        sys.exit("FCD_DAEMON is not set: ctest sets it")
    unittest.main(verbosity=2)
