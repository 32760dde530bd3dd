#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a program that says which events it causes, and look whether the daemon saw the same.

    run.py --socket PATH PROGRAM [FILE...]
    run.py --daemon PATH --engine NAME --engine-dir DIR PROGRAM [FILE...]

The program runs as a copy in a folder of its own, with the files that it needs beside it, and
not on an overlay if that can be: there stat shows other inodes than the kernel has.
Exit status: 0 all is as expected, 1 not, 77 cannot be tried here (why is on stdout).
"""
import argparse
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import compare

DEADLINE_S = 120
REFUSED = 3             # the daemon's exit status when its engine cannot work here
SKIP = 77
OVERLAY = "794c7630"    # type of the file system


class Skip(Exception):
    pass


class Fail(Exception):
    pass


class Daemon:
    """A daemon of our own with the default config, from its first answer to its end."""
    def __init__(self, args, folder):
        self.path = f"{folder}/capture.sock"
        self.log = f"{folder}/log"
        with open(f"{folder}/config.json", "w") as config:
            config.write("{}")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [args.daemon, f"--engine={args.engine}", f"--engine-dir={args.engine_dir}",
                 f"--config={folder}/config.json", f"--socket={self.path}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def await_socket(self):
        until = time.monotonic() + DEADLINE_S
        while not self.answers():
            code = self.process.poll()
            if code is not None:
                if code == REFUSED:
                    raise Skip(self.said())
                raise Fail(f"the daemon ended with {code}")
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
        """Its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "SIGKILL"


class Connection:
    """JSON lines on the daemon's socket."""
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest = b""

    def ask(self, request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        self.socket.settimeout(DEADLINE_S)
        lines = []
        try:
            while not lines:
                lines = self.lines()
        except TimeoutError:
            raise Fail(f"no answer to {request}") from None
        if not lines[0].get("ok"):
            raise Fail(f"{request} was answered with {lines[0]}")
        self.pending = lines[1:]
        return lines[0]

    def lines(self):
        """What has arrived; blocks if nothing has."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise Fail("the daemon closed the connection")
        *whole, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in whole]


def untracked(path):
    return Connection(path).ask({"op": "stats"})["engine"]["untracked"]


def text_of(file):
    file.seek(0)
    return file.read()


class Run:
    """One run of the program, and the stream meanwhile."""
    def __init__(self, program, stream):
        self.stream = stream
        self.events = list(stream.pending)
        self.out = tempfile.TemporaryFile("w+")
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([program, "one", "", "two words"],
                                        stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.said)

    def expectations(self):
        """Complete once the program has ended."""
        return [json.loads(line) for line in text_of(self.out).splitlines()]

    def is_complete(self):
        """The second mark is there, and nothing that was published late is missing."""
        if self.process.poll() is None:
            return False
        code = self.process.returncode
        if code == SKIP:
            raise Skip(text_of(self.said).strip())
        if code:
            raise Fail(f"it ended with {code}: {text_of(self.said)}")
        self.want = [e for e in self.expectations() if "type" in e]
        pids = {e["pid"] for e in self.want}
        self.seen, ended = compare.observed(self.events, self.process.pid, pids)
        return ended and len(self.seen) >= len(self.want)

    def wait(self):
        until = time.monotonic() + DEADLINE_S
        with selectors.DefaultSelector() as ready:
            ended = os.pidfd_open(self.process.pid)
            ready.register(ended, selectors.EVENT_READ, None)
            ready.register(self.stream.socket, selectors.EVENT_READ, self.stream)
            while not self.is_complete() and time.monotonic() < until:
                for key, _ in ready.select(until - time.monotonic()):
                    if key.data:
                        self.events += self.stream.lines()
                    else:
                        ready.unregister(ended)
            os.close(ended)
        if self.process.poll() is None:
            self.process.kill()
            raise Fail("the program does not end")

    def check(self, grown):
        gaps = [e for e in self.events if e["type"] == "gap"]
        wrong = [f"events were lost: {gap}" for gap in gaps]
        wrong += compare.compare(self.want, self.seen)
        for least in (e["untracked"] for e in self.expectations() if "untracked" in e):
            if grown < least:
                wrong.append(f"{grown} calls were counted as untracked, expected {least} or more")
        if wrong:
            raise Fail("\n".join([*wrong, f"{len(wrong)} mismatches, "
                                  f"{len(self.want)} events expected, {len(self.seen)} seen"]))
        return len(self.seen)


def trace(path, program):
    calls = subprocess.check_output([program, "--calls"], text=True).split()
    request = {"op": "subscribe", "format": "json"}
    if calls:
        request["filter"] = {"syscalls": sorted({*calls, "kill"})}
    stream = Connection(path)
    before = untracked(path)
    stream.ask(request)
    traced = Run(program, stream)
    traced.wait()
    count = traced.check(untracked(path) - before)
    print(f"{os.path.basename(program)}: {count} events as expected")


def run(args, folder):
    for file in (args.program, *args.file):
        shutil.copy(file, folder)
    program = f"{folder}/{os.path.basename(args.program)}"
    if args.socket:
        return trace(args.socket, program)
    if os.geteuid():
        raise Skip("not root")
    daemon = Daemon(args, folder)
    try:
        daemon.await_socket()
        trace(daemon.path, program)
    except Fail as why:
        raise Fail(f"{why}\nThe daemon said: {daemon.said()}") from None
    finally:
        code = daemon.stop()
    if code:
        raise Fail(f"the daemon ended with {code}: {daemon.said()}")


def plain_folder():
    """Where temporary files are on no overlay; None: nowhere but in the usual place."""
    for path in (tempfile.gettempdir(), "/dev/shm"):
        kind = subprocess.run(["stat", "-f", "-c", "%t", path], capture_output=True, text=True)
        if kind.returncode == 0 and kind.stdout.strip() != OVERLAY:
            return path
    return None


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--socket", default=os.environ.get("FCD_TRACE_SOCKET"),
                   help="of a daemon that runs (default: $FCD_TRACE_SOCKET)")
    p.add_argument("--daemon", help="start this one")
    p.add_argument("--engine")
    p.add_argument("--engine-dir")
    p.add_argument("program")
    p.add_argument("file", nargs="*")
    args = p.parse_args()
    try:
        with tempfile.TemporaryDirectory(dir=plain_folder()) as folder:
            os.chmod(folder, 0o755)
            os.environ["TMPDIR"] = folder   # the program's, too
            run(args, folder)
        return 0
    except Skip as why:
        print(f"skipped: {why}")
        return SKIP
    except Fail as why:
        print(f"{os.path.basename(args.program)}: {why}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
