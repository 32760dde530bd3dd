# SPDX-License-Identifier: MIT
"""What a traced program expects (expect.h), against what the daemon printed."""
import calendar
import json
import re
import signal

OWN_KEYS = {"ts", "seq", "cpu", "late"}     # of every event, known to nobody else
MARK_PID = -2**31                           # trace_begin() and trace_end() signal this process


def number(value):
    """A number in any form that the daemon writes: 7, "0x1f", "0644", "SIGHUP", a time."""
    if not isinstance(value, str):
        return value
    if re.fullmatch("0x[0-9a-f]+", value):
        return int(value, 16)
    if re.fullmatch("0[0-7]*", value):
        return int(value, 8)
    if value in signal.Signals.__members__:
        return signal.Signals[value].value
    at = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{9})Z", value)
    if at:
        *moment, ns = map(int, at.groups())
        return calendar.timegm((*moment, 0, 0, 0)) * 10**9 + ns
    return None


def unix_tuple(value):
    """unix:0xFROM->0xTO[:path]"""
    return re.fullmatch(r"unix:(0x[0-9a-f]+)->(0x[0-9a-f]+)(?::(.*))?", str(value), re.S)


def same_value(want, got):
    """Labels of identities are left to Labels."""
    if isinstance(want, dict):
        if "range" in want:
            (low, high), n = want["range"], number(got)
            return n is not None and low <= n <= high and n % want.get("multiple", 1) == 0
        if "zeros" in want:
            return got == "\0" * want["zeros"]
        if "bits" in want:
            names = set(filter(None, want["bits"].split("|")))
            return set(str(got).split("|")) == names or (not names and got == "0")
        if "identity" in want:
            return number(got) is not None
        at = unix_tuple(got)
        return at is not None and (at[3] or "") == want["unix"][2]
    if isinstance(want, int) and not isinstance(want, bool):
        return number(got) == want
    return type(got) is type(want) and got == want


def params(event):
    """What an event says, without what every event has. null is a parameter without value."""
    return {k: v for k, v in event.items() if k not in OWN_KEYS and v is not None}


def holds(what, want, got):
    """Does that hold of a value (None: there is none) where want was expected?"""
    if what == "any":
        return True
    if what == "empty":
        return got is None
    if what.startswith("without "):     # names of bits
        gone = set(what.removeprefix("without ").split(","))
        names = set(want["bits"].split("|")) - gone
        return same_value({"bits": "|".join(sorted(names))}, got)
    return got is not None and same_value(json.loads(what), got)


def wrong_values(want, got, exceptions=None):
    """(name, the exception that excuses it, or None) of each; got as params() makes it."""
    for name in want | got:
        if name not in want or name not in got or not same_value(want[name], got[name]):
            yield name, exceptions and exceptions.excuse(want, name, got.get(name))


def equal(want, got, exceptions=None):
    return all(rule for _, rule in wrong_values(want, got, exceptions))


def differences(want, got, exceptions=None):
    """Lines that say how an event differs, none if it does not; the exceptions it needs for that."""
    out, needed, got = [], set(), params(got)
    for name, rule in sorted(wrong_values(want, got, exceptions), key=lambda pair: pair[0]):
        if rule:
            needed.add(rule)
        elif name not in got:
            out.append(f"    {name}: expected {want[name]!r}, it has no value")
        elif name not in want:
            out.append(f"    {name}: expected no value, got {got[name]!r}")
        else:
            out.append(f"    {name}: expected {want[name]!r}, got {got[name]!r}")
    return out, needed


def alignment(want, got, exceptions):
    """Pairs of indexes with as many equal events as can be; None stands for no counterpart."""
    if [e["type"] for e in want] == [e["type"] for e in got]:
        return [(k, k) for k in range(len(want))]   # values are wrong, if anything is
    same = 0
    got = [params(event) for event in got]
    while same < min(len(want), len(got)) and equal(want[same], got[same], exceptions):
        same += 1
    rest = aligned(want[same:], got[same:], exceptions)
    return [(k, k) for k in range(same)] + \
        [tuple(None if k is None else k + same for k in pair) for pair in rest]


def aligned(want, got, exceptions):
    """The same, in the square of their number."""
    is_equal = [[equal(w, g, exceptions) for g in got] for w in want]
    best = [[0] * (len(got) + 1) for _ in range(len(want) + 1)]
    for i in reversed(range(len(want))):
        for j in reversed(range(len(got))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1],
                             best[i + 1][j + 1] + 1 if is_equal[i][j] else 0)
    pairs, i, j = [], 0, 0
    while i < len(want) and j < len(got):
        if is_equal[i][j] and best[i][j] == best[i + 1][j + 1] + 1:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j + 1] == best[i][j]:
            pairs.append((i, j))            # neither has an equal: show them together
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs += [(k, None) for k in range(i, len(want))]
    return pairs + [(None, k) for k in range(j, len(got))]


class Labels:
    """Each label has one identity, no two labels have the same; "0" is none."""
    def __init__(self):
        self.of = {"0": "0x0"}

    @staticmethod
    def pairs(rule, got):
        """(label, identity) of each socket that a value names."""
        at = unix_tuple(got)
        if isinstance(rule, dict) and "unix" in rule and at:
            return list(zip(rule["unix"][:2], at.groups()))
        if isinstance(rule, dict) and "identity" in rule:
            return [(rule["identity"], got)]
        return []

    def check(self, want, got):
        out = []
        for name, rule in want.items():
            for label, identity in self.pairs(rule, got.get(name)):
                known = self.of.setdefault(label, identity)
                if known != identity:
                    out.append(f"    {name}: {label!r} was {known}, now it is {identity}")
                elif [k for k, v in self.of.items() if v == identity] != [label]:
                    out.append(f"    {name}: {label!r} and another have identity {identity}")
        return out


def observed(events, root, pids):
    """Events of these processes between the two marks of root; whether the second one came."""
    out, marks = [], 0
    for event in events:
        if (event.get("type"), event.get("pid")) == ("kill", root) and \
                number(event.get("arg_pid")) == MARK_PID:
            marks += 1
            continue
        if marks == 1 and event.get("pid") in pids:
            out.append(event)
    return out, marks >= 2


def compare(want, got, exceptions=None):
    """Thread by thread, in order. (type, text) for each event that is not as it should be."""
    out, labels = [], Labels()
    threads = {}
    for which, events in enumerate((want, got)):
        for event in events:
            threads.setdefault((event["pid"], event["tid"]), ([], []))[which].append(event)
    for (_, tid), (wanted, seen) in threads.items():
        for i, j in alignment(wanted, seen, exceptions):
            if j is None:
                out.append((wanted[i]["type"], f"missing: {wanted[i]}"))
                continue
            if i is None:
                out.append((seen[j]["type"], f"unexpected: {seen[j]}"))
                continue
            what = wanted[i]["type"]
            lines, needed = differences(wanted[i], seen[j], exceptions)
            if needed:
                exceptions.needed |= needed
            lines = lines or labels.check(wanted[i], seen[j])
            if lines:
                out.append((what, "\n".join([f"{what} of thread {tid}, event {i + 1} of it:",
                                             *lines, f"  event: {seen[j]}"])))
    return out
