# SPDX-License-Identifier: MIT
"""A daemon of a test's own, and connections to it or another one."""
import json
import os
import socket
import subprocess
import time

DEADLINE_S = 120
REFUSED = 3             # the daemon's exit status when its engine cannot work here
WITH_US = ["setpriv", "--pdeathsig", "TERM", "--"]


class Skip(Exception):
    pass


class Fail(Exception):
    pass


class Daemon:
    """With the default config, from its first answer to its end."""
    def __init__(self, program, engine, engine_dir, folder, env=None):
        self.path = f"{folder}/{engine}.sock"
        self.log = f"{folder}/{engine}.log"
        with open(f"{folder}/config.json", "w") as config:
            config.write("{}")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [*WITH_US, program, f"--engine={engine}", f"--engine-dir={engine_dir}",
                 f"--config={folder}/config.json", f"--socket={self.path}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)

    def await_socket(self):
        until = time.monotonic() + DEADLINE_S
        while not self.answers():
            code = self.process.poll()
            if code is not None:
                if code == REFUSED:
                    raise Skip(self.said())
                raise Fail(f"the daemon ended with {code}: {self.said()}")
            if time.monotonic() > until:
                raise Fail("the daemon does not listen")
            time.sleep(0.01)    # nothing announces a socket file

    def answers(self):
        try:
            Connection(self.path)
        except OSError:
            return False
        return True

    def said(self):
        with open(self.log) as log:
            return log.read().strip()

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "SIGKILL"
        if code and code != REFUSED:
            raise Fail(f"the daemon ended with {code}: {self.said()}")


class Connection:
    """JSON lines on a daemon's socket."""
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest = b""

    def ask(self, request):
        """The answer, a line of JSON; what follows it stays in rest."""
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        self.socket.settimeout(DEADLINE_S)
        try:
            while b"\n" not in self.rest:
                self.receive()
        except TimeoutError:
            raise Fail(f"no answer to {request}") from None
        line, self.rest = self.rest.split(b"\n", 1)
        answer = json.loads(line)
        if not answer.get("ok"):
            raise Fail(f"{request} was answered with {answer}")
        return answer

    def receive(self):
        """Blocks if nothing has arrived."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise Fail("the daemon closed the connection")
        self.rest += data

    def events(self):
        """Those that have arrived whole."""
        *whole, self.rest = self.rest.split(b"\n")
        return [json.loads(line) for line in whole]


def ask(path, op):
    return Connection(path).ask({"op": op})


def kernel():
    """The running one, as matrix.py names it: 6.1, 6.1-rt."""
    release = os.uname().release
    return ".".join(release.split("-")[0].split(".")[:2]) + ("-rt" if "-rt-" in release else "")
