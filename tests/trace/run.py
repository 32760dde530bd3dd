#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a program that says which events it causes, and look whether the daemon saw the same.

    run.py --socket PATH [--tracer PATH] PROGRAM [FILE...]
    run.py --daemon PATH --engine NAME --engine-dir DIR [--tracer PATH] PROGRAM [FILE...]

The program runs as a copy in a folder of its own, with the files that it needs beside it, and
not on an overlay if that can be: there stat shows other inodes than the kernel has. An engine
that sees only programs under its tracer is given that tracer. What came of it is appended to the
file $FCD_TRACE_RESULTS, for matrix.py.
Exit status: 0 all is as expected, 1 not, 77 cannot be tried here (why is on stdout).
"""
import argparse
import json
import os
import pwd
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

import compare
import daemon
from daemon import Connection, Daemon, Fail, Skip
from exceptions import Exceptions
from results import Results

SKIP = 77
OVERLAY = "794c7630"    # type of the file system


def text_of(file):
    file.seek(0)
    return file.read()


class Run:
    """One run of the program."""
    def __init__(self, program, path, tracer=None):
        under = [tracer, "--require-daemon", "--socket", path, "--"] if tracer else []
        self.out = tempfile.TemporaryFile("w+")
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*under, program, "one", "", "two words"],
                                        stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.said)

    def has_ended(self):
        """With success: then all that it expects is known."""
        code = self.process.poll()
        if code is None:
            return False
        if code == SKIP:
            raise Skip(text_of(self.said).strip())
        if code:
            raise Fail(f"it ended with {code}: {text_of(self.said)}")
        said = [json.loads(line) for line in text_of(self.out).splitlines()]
        self.root = next(line["program"] for line in said if "program" in line)
        self.untracked = max([line["untracked"] for line in said if "untracked" in line],
                             default=0)
        self.want = [line for line in said if "type" in line]
        self.pids = {event["pid"] for event in self.want}
        return True

    def wait(self, streams, is_complete, deadline_s):
        """Until it has ended and is_complete() agrees; reads the streams meanwhile."""
        until = time.monotonic() + deadline_s
        with selectors.DefaultSelector() as ready:
            ended = os.pidfd_open(self.process.pid)
            ready.register(ended, selectors.EVENT_READ, None)
            for stream in streams:
                ready.register(stream.socket, selectors.EVENT_READ, stream)
            while not (self.has_ended() and is_complete()) and time.monotonic() < until:
                for key, _ in ready.select(until - time.monotonic()):
                    if key.data:
                        key.data.receive()
                    else:
                        ready.unregister(ended)
            os.close(ended)
        if self.process.poll() is None:
            self.process.kill()
            raise Fail("the program does not end")


class Trace:
    """A run, beside the stream of one daemon."""
    def __init__(self, path, program, tracer=None):
        self.calls = subprocess.check_output([program, "--calls"], text=True).split()
        request = {"op": "subscribe", "format": "json"}
        if self.calls:
            request["filter"] = {"syscalls": sorted({*self.calls, "kill"})}
        self.path, self.events, self.seen = path, [], []
        self.stream = Connection(path)
        self.untracked = daemon.ask(path, "stats")["engine"]["untracked"]
        self.engine = self.stream.ask(request)["engine"]
        self.run = Run(program, path, tracer)

    def is_complete(self):
        """The second mark is there, and nothing that was published late is missing."""
        self.events += self.stream.events()
        self.seen, ended = compare.observed(self.events, self.run.root, self.run.pids)
        return ended and len(self.seen) >= len(self.run.want)

    def check(self, exceptions, deadline_s=daemon.DEADLINE_S):
        """[(event type or None, what is wrong)]"""
        self.run.wait([self.stream], self.is_complete, deadline_s)
        wrong = [(None, f"events were lost: {e}") for e in self.events if e["type"] == "gap"]
        wrong += compare.compare(self.run.want, self.seen, exceptions)
        grown = daemon.ask(self.path, "stats")["engine"]["untracked"] - self.untracked
        if grown < self.run.untracked:
            wrong.append((None, f"{grown} calls were counted as untracked, "
                                f"expected {self.run.untracked} or more"))
        return wrong


def trace(path, program, tracer, results):
    traced = Trace(path, program, tracer)
    exceptions = Exceptions.of(traced.engine, daemon.kernel(), os.path.basename(program))
    wrong = traced.check(exceptions)
    results.add(traced.engine, traced.run.want, wrong, exceptions)
    if wrong:
        raise Fail("\n".join([*(text for _, text in wrong), f"{len(wrong)} mismatches, "
                              f"{len(traced.run.want)} events expected, {len(traced.seen)} seen"]))
    print(f"{os.path.basename(program)}: {len(traced.seen)} events as expected")


def run(args, folder, results):
    for file in (args.program, *args.file):
        shutil.copy(file, folder)
    program = f"{folder}/{os.path.basename(args.program)}"
    if args.socket:
        return trace(args.socket, program, args.tracer, results)
    if os.geteuid() and not args.tracer:
        raise Skip("not root")
    own = Daemon(args.daemon, args.engine, args.engine_dir, folder)
    try:
        own.await_socket()
        trace(own.path, program, args.tracer, results)
    except Fail as why:
        raise Fail(f"{why}\nThe daemon said: {own.said()}") from None
    finally:
        own.stop()


def plain_folder():
    """Where temporary files are on no overlay; None: nowhere but in the usual place."""
    for path in (tempfile.gettempdir(), "/dev/shm"):
        kind = subprocess.run(["stat", "-f", "-c", "%t", path], capture_output=True, text=True)
        if kind.returncode == 0 and kind.stdout.strip() != OVERLAY:
            return path
    return None


def become(name):
    """An ordinary user, if we are not one already."""
    if os.geteuid():
        return
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setresgid(*[user.pw_gid] * 3)
    os.setresuid(*[user.pw_uid] * 3)


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--socket", default=os.environ.get("FCD_TRACE_SOCKET"),
                   help="of a daemon that runs (default: $FCD_TRACE_SOCKET)")
    p.add_argument("--daemon", help="start this one")
    p.add_argument("--engine")
    p.add_argument("--engine-dir")
    p.add_argument("--tracer", help="run the program under this one")
    p.add_argument("--user", help="run everything as this user")
    p.add_argument("program")
    p.add_argument("file", nargs="*")
    return p.parse_args()


def main():
    args = options()
    if args.user:
        become(args.user)
    results = Results(os.environ.get("FCD_TRACE_RESULTS"), os.path.basename(args.program))
    try:
        with tempfile.TemporaryDirectory(dir=plain_folder()) as folder:
            os.chmod(folder, 0o755)
            os.environ["TMPDIR"] = folder   # the program's, too
            run(args, folder, results)
        return 0
    except Skip as why:
        results.add_skip(args.engine, str(why))
        print(f"skipped: {why}")
        return SKIP
    except Fail as why:
        print(f"{os.path.basename(args.program)}: {why}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
