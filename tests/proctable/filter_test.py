# SPDX-License-Identifier: MIT
"""Filters by process with the real daemon and the bpf engine: exactly the events of the tree that
a subscriber asked for, with the names that its processes gave themselves."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "daemon"))
import harness  # pylint: disable=wrong-import-position

# Makes a child when told to, which becomes another and closes a number of ours; so does this.
TREE = """import ctypes, os, sys
sys.stdin.readline()
pid = os.fork()
if not pid:
    ctypes.CDLL(None).prctl(15, b"grandchild", 0, 0, 0)
    os.setresuid(-1, 4242, -1)
    try:
        os.close(987654)
    except OSError:
        pass
    os._exit(0)
os.waitpid(pid, 0)
try:
    os.close(987654)
except OSError:
    pass
print(pid, flush=True)
sys.stdin.readline()
"""


class Filters(harness.Test):
    def setUp(self):
        super().setUp()
        self.bpf = self.daemon(engine="bpf")

    def tree(self):
        child = subprocess.Popen([sys.executable, "-c", TREE], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.communicate)
        return child

    def go(self, child):
        """It and its child have made their calls; the child's pid."""
        child.stdin.write("\n")
        child.stdin.flush()
        return int(child.stdout.readline())

    def subscribe(self, **chosen):
        client = self.bpf.connect()
        self.addCleanup(client.close)
        reply = client.ask({"op": "subscribe", "filter": dict(chosen, syscalls=["close"])})
        self.assertTrue(reply["ok"], reply)
        return client

    def ours(self, client, count):
        """The first events of closing our number."""
        found = (e for e in client.lines() if e.get("fd") == 987654)
        return [next(found) for _ in range(count)]

    def test_a_pid_shows_its_tree_and_nothing_else(self):
        one, other = self.tree(), self.tree()
        client = self.subscribe(pids=[one.pid])
        self.go(other)
        below = self.go(one)
        first, second = self.ours(client, 2)
        self.assertEqual((first["pid"], first["proc"]), (below, "grandchild"))
        self.assertEqual(second["pid"], one.pid)
        self.assertTrue(second["proc"].startswith("python"), second)

    def test_a_user_is_who_he_became(self):
        one = self.tree()
        client = self.subscribe(uids=[4242])
        below = self.go(one)
        self.assertEqual([e["pid"] for e in self.ours(client, 1)], [below])

    def test_a_name_is_what_it_became(self):
        one = self.tree()
        client = self.subscribe(comms=["grandchild"], failed=True)
        below = self.go(one)
        self.assertEqual([(e["pid"], e["res"]) for e in self.ours(client, 1)], [(below, -9)])


def refused():
    """Why the engine cannot work here, or None."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            harness.Daemon(folder, engine="bpf").close()
        except AssertionError as err:
            return err
    return None


if __name__ == "__main__":
    if why := refused():
        print("skipped:", why)
        sys.exit(77)
    harness.main()
