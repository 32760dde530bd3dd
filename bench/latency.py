# SPDX-License-Identifier: MIT
"""How soon: from a call to its event in a subscriber, from the daemon's start to a stream."""
import socket
import statistics
import subprocess
import sys
import time

import plot
from bed import CPU_DAEMON, CPU_OTHERS, anywhere, beside, pinned, run, spread, table

CALLS = 300
STARTS = 20
POINTS = 250    # of a line of the plot
REQUEST = b'{"op":"subscribe","filter":{"syscalls":["openat"]}}\n'


def take(bed, form):
    """In us, sorted."""
    out = run([bed.build + "/bench/bench-latency", bed.socket, form, str(CALLS)])
    return sorted(map(float, out.split()))


def take_busy(bed, form):
    """While a process opens files as fast as it can, and another reads of it."""
    with beside(pinned(CPU_DAEMON, *bed.drain("shm", {"syscalls": ["openat"]}))):
        flood = subprocess.Popen(pinned(CPU_OTHERS, bed.build + "/bench/bench-loop", "noent",
                                        "10000"), stdout=subprocess.DEVNULL)
        try:
            return take(bed, form)
        finally:
            flood.kill()
            flood.wait()


def take_start(bed, engine):
    """ms from exec to the reply of the first subscription."""
    begin = time.monotonic()
    with bed.daemon(engine, anywhere), socket.socket(socket.AF_UNIX) as s:
        s.connect(bed.socket)
        s.sendall(REQUEST)
        if not s.makefile().readline().startswith('{"ok":true'):
            sys.exit("no subscription")
        return (time.monotonic() - begin) * 1000


def measure(bed, rounds):
    taken = {"idle": {}, "busy": {}, "start": {}}
    for i in range(rounds):
        print("latency, round %d of %d" % (i + 1, rounds), file=sys.stderr)
        for form in "shm", "frames", "json":
            with bed.daemon("bpf", anywhere):
                taken["idle"].setdefault(form, []).append(take(bed, form))
        with bed.daemon("bpf", anywhere):
            taken["busy"].setdefault("shm", []).append(take_busy(bed, "shm"))
    for i in range(STARTS):
        for engine in "bpf", "fake":
            taken["start"].setdefault(engine, []).append(take_start(bed, engine))
    return taken


def percentile(sorted_values, p):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * p / 100))]


def latency_rows(taken):
    for when in "idle", "busy":
        for form, rounds in taken[when].items():
            yield [form, when, *(spread([percentile(r, p) for r in rounds]) for p in (50, 99)),
                   spread([r[-1] for r in rounds]), "< 5000" if when == "idle" else "-"]


def report(taken):
    starts = [("%s engine, from exec to the first subscription's reply, ms, %d starts" % (engine,
                                                                                     STARTS),
               spread(values), "≤ 250" if engine == "bpf" else "-")
              for engine, values in taken["start"].items()]
    return "\n\n".join([
        table(["format", "machine", "median, us", "99 %, us", "slowest of %d, us" % CALLS,
               "promised for 99 %"], latency_rows(taken)),
        table(["what", "measured", "promised"], starts)])


def shares(rounds):
    every = sorted(v for r in rounds for v in r)
    step = max(1, len(every) // POINTS)
    return [(every[i], 100 * (i + 1) / len(every)) for i in [0, *range(step - 1, len(every), step)]]


def plots(taken):
    names = {"shm": "shm", "frames": "frames", "json": "JSON lines"}
    series = {names[form]: shares(rounds) for form, rounds in taken["idle"].items()}
    series["shm, busy machine"] = shares(taken["busy"]["shm"])
    return {"latency": plot.lines(
        "How soon an event is there", "µs after the call began", "% of events there by then",
        series, x_log=True, y_ticks=[0, 25, 50, 75, 100], dots=False)}
