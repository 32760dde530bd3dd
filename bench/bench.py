#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py BUILD [--rounds N] [--yardsticks DIR] [--write FILE]

What capturing costs, measured beside yardsticks in the same run: in each round every
condition is taken once, one after the other, so that a machine that gets slower or faster hits all
of them. Printed are medians over the rounds with the lowest and highest, and ratios of what a
condition adds to a call to what its yardstick adds, taken round by round.
"""
import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CPU_CALLS, CPU_READERS = "1", "0"


def pinned(cpu, *command):
    return ["taskset", "-c", cpu, *command]


@contextlib.contextmanager
def beside(*command):
    """Run a reader that says "ready" and ends when a line comes."""
    p = subprocess.Popen(pinned(CPU_READERS, *command), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
    if p.stdout.readline().strip() != "ready":
        sys.exit("%s did not get ready" % " ".join(command))
    yield
    p.stdin.write("\n")
    p.stdin.close()
    p.stdout.read()
    if p.wait():
        sys.exit("%s failed" % " ".join(command))


class Bench:
    def __init__(self, build, yardsticks, folder):
        self.build, self.yardsticks = build, yardsticks
        self.socket = os.path.join(folder, "capture.sock")
        self.config = os.path.join(folder, "config.json")
        with open(self.config, "w") as f:
            json.dump({"linger_ms": 0}, f)

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.socket)
                s.sendall(b'{"op":"status"}\n')
                return bool(s.recv(1))
        except OSError:
            return False

    @contextlib.contextmanager
    def daemon(self, engine):
        p = subprocess.Popen(pinned(CPU_READERS, self.build + "/daemon/falco-capture",
                                    "--engine=" + engine, "--config", self.config,
                                    "--socket", self.socket), stderr=subprocess.DEVNULL)
        while not self.answers():
            if p.poll() is not None:
                sys.exit("the daemon did not start")
            time.sleep(0.01)    # nothing announces a socket file
        yield
        p.terminate()
        if p.wait(30):
            sys.exit("the daemon failed")

    def loop(self, call, *wrapper):
        blocks = ["40"] if wrapper else []
        out = subprocess.check_output(pinned(CPU_CALLS, *wrapper, self.build + "/bench/bench-loop",
                                             call, *blocks), text=True, stderr=subprocess.DEVNULL)
        return float(out.split()[0])

    def bare(self, mode, number, call):
        with beside(self.yardsticks + "/bare", mode, str(number)):
            return self.loop(call)

    def captured(self, syscall, call, *wrapper):
        with beside(self.build + "/bench/bench-drain", self.socket,
                    json.dumps({"syscalls": [syscall]})):
            return self.loop(call, *wrapper)

    def tracer(self):
        return (self.build + "/engines/udig/trace/falco-capture-trace", "--require-daemon",
                "--socket", self.socket, "--")


# A row of the table: name, of which call, what it does, the engine of the daemon beside it.
def rows(b):
    yield "daemon off", "close", lambda: b.loop("close"), None
    yield "nobody subscribed", "close", lambda: b.loop("close"), "bpf"
    yield "bare empty", "close", lambda: b.bare("empty", 3, "close"), None
    yield "not of interest", "close", lambda: b.captured("kill", "close"), "bpf"
    yield "bare fixed", "close", lambda: b.bare("fixed", 3, "close"), None
    yield "captured", "close", lambda: b.captured("close", "close"), "bpf"
    if shutil.which("perf"):
        yield "perf record", "close", lambda: b.loop(
            "close", "perf", "record", "-q", "-e", "raw_syscalls:sys_exit", "-o", "/dev/null",
            "--"), None
    if shutil.which("strace"):
        yield "strace -f", "close", lambda: b.loop("close", "strace", "-f", "-qq", "-o", "/dev/null"), None
    yield "traced, nobody subscribed", "close", lambda: b.loop("close", *b.tracer()), "userspace"
    yield "traced, captured", "close", lambda: b.captured("close", "close", *b.tracer()), "userspace"
    for call in "noent", "open":
        yield "daemon off", call, lambda call=call: b.loop(call), None
        yield "bare path", call, lambda call=call: b.bare("path", 257, call), None
        yield "captured", call, lambda call=call: b.captured("openat", call), "bpf"


# What is promised: condition, yardstick, call, at most, aim. The first call's "daemon off" is zero.
PROMISES = [
    ("not of interest", "bare empty", "close", "total", 1.15, None),
    ("captured", "bare fixed", "close", "added", 1.2, 1.0),
    ("captured", "bare path", "noent", "added", 0.9, 0.7),
    ("captured", "bare path", "open", "added", None, None),
    ("nobody subscribed", "daemon off", "close", "total", None, 1.0),
    ("traced, captured", "strace -f", "close", "added", None, None),
]


def spread(values, digits=0):
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values),
                                    digits, max(values))


def measure_calls(b, rounds):
    taken = {}
    for i in range(rounds):
        print("round %d of %d" % (i + 1, rounds), file=sys.stderr)
        for name, call, run, engine in rows(b):
            with b.daemon(engine) if engine else contextlib.nullcontext():
                taken.setdefault((name, call), []).append(run())
    return taken


def measure_pump(b, rounds):
    """Events per second, in millions."""
    taken = {"merge 8": [], "pump": []}
    for _ in range(rounds):
        for name, command in (("merge 8", [b.yardsticks + "/merge", "8"]),
                              ("pump", [b.build + "/bench/bench-pump"])):
            out = subprocess.check_output(command, text=True)
            taken[name].append(float(re.search(r"([\d.]+) M events/s", out).group(1)))
    return taken


def ratios(taken, condition, yardstick, call, how):
    off = taken[("daemon off", call)]
    pairs = zip(taken[(condition, call)], taken[(yardstick, call)], off)
    return [(a - o) / (y - o) if how == "added" else a / y for a, y, o in pairs]


def report(taken, pump):
    lines = ["| call | condition | ns per call | added |", "|---|---|---|---|"]
    for (name, call), values in taken.items():
        added = [v - o for v, o in zip(values, taken[("daemon off", call)])]
        lines.append("| %s | %s | %s | %s |" % (call, name, spread(values), spread(added)))
    lines += ["", "| what | ratio | promised | aim |", "|---|---|---|---|"]
    for condition, yardstick, call, how, most, aim in PROMISES:
        if (yardstick, call) not in taken:
            continue
        r = ratios(taken, condition, yardstick, call, how)
        lines.append("| %s: %s to %s, %s | %s | %s | %s |" % (
            call, condition, yardstick, "what it adds" if how == "added" else "whole call",
            spread(r, 2), "≤ %s" % most if most else "-", aim or "-"))
    r = [a / y for a, y in zip(pump["pump"], pump["merge 8"])]
    lines.append("| fake engine, merge, broadcast ring, one reader (%s M events/s) to merge 8 (%s) | %s"
                 " | ≥ 0.4 | - |" % (spread(pump["pump"], 1), spread(pump["merge 8"], 1), spread(r, 2)))
    return "\n".join(lines)


def machine():
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read()).group(1)
    return "%s, %d CPUs, Linux %s" % (cpu, os.cpu_count(), platform.release())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("build")
    p.add_argument("--rounds", type=int, default=11)
    p.add_argument("--yardsticks", help="folder with bare and merge; default: the project's own")
    p.add_argument("--write", help="put the tables between the marks of this file")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        b = Bench(a.build, a.yardsticks or a.build + "/bench", folder)
        text = "Measured on %s; median of %d rounds (lowest to highest).\n\n%s\n" % (
            machine(), a.rounds, report(measure_calls(b, a.rounds), measure_pump(b, a.rounds)))
    print(text)
    if a.write:
        with open(a.write) as f:
            before, rest = f.read().split("<!-- figures -->\n", 1)
            after = rest.split("<!-- end of figures -->", 1)[1]
        with open(a.write, "w") as f:
            f.write(before + "<!-- figures -->\n" + text + "<!-- end of figures -->" + after)


if __name__ == "__main__":
    main()
