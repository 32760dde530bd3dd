#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""live.py BUILD TEST - the real daemon, the bpf engine, real system calls.

rounds N T      N rounds of four calls in T threads: every call is seen or in a gap
cramped N T     the same with the smallest rings, so that losses are certain to be possible
flood N [kmod]  while more is read than the rings hold, none of N executions is lost;
                FCD_LONG=1: of 10000
killed          kill -9 of the daemon leaves nothing attached and a restart works
idle            nobody subscribed: nothing is attached
"""
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIP = 77


class Daemon:
    """A daemon on a socket of its own; config is what differs from the default."""

    def __init__(self, build, folder, config=None, engine="bpf"):
        self.socket = os.path.join(folder, "capture.sock")
        path = os.path.join(folder, "config.json")
        with open(path, "w") as f:
            json.dump(config or {}, f)
        self.log = open(os.path.join(folder, "log"), "a+")
        self.process = subprocess.Popen(
            [os.path.join(build, "daemon/falco-capture"), "--engine=" + engine, "--config", path,
             "--socket", self.socket], stdout=subprocess.DEVNULL, stderr=self.log)
        atexit.register(self.process.kill)    # also when the test fails
        self.wait()

    def wait(self):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.log.seek(0)
                text = self.log.read()
                if self.process.returncode == 3:
                    print("skipped: the engine is refused here:", text)
                    sys.exit(SKIP)
                sys.exit("the daemon ended with %d: %s" % (self.process.returncode, text))
            try:
                connect(self.socket).close()
                return
            except OSError:
                time.sleep(0.01)    # nothing announces a socket file
        sys.exit("the daemon does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        if code:
            sys.exit("the daemon ended with %d" % code)


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(path)
    return s


def ask(path, request):
    with connect(path) as s:
        s.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(s.makefile().readline())


def loaded(build):
    """BPF programs in the kernel, as the kernel lists them."""
    return set(subprocess.check_output([os.path.join(build, "tests/live-loaded")], text=True).split())


def programs_of(pid):
    """BPF programs that a process holds, as /proc says."""
    found = set()
    folder = "/proc/%d/fdinfo" % pid
    for fd in os.listdir(folder):
        try:
            with open(os.path.join(folder, fd)) as f:
                found |= {line.split()[1] for line in f if line.startswith("prog_id:")}
        except FileNotFoundError:
            pass    # closed meanwhile, so it was no program's
    return found


def rounds(build, folder, config, n, threads):
    daemon = Daemon(build, folder, config)
    code = subprocess.call([os.path.join(build, "tests/live-rounds"), daemon.socket, n, threads])
    daemon.stop()
    return code


def flood(build, folder, n, engine="bpf"):
    small = {"engines": {engine: {"ring_bytes": 262144}}, "broadcast_bytes": 262144}
    daemon = Daemon(build, folder, small, engine)
    program = shutil.copy("/bin/true", os.path.join(folder, "true"))
    code = subprocess.call([os.path.join(build, "tests/live-flood"), daemon.socket, n, program])
    full = ask(daemon.socket, {"op": "stats"})["engine"]["ring_full"]
    print("lost in the engine's rings:", full)
    daemon.stop()
    return code or full["priority"] or not full["main"]


def killed(build, folder):
    daemon = Daemon(build, folder)
    with connect(daemon.socket) as s:
        s.sendall(b'{"op":"subscribe","format":"json","filter":{"syscalls":["getppid"]}}\n')
        s.makefile().readline()
        ours = programs_of(daemon.process.pid)
        if not ours or ours - loaded(build):
            sys.exit("the daemon's programs are not in the kernel: %s" % ours)
        daemon.process.kill()
        daemon.process.wait()
    end = time.monotonic() + 30
    while ours & loaded(build):    # the kernel frees programs a moment later
        if time.monotonic() > end:
            sys.exit("programs are still there after kill -9: %s" % (ours & loaded(build)))
        time.sleep(0.05)
    Daemon(build, folder).stop()
    return 0


def idle(build, folder):
    daemon = Daemon(build, folder, {"linger_ms": 0})
    status = ask(daemon.socket, {"op": "status"})
    if status["attached"]:
        sys.exit("attached although nobody subscribed: %s" % status)
    with connect(daemon.socket) as s:
        s.sendall(b'{"op":"subscribe","format":"json","filter":{"syscalls":["getppid"]}}\n')
        reply = json.loads(s.makefile().readline())
        if not reply["ok"] or not ask(daemon.socket, {"op": "status"})["attached"]:
            sys.exit("not attached although somebody subscribed")
    end = time.monotonic() + 10
    while ask(daemon.socket, {"op": "status"})["attached"]:
        if time.monotonic() > end:
            sys.exit("still attached after the last subscriber left")
        time.sleep(0.05)
    daemon.stop()
    return 0


def main():
    build, test = sys.argv[1:3]
    if os.geteuid():
        print("skipped: needs root")
        return SKIP
    with tempfile.TemporaryDirectory() as folder:
        if test == "rounds":
            return rounds(build, folder, None, *sys.argv[3:5])
        if test == "cramped":
            small = {"engines": {"bpf": {"ring_bytes": 262144}}, "broadcast_bytes": 262144}
            return rounds(build, folder, small, *sys.argv[3:5])
        if test == "flood":
            n = "10000" if os.environ.get("FCD_LONG") else sys.argv[3]
            return flood(build, folder, n, *sys.argv[4:])
        return {"killed": killed, "idle": idle}[test](build, folder)


if __name__ == "__main__":
    sys.exit(main())
