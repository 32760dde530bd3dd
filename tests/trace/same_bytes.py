#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two engines watch the same run of each program: every parameter must have the same bytes.

    same_bytes.py --engines A B (--daemon PATH --engine-dir DIR | --sockets A B) --bytes PATH
                  [--tracer PATH] [--file FILE...] -- PROGRAM...

Nothing is left out but what `exceptions` lists for either engine. Who a unix socket is, is a number
of the engine's own: what is one socket to A must be one to B. Results as run.py's.
Exit status: 0 all is the same, 1 not, 77 an engine cannot work here.
"""
import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import compare
import daemon
import exceptions
import results
import run
from daemon import Daemon, Fail, Skip
from raw import Raw
from results import Results

UNIX = 1                # first byte of a tuple
IDENTITIES = ("source", "peer")     # of socketpair


def observed(events, root, pids):
    """As in compare.py: what these processes did between the marks of root."""
    flat = [{**e, "arg_pid": int.from_bytes(e["params"].get("pid", b""), "little", signed=True)}
            for e in events]
    return compare.observed(flat, root, pids)


class Identities:
    """Numbers for sockets under two engines, of which each stands for one of the other."""
    def __init__(self):
        self.of = ({}, {})

    def are_same(self, a, b):
        return self.of[0].setdefault(a, b) == b and self.of[1].setdefault(b, a) == a


class Comparison:
    def __init__(self, rules):
        self.rules, self.needed, self.identities = rules, set(), Identities()

    def is_same(self, name, a, b):
        if name == "tuple" and a[:1] == b[:1] == bytes([UNIX]):
            return a[17:] == b[17:] and self.identities.are_same(a[1:9], b[1:9]) and \
                self.identities.are_same(a[9:17], b[9:17])
        if name in IDENTITIES and len(a) == len(b):
            return self.identities.are_same(a, b)
        return a == b

    def event(self, one, other):
        """Lines that say how they differ."""
        out = []
        if (one["type"], one["compat"]) != (other["type"], other["compat"]):
            return [f"    {one['type']} here, {other['type']} there"]
        for name, a in one["params"].items():
            b = other["params"][name]
            if self.is_same(name, a, b):
                continue
            rules = [r for r in self.rules if r.event == one["type"] and
                     r.parameter.removeprefix("arg_") == name and r.excuses_bytes(a, b)]
            self.needed |= set(rules)
            if not rules:
                out.append(f"    {name}: {a[:64]!r} ({len(a)}), {b[:64]!r} ({len(b)})")
        return out

    def streams(self, first, second):
        """(event type, text) for each that is not the same in both, thread by thread."""
        threads, out = {}, []
        for which, events in enumerate((first, second)):
            for e in events:
                threads.setdefault((e["pid"], e["tid"]), ([], []))[which].append(e)
        for (_, tid), (one, other) in threads.items():
            for n, (a, b) in enumerate(zip(one, other)):
                if lines := self.event(a, b):
                    out.append((a["type"], "\n".join([f"{a['type']} of thread {tid}, "
                                                      f"event {n + 1} of it:", *lines])))
            if len(one) != len(other):
                out.append((None, f"thread {tid}: {len(one)} events here, {len(other)} there"))
        return out


def both(args, sockets, folder, program):
    """Run one program; a text for what is not the same."""
    name, kernel = os.path.basename(program), daemon.kernel()
    calls = subprocess.check_output([program, "--calls"], text=True).split()
    seen, streams = [[], []], []
    try:
        for path in sockets:
            streams.append(Raw(args.bytes, path, calls))
        traced = sockets[args.engines.index("userspace")] if args.tracer else None
        made = run.Run(shutil.copy(program, folder), traced, args.tracer)

        def is_complete():
            found = [observed(s.events, made.root, made.pids) for s in streams]
            seen[:] = [events for events, _ in found]
            return all(ended and len(events) >= len(made.want) for events, ended in found)

        made.wait(streams, is_complete, daemon.DEADLINE_S)
    finally:
        for s in streams:
            s.stop()
    comparison = Comparison([r for r in exceptions.read()
                             if any(r.applies(e, kernel, name) for e in args.engines)])
    wrong = [(None, f"{s.lost} events were lost") for s in streams if s.lost]
    wrong += comparison.streams(*seen)
    Results(results.opened(), name).add_needed(comparison.needed)
    print(f"{name}: {len(seen[0])} events, {len(wrong)} differ" +
          "".join(f", {r.event} {r.parameter} excepted"
                  for r in sorted(comparison.needed, key=lambda r: r.line)), flush=True)
    return [text for _, text in wrong]


@contextlib.contextmanager
def daemons(args, folder):
    """Sockets of one for each engine."""
    if args.sockets:
        yield args.sockets
        return
    own = []
    try:
        for n, engine in enumerate(args.engines):
            os.mkdir(f"{folder}/{n}")
            own.append(Daemon(args.daemon, engine, args.engine_dir, f"{folder}/{n}"))
            own[-1].await_socket()
        yield [d.path for d in own]
    finally:
        for d in own:
            d.stop()


def compare_all(args, folder):
    wrong = []
    for file in args.file:
        shutil.copy(file, folder)
    with daemons(args, folder) as sockets:
        for program in args.program:
            try:
                wrong += both(args, sockets, folder, program)
            except Skip as why:
                print(f"{os.path.basename(program)}: not here: {why}")
    if wrong:
        raise Fail("\n".join([*wrong, f"{' and '.join(args.engines)}: "
                                      f"{len(wrong)} events are not the same"]))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--engines", nargs=2, required=True)
    p.add_argument("--daemon", help="start one for each engine")
    p.add_argument("--engine-dir")
    p.add_argument("--sockets", nargs=2, help="of daemons that run")
    p.add_argument("--bytes", required=True, help="trace-bytes")
    p.add_argument("--tracer")
    p.add_argument("--file", nargs="*", default=[])
    p.add_argument("program", nargs="+")
    args = p.parse_args()
    try:
        if os.geteuid():
            raise Skip("not root")
        with tempfile.TemporaryDirectory(dir=run.plain_folder()) as folder:
            os.chmod(folder, 0o755)
            os.environ["TMPDIR"] = folder
            compare_all(args, folder)
        return 0
    except Skip as why:
        print(f"skipped: {why}")
        return run.SKIP
    except Fail as why:
        print(why)
        return 1


if __name__ == "__main__":
    sys.exit(main())
