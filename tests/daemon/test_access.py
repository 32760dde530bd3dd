# SPDX-License-Identifier: MIT
"""Who may do what, asked by real other users with real groups."""
import json
import os
import sys

import harness

if os.getuid():
    print("needs root, to be other users")
    sys.exit(77)

# Numbers that belong to nobody, so that only the rule decides.
ALICE, BOB = 64001, 64002
FALCO, OTHER = 64101, 64102


def ask_as(path, request, user, group, groups):
    """The answer that a process with these ids gets."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.setgroups(groups)
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
        client = harness.Client(path)
        client.send(request)
        os.write(write, client.file.readline())
        os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as answer:
        line = answer.read()
    os.waitpid(pid, 0)
    return json.loads(line)


class Access(harness.Test):
    def start(self, access, **more):
        daemon = self.daemon({"access": access}, **more)
        os.chmod(self.folder, 0o711)
        os.chmod(daemon.path, 0o666)
        return daemon

    def ask(self, daemon, op, user, group=OTHER, groups=()):
        return ask_as(daemon.path, {"op": op}, user, group, groups)

    def allowed(self, *arguments, **more):
        return self.ask(*arguments, **more)["ok"]

    def test_without_a_rule_who_can_connect_may(self):
        daemon = self.start({"stats": {"users": [ALICE]}, "status": None})
        for op in ("subscribe", "status", "engines"):
            self.assertTrue(self.allowed(daemon, op, BOB), op)
        self.assertFalse(self.allowed(daemon, "stats", BOB))

    def test_user_may_by_number_and_by_name(self):
        daemon = self.start({"subscribe": {"users": [ALICE, "nobody"]}})
        self.assertTrue(self.allowed(daemon, "subscribe", ALICE))
        self.assertTrue(self.allowed(daemon, "subscribe", 65534))   # Debian's static "nobody"
        self.assertFalse(self.allowed(daemon, "subscribe", BOB))

    def test_group_may_whether_it_is_the_first_or_the_last(self):
        daemon = self.start({"subscribe": {"groups": [FALCO, "daemon"]}})
        many = list(range(70000, 70100))
        for group, groups, may in ((FALCO, [], True), (OTHER, [], False), (OTHER, many, False),
                                   (OTHER, [FALCO], True), (OTHER, [*many, FALCO], True),
                                   (OTHER, [1], True)):             # static too: "daemon"
            self.assertEqual(self.allowed(daemon, "subscribe", BOB, group, groups), may, groups)

    def test_a_user_s_number_is_no_group_s(self):
        daemon = self.start({"status": {"users": [FALCO]}, "stats": {"groups": [ALICE]}})
        self.assertFalse(self.allowed(daemon, "status", BOB, FALCO, [FALCO]))
        self.assertFalse(self.allowed(daemon, "stats", ALICE))

    def test_root_and_the_daemon_s_user_always_may(self):
        nobody_may = {op: {} for op in ("subscribe", "status", "stats", "engines")}
        daemon = self.start(nobody_may)
        for op in nobody_may:
            self.assertTrue(self.allowed(daemon, op, 0), op)
            self.assertFalse(self.allowed(daemon, op, ALICE), op)

    def test_refusal_says_who_may_not_do_what_to_both_sides(self):
        daemon = self.start({"subscribe": {"users": [ALICE]}})
        refused = self.ask(daemon, "subscribe", BOB)
        self.assertEqual((refused["code"], refused["error"]),
                         ("denied", f"user {BOB} may not subscribe"))
        self.assertIn("access in the config", refused["hint"])
        self.assertIn(f"user {BOB} may not subscribe: access.subscribe in the config",
                      daemon.wait_for("may not"))


harness.main()
