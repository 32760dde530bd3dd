#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run programs that say which events they cause, and look whether daemons saw the same.

    run.py --engine NAME... --socket PATH... [--tracer PATH] [--file FILE...] -- PROGRAM...
    run.py --engine NAME --daemon PATH --engine-dir DIR [--tracer PATH] [--file FILE...] -- PROGRAM...

With several engines all their daemons watch the same run. A program runs as a copy in a folder of
its own, with the FILEs that it needs beside it, and not on an overlay if that can be: there stat
shows other inodes than the kernel has. An engine that sees only programs under its tracer is given
that tracer. With --bytes (trace-bytes) it is also looked at what JSON does not show, the code of
a system call without an event of its own. What came of it is appended to the file $FCD_TRACE_RESULTS, for matrix.py.
Exit status: 0 all is as expected, 1 not, 77 nothing can be tried here (why is on stdout).
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
import results
from daemon import Connection, Daemon, Fail, Skip
from exceptions import Exceptions
from raw import Raw
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
                    else:       # a zombie; poll() may not know that for a moment
                        self.process.wait()
                        ready.unregister(ended)
            os.close(ended)
        if self.process.poll() is None:
            self.process.kill()
            raise Fail("the program does not end")


class Trace:
    """The stream of one daemon meanwhile."""
    def __init__(self, path, calls, client=None):
        request = {"op": "subscribe", "format": "json", "processes": False}
        if calls:
            request["filter"] = {"syscalls": sorted({*calls, "kill"})}
        self.path, self.events, self.seen = path, [], []
        self.stream = Connection(path)
        self.untracked = daemon.ask(path, "stats")["engine"]["untracked"]
        self.engine = self.stream.ask(request)["engine"]
        self.raw = Raw(client, path, calls) if client else None
        self.streams = [self.stream, *([self.raw] if client else [])]

    def is_complete(self, run):
        """
        The second mark is there, and nothing that was published late is missing; or something
        was lost, and waiting makes nothing right.
        """
        self.events += self.stream.events()
        self.seen, ended = compare.observed(self.events, run.root, run.pids)
        return bool(self.gaps()) or (ended and len(self.seen) >= len(run.want) and
                                     (not self.raw or self.add_codes()))

    def gaps(self):
        return [e for e in self.events if e["type"] == "gap"]

    def add_codes(self):
        """ID, of which JSON shows the meaning only. False: not all of them are there yet."""
        codes = {e["seq"]: e["params"]["ID"] for e in self.raw.events if e["type"] == "syscall"}
        generic = [e for e in self.seen if e["type"] == "syscall"]
        for e in generic:
            e["ID"] = int.from_bytes(codes.get(e["seq"], b""), "little")
        return all(e["seq"] in codes for e in generic)

    def close(self):
        if self.raw:
            self.raw.stop()

    def wrong(self, run, exceptions):
        """[(event type or None, what is wrong)]"""
        out = [(None, f"events were lost: {e}") for e in self.gaps()]
        known = () if self.raw else ("ID",)
        want = [{k: v for k, v in e.items() if k not in known} for e in run.want]
        out += compare.compare(want, self.seen, exceptions)
        grown = daemon.ask(self.path, "stats")["engine"]["untracked"] - self.untracked
        if grown < run.untracked:
            out.append((None, f"{grown} calls were counted as untracked, "
                              f"expected {run.untracked} or more"))
        return out

    def exceptions(self, program):
        return Exceptions.of(self.engine, daemon.kernel(), os.path.basename(program))


def observe(sockets, program, tracer=None, client=None, deadline_s=daemon.DEADLINE_S):
    """Run it while these daemons watch: (run, a trace for each)."""
    calls = subprocess.check_output([program, "--calls"], text=True).split()
    traces = []
    try:
        for path in sockets:
            traces.append(Trace(path, calls, client))
        made = Run(program, sockets[0], tracer)
        made.wait([s for t in traces for s in t.streams],
                  lambda: all([t.is_complete(made) for t in traces]), deadline_s)
    finally:
        for t in traces:
            t.close()
    return made, traces


def check(args, sockets, program):
    """Raises Fail or Skip; says what is well."""
    name, failed = os.path.basename(program), []
    reports = [Results(args.results, name, e) for e in args.engine]
    try:
        made, traces = observe(sockets, program, args.tracer, args.bytes)
    except (Skip, Fail) as why:
        for r in reports:
            r.add_whole("skipped" if isinstance(why, Skip) else "failed", str(why))
        raise
    for t, report in zip(traces, reports):
        exceptions = t.exceptions(program)
        wrong = t.wrong(made, exceptions)
        report.add(made.want, wrong, exceptions)
        if wrong:
            failed += [*(text for _, text in wrong),
                       f"{len(wrong)} mismatches under {t.engine}, {len(made.want)} events "
                       f"expected, {len(t.seen)} seen"]
        else:
            print(f"{name}: {len(t.seen)} events as expected under {t.engine}", flush=True)
    if failed:
        raise Fail("\n".join(failed))


def check_all(args, sockets, folder):
    """How many ended in which way."""
    count = {None: 0, Skip: 0, Fail: 0}
    for program in args.program:
        try:
            check(args, sockets, shutil.copy(program, folder))
            count[None] += 1
        except (Skip, Fail) as why:
            is_skip = isinstance(why, Skip)
            print(f"{os.path.basename(program)}: {'skipped: ' if is_skip else ''}{why}")
            count[type(why)] += 1
    return count


def run(args, folder):
    """The exit status."""
    for file in args.file:
        shutil.copy(file, folder)
    if args.socket:
        count = check_all(args, args.socket, folder)
    elif os.geteuid() and not args.tracer:
        raise Skip("not root")
    else:
        own = Daemon(args.daemon, args.engine[0], args.engine_dir, folder)
        try:
            own.await_socket()
            count = check_all(args, [own.path], folder)
        finally:
            own.stop()
        if count[Fail]:
            print(f"The daemon said: {own.said()}")
    return 1 if count[Fail] else 0 if count[None] else SKIP


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
    p.add_argument("--engine", nargs="+", required=True)
    p.add_argument("--socket", nargs="+", help="of daemons that run, one of each engine")
    p.add_argument("--daemon", help="start this one")
    p.add_argument("--engine-dir")
    p.add_argument("--tracer", help="run the programs under this one")
    p.add_argument("--bytes", help="trace-bytes")
    p.add_argument("--user", help="run everything as this user")
    p.add_argument("--file", nargs="+", default=[])
    p.add_argument("program", nargs="+")
    return p.parse_args()


def main():
    args = options()
    args.results = results.opened()
    if args.user:
        become(args.user)
    try:
        with tempfile.TemporaryDirectory(dir=plain_folder()) as folder:
            os.chmod(folder, 0o755)
            os.environ["TMPDIR"] = folder   # the programs', too
            return run(args, folder)
    except Skip as why:
        print(f"skipped: {why}")
        return SKIP
    except Fail as why:
        print(why)
        return 1


if __name__ == "__main__":
    sys.exit(main())
