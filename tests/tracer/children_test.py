# SPDX-License-Identifier: MIT
"""Many children at once: all end as they should, none is left, no event is missing."""
import collections
import subprocess

import tracer
from tracer import STORM, UNTRACED, Tracer

COUNT = 96


class Children(tracer.Test):
    def storm(self, *kind):
        """Run one to its end and to that of its tracer."""
        process = self.start(STORM, *kind, str(COUNT))
        traced = Tracer(process.pid)
        out, err = process.communicate()
        self.assertEqual((process.returncode, out, err), (0, f"{COUNT}\n", ""))
        traced.wait()
        return process.pid

    def events(self, *kind, calls):
        """All events of these calls, once nothing more can come."""
        client = self.subscribe(*calls, "procexit")
        root = self.storm(*kind)
        seen = []
        for event in client.lines():
            self.assertNotEqual(event["type"], "gap")
            seen.append(event)
            if event["type"] == "procexit" and event["tid"] == root:
                return seen
        return None

    def check_ends(self, events, begun):
        """Each thread that began has ended, once, and nothing of it comes later."""
        ended = [e["tid"] for e in events if e["type"] == "procexit"]
        self.assertEqual(len(set(ended)), len(ended))
        self.assertEqual(set(ended), set(begun))
        for tid in ended:
            last = [e for e in events if e["tid"] == tid][-1]
            self.assertEqual(last["type"], "procexit")

    def check_births(self, kind, *calls):
        """Both sides tell of each; the child's parent is who made it, or has that one's own."""
        events = self.events(kind, calls=calls)
        births = [e for e in events if e["type"] in calls]
        made = {e["res"]: e for e in births if e["res"] > 0}
        children = {e["tid"]: e for e in births if e["res"] == 0}
        self.assertEqual(made.keys(), children.keys())
        for tid, child in children.items():
            by = made[tid]
            self.assertEqual(child["ptid"], by["ptid" if child["pid"] == by["pid"] else "tid"])
        self.check_ends(events, {*made, events[-1]["tid"]})
        return len(made)

    def test_fork_tells_both_sides(self):
        self.assertEqual(self.check_births("fork", "clone"), COUNT)

    def test_clone3_tells_both_sides(self):
        self.assertEqual(self.check_births("clone3", "clone3"), COUNT)

    def test_threads_tell_both_sides(self):
        self.assertEqual(self.check_births("thread", "clone3"), COUNT)

    def test_children_of_threads_and_their_threads_tell_both_sides(self):
        self.assertEqual(self.check_births("family", "clone", "clone3"), 3 * COUNT)

    def test_vfork_and_exec(self):
        events = self.events("vfork", calls=["vfork", "execve"])
        types = collections.Counter(e["type"] for e in events)
        # The command's own exec, and of each vfork both returns.
        self.assertEqual(types, {"execve": COUNT + 1, "vfork": 2 * COUNT, "procexit": COUNT + 1})

    def test_posix_spawn(self):
        events = self.events("spawn", calls=["execve"])
        self.assertEqual(sum(e["type"] == "execve" for e in events), COUNT + 1)
        self.check_ends(events, {e["tid"] for e in events})

    def test_exec_by_any_thread_takes_the_first_ones_number(self):
        events = self.events("exec", calls=["execve", "clone", "clone3"])
        execs = [e for e in events if e["type"] == "execve"]
        self.assertEqual([e["tid"] for e in execs], [e["pid"] for e in execs])
        self.assertEqual(len({e["pid"] for e in execs}), COUNT + 1)
        # Of three threads two end by that, and the third later. The first one's number ends
        # twice where it was another that executed.
        ends = collections.Counter(e["tid"] for e in events if e["type"] == "procexit")
        self.assertEqual(ends.total(), 3 * COUNT + 1)
        self.assertEqual(collections.Counter(ends[e["pid"]] for e in execs[1:]),
                         {1: COUNT // 2, 2: COUNT // 2})

    def test_children_that_are_killed_end_too(self):
        events = self.events("kill", calls=["clone"])
        begun = {e["tid"] for e in events if e["type"] == "clone"}
        begun |= {e["res"] for e in events if e["type"] == "clone" and e["res"] > 0}
        self.check_ends(events, {*begun, events[-1]["tid"]})
        killed = [e for e in events if e["type"] == "procexit" and e["sig"] == "SIGKILL"]
        self.assertEqual(len(killed), COUNT)

    def test_nobody_gets_away_and_nobody_notices(self):
        done = subprocess.run(self.words(UNTRACED), text=True, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        seen = dict(line.split() for line in done.stdout.splitlines())
        self.assertEqual(seen.keys(), {"clone", "clone3"})
        self.assertNotIn("0", seen.values())


tracer.main()
