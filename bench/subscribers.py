# SPDX-License-Identifier: MIT
"""What subscribers cost the daemon: CPU for each event, CPU while nothing happens, memory."""
import statistics
import sys
import time

import plot
from bed import CPU_OTHERS, beside, pinned, run, spread, table, threads_ns

FORMS = ["shm", "frames", "json", "copies"]
COUNTS = [1, 2, 4, 8]
MANY = 8
RATE, HIGH_RATE = 100000, 1000000
SECONDS, IDLE_SECONDS = 2, 5
WARM_UP = 0.3
RINGS = ("/memfd:", "anon_inode:bpf-map")


def seq(stats):
    return stats["broadcast"]["seq"]


def overrun(stats):
    return sum(s["overrun"] for s in stats["subscribers"])


def watch(bed, daemon, form, count):
    """(ns of CPU for each event, share of events that were lost)"""
    if form == "copies":
        beside_it = beside(pinned(CPU_OTHERS, bed.build + "/bench/copies", bed.socket, count))
    else:
        beside_it = bed.subscribers(count, form)
    with beside_it as pid:
        def spent():
            return sum(threads_ns(pid).values()) if form == "copies" else daemon.spent_ns()

        time.sleep(WARM_UP)
        begin, from_ns = daemon.ask("stats"), spent()
        time.sleep(SECONDS)
        ns, end = spent() - from_ns, daemon.ask("stats")
    events = seq(end) - seq(begin)
    return ns / events, (overrun(end) - overrun(begin)) / events / count


def measure_cpu(bed, taken, rate, forms, counts):
    for form in forms:
        for count in counts:
            with bed.daemon("fake", rate=rate) as daemon:
                ns, lost = watch(bed, daemon, form, count)
            taken["cpu"].setdefault((rate, form, count), []).append(ns)
            taken["lost"].setdefault((rate, form, count), []).append(lost)
    # A daemon that copies merges and publishes once, as ours does for one subscriber, then copies.
    for count in counts:
        taken["cpu"][rate, "copies", count][-1] += taken["cpu"][rate, "shm", 1][-1]


def measure_idle(bed, taken):
    for wanted, name in ({"syscalls": ["ptrace"]}, "a call that nobody makes"), ({}, "all calls"):
        for form in "shm", "json":
            with bed.daemon("bpf") as daemon, bed.subscribers(MANY, form, wanted):
                time.sleep(WARM_UP)
                begin, from_ns = daemon.ask("stats"), daemon.spent_ns()
                time.sleep(IDLE_SECONDS)
                ns, end = daemon.spent_ns() - from_ns, daemon.ask("stats")
            events = (seq(end) - seq(begin)) / IDLE_SECONDS
            taken["idle"].setdefault((form, name), []).append((ns / IDLE_SECONDS / 1e7, events))


def resident(pid):
    """KiB in rings, KiB beside them."""
    sums = {True: 0, False: 0}
    is_ring = False
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            first, *rest = line.split(None, 5)
            if not first.endswith(":"):
                is_ring = bool(rest[4:]) and rest[4].startswith(RINGS)
            elif first == "Rss:":
                sums[is_ring] += int(rest[0])
    return sums[True], sums[False]


def measure_memory(bed, taken):
    for form in "shm", "json":
        with bed.daemon("bpf") as daemon, bed.subscribers(MANY, form):
            run(pinned(CPU_OTHERS, bed.build + "/bench/bench-loop", "open"))
            taken["memory"].setdefault(form, []).append(resident(daemon.pid))


def measure(bed, rounds):
    taken = {"cpu": {}, "lost": {}, "idle": {}, "memory": {}}
    for i in range(rounds):
        print("subscribers, round %d of %d" % (i + 1, rounds), file=sys.stderr)
        measure_cpu(bed, taken, RATE, FORMS, COUNTS)
        measure_cpu(bed, taken, HIGH_RATE, ["shm", "frames", "copies"], [1, MANY])
        measure_idle(bed, taken)
        measure_memory(bed, taken)
    return taken


def cpu_rows(taken):
    for (rate, form, count), values in taken["cpu"].items():
        ratio = [a / b for a, b in zip(taken["cpu"][rate, "shm", count], values)]
        lost = statistics.median(taken["lost"][rate, form, count])
        yield ("%d k" % (rate / 1000), form, count, spread(values),
               "-" if form == "shm" else spread(ratio, 2),
               "%.1f %%" % (100 * lost) if lost else "0")


def idle_rows(taken):
    for (form, wanted), values in taken["idle"].items():
        yield ("idle, %d %s subscribers to %s (%.0f events/s): CPU of the daemon, %% of a core" % (
                   MANY, form, wanted, statistics.median(v[1] for v in values)),
               spread([v[0] for v in values], 2), "< 0.5")


def memory_rows(taken):
    for form, values in taken["memory"].items():
        yield ("bpf engine, %d %s subscribers: memory beside the rings (%.0f MiB), MiB" % (
                   MANY, form, statistics.median(v[0] for v in values) / 1024),
               spread([v[1] / 1024 for v in values], 1), "≤ 12")


def report(taken):
    return "\n\n".join([
        table(["events/s", "format", "subscribers", "ns of the daemon's CPU per event",
               "shm to this", "lost"], cpu_rows(taken)),
        table(["what", "measured", "promised"], [*idle_rows(taken), *memory_rows(taken)])])


def plots(taken):
    names = {"copies": "copies (yardstick)", "json": "JSON lines"}
    series = {names.get(form, form): [
        (count, statistics.median(v), min(v), max(v))
        for count in COUNTS for v in [taken["cpu"][RATE, form, count]]] for form in FORMS}
    return {"subscribers": plot.lines(
        "What one more subscriber costs the daemon, %d k events/s" % (RATE / 1000), "subscribers",
        "ns of CPU per event", series, x_ticks=[0, *COUNTS], y_log=True)}
