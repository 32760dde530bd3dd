# SPDX-License-Identifier: MIT
"""What capturing adds to a system call, beside yardsticks in the same round."""
import contextlib
import shutil
import subprocess
import sys

from bed import CPU_DAEMON, CPU_OTHERS, beside, realtime, run, spread, table

# What is promised: condition, yardstick, call, how, at most, aim.
PROMISES = [
    ("not of interest", "bare empty", "close", "total", 1.15, None),
    ("captured", "bare fixed", "close", "added", 1.2, 1.0),
    ("captured", "bare path", "noent", "added", 0.9, 0.7),
    ("captured", "bare path", "open", "added", None, None),
    ("nobody subscribed", "daemon off", "close", "total", None, 1.0),
    ("captured, 8 subscribers", "captured", "close", "total", 1.05, None),
    ("captured, 8 subscribers", "captured", "open", "total", 1.05, None),
    ("traced, captured, 8 subscribers", "traced, captured", "close", "total", 1.05, None),
    ("traced, captured", "strace -f", "close", "added", None, None),
]


class Calls:
    """The caller has a CPU for itself; who reads is on the other one."""

    def __init__(self, bed):
        self.bed = bed
        self.tracer = (bed.build + "/engines/udig/trace/falco-capture-trace", "--require-daemon",
                       "--socket", bed.socket, "--")

    def loop(self, call, *wrapper):
        blocks = ["40"] if wrapper else []
        loop = self.bed.build + "/bench/bench-loop"
        out = run(realtime(CPU_OTHERS, *wrapper, loop, call, *blocks), stderr=subprocess.DEVNULL)
        return float(out.split()[0])

    def bare(self, mode, number, call):
        with beside(realtime(CPU_DAEMON, self.bed.yardsticks + "/bare", mode, number)):
            return self.loop(call)

    def captured(self, syscall, call, *wrapper, subscribers=1):
        with contextlib.ExitStack() as stack:
            for _ in range(subscribers):
                drain = self.bed.drain("shm", {"syscalls": [syscall]})
                stack.enter_context(beside(realtime(CPU_DAEMON, *drain)))
            return self.loop(call, *wrapper)


# A row of the table: name, of which call, what it does, the engine of the daemon beside it.
def rows(c):
    yield "daemon off", "close", lambda: c.loop("close"), None
    yield "nobody subscribed", "close", lambda: c.loop("close"), "bpf"
    yield "bare empty", "close", lambda: c.bare("empty", 3, "close"), None
    yield "not of interest", "close", lambda: c.captured("kill", "close"), "bpf"
    yield "bare fixed", "close", lambda: c.bare("fixed", 3, "close"), None
    yield "captured", "close", lambda: c.captured("close", "close"), "bpf"
    yield ("captured, 8 subscribers", "close",
           lambda: c.captured("close", "close", subscribers=8), "bpf")
    if shutil.which("perf"):
        yield "perf record", "close", lambda: c.loop(
            "close", "perf", "record", "-q", "-e", "raw_syscalls:sys_exit", "-o", "/dev/null",
            "--"), None
    if shutil.which("strace"):
        yield ("strace -f", "close",
               lambda: c.loop("close", "strace", "-f", "-qq", "-o", "/dev/null"), None)
    yield "traced, nobody subscribed", "close", lambda: c.loop("close", *c.tracer), "userspace"
    yield ("traced, captured", "close", lambda: c.captured("close", "close", *c.tracer),
           "userspace")
    yield ("traced, captured, 8 subscribers", "close",
           lambda: c.captured("close", "close", *c.tracer, subscribers=8), "userspace")
    for call in "noent", "open":
        yield "daemon off", call, lambda call=call: c.loop(call), None
        yield "bare path", call, lambda call=call: c.bare("path", 257, call), None
        yield "captured", call, lambda call=call: c.captured("openat", call), "bpf"
    yield ("captured, 8 subscribers", "open",
           lambda: c.captured("openat", "open", subscribers=8), "bpf")


def measure(bed, rounds):
    taken = {}
    calls = Calls(bed)
    for i in range(rounds):
        print("calls, round %d of %d" % (i + 1, rounds), file=sys.stderr)
        for name, call, take, engine in rows(calls):
            with bed.daemon(engine, realtime) if engine else contextlib.nullcontext():
                taken.setdefault((name, call), []).append(take())
    return taken


def ratios(taken, condition, yardstick, call, how):
    off = taken[("daemon off", call)]
    pairs = zip(taken[(condition, call)], taken[(yardstick, call)], off)
    return [(a - o) / (y - o) if how == "added" else a / y for a, y, o in pairs]


def report(taken):
    costs = [(call, name, spread(values),
              spread([v - o for v, o in zip(values, taken[("daemon off", call)])]))
             for (name, call), values in taken.items()]
    kept = [("%s: %s to %s, %s" % (call, condition, yardstick,
                                   "what it adds" if how == "added" else "whole call"),
             spread(ratios(taken, condition, yardstick, call, how), 2),
             "≤ %s" % most if most else "-", aim or "-")
            for condition, yardstick, call, how, most, aim in PROMISES
            if (yardstick, call) in taken]
    return "\n\n".join([table(["call", "condition", "ns per call", "added"], costs),
                        table(["what", "ratio", "promised", "aim"], kept)])


def plots(_taken):
    return {}
