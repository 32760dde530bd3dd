# SPDX-License-Identifier: MIT
"""How much: merging many rings, what a subscriber keeps up with, what the plugin hands Falco."""
import re
import statistics
import sys
import time

import plot
from bed import anywhere, realtime, run, spread, table

EVERY_CPU = "0-1"   # they choose their own
RINGS = [2, 8, 32, 128]
SECONDS = 1
LOW, HIGH, HALVINGS = 50e3, 12.8e6, 7

# Who reads: what its row says, format, filter, whether a reader of everything is beside it.
READERS = [
    ("one shm reader of everything", "shm", None, False),
    ("one frames stream of everything", "frames", None, False),
    ("one JSON stream of everything", "json", None, False),
    ("one JSON stream whose filter passes execve (1 in 19), beside a shm reader", "json",
     {"syscalls": ["execve"]}, True),
]


def millions(command):
    return float(re.search(r"([\d.]+) M events/s", run(command)).group(1))


def measure_rings(bed, taken):
    for rings in RINGS:
        yardstick = millions(realtime(EVERY_CPU, bed.yardsticks + "/merge", rings))
        ours = millions(realtime(EVERY_CPU, bed.build + "/bench/bench-pump", rings))
        taken.setdefault(rings, []).append((ours, yardstick))


def measure_plugin(bed, taken):
    bench = bed.build + "/bench/bench-plugin"
    yardstick = millions(realtime(EVERY_CPU, bench))
    ours = millions(realtime(EVERY_CPU, bench,
                             bed.build + "/client/plugin/libfalco_capture_plugin.so"))
    taken.append((ours, yardstick))


def keeps_up(bed, form, wanted, beside_all, rate):
    with bed.daemon("fake", anywhere, rate=int(rate)) as daemon:
        with bed.subscribers(int(beside_all), "shm", cpu=EVERY_CPU), \
             bed.subscribers(1, form, wanted, cpu=EVERY_CPU):
            begin = daemon.ask("stats")["broadcast"]["seq"]
            time.sleep(SECONDS)
            stats = daemon.ask("stats")
    reader = [s for s in stats["subscribers"] if s["format"] == form][-1]
    came = (stats["broadcast"]["seq"] - begin) / SECONDS
    return not reader["overrun"] and not sum(stats["engine"]["lost"].values()) and came > 0.9 * rate


def most(bed, form, wanted, beside_all):
    """Events/s: the highest rate that loses nothing, by halving on a logarithmic scale."""
    low, high = LOW, HIGH
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        if keeps_up(bed, form, wanted, beside_all, middle):
            low = middle
        else:
            high = middle
    return low


def measure(bed, rounds):
    taken = {"rings": {}, "plugin": [], "most": {}}
    for i in range(rounds):
        print("throughput, round %d of %d" % (i + 1, rounds), file=sys.stderr)
        measure_rings(bed, taken["rings"])
        measure_plugin(bed, taken["plugin"])
        for name, *how in READERS:
            taken["most"].setdefault(name, []).append(most(bed, *how))
    return taken


def report(taken):
    rings = [(n, spread([v[0] for v in values], 1), spread([v[1] for v in values], 1),
              spread([a / b for a, b in values], 2), "≥ 0.4" if n in (8, 128) else "-")
             for n, values in taken["rings"].items()]
    readers = [(name, spread([v / 1e6 for v in values], 2))
               for name, values in taken["most"].items()]
    ours, yardstick = zip(*taken["plugin"])
    plugin = (spread(ours, 1), spread(yardstick, 1),
              spread([a / b for a, b in taken["plugin"]], 2), "≥ 15 M events/s")
    return "\n\n".join([
        table(["rings", "fake engine, merge, broadcast ring, one reader: M events/s", "`merge`",
               "ratio", "promised"], rings),
        table(["Falco plugin, a host that counts: M events/s", "loop over libfalco-capture",
               "ratio", "promised"], [plugin]),
        table(["who reads", "M events/s without a loss"], readers)])


def plots(taken):
    def points(i):
        return [(n, statistics.median(v[i] for v in values), min(v[i] for v in values),
                 max(v[i] for v in values)) for n, values in taken["rings"].items()]

    return {"rings": plot.lines(
        "Merging rings into one ordered ring with one reader", "rings", "M events/s",
        {"falco-capture": points(0), "merge (yardstick)": points(1)}, x_log=True, x_ticks=RINGS)}
