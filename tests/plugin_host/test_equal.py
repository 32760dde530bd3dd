# SPDX-License-Identifier: MIT
"""An attack under a real engine: the host gets, event for event and byte for byte, what a
subscriber of the same daemon gets."""
import os
import subprocess
import sys
import unittest

import hosts
import raw

ENGINE, ATTACK, TRACER = (os.environ[k] for k in ("ENGINE", "ATTACK", "TRACER"))
SKIP = 77
CALLS = {175: "init_module", 308: "setns", 313: "finit_module"}     # by number, for a generic event
MARK = b"/attack-is-over\0".hex()

# What the attack has to be seen by: the event, and a value of it.
SEEN = [("execve", b"/bin/sh\0"), ("openat", b"/etc/shadow\0"), ("openat", b"/etc/cron.d/attack\0"),
        ("connect", b"\x02" + bytes([127, 0, 0, 1]) + (8080).to_bytes(2, "little")),
        ("connect", b"\x02" + bytes([127, 0, 0, 1]) + (4444).to_bytes(2, "little")),
        ("accept4", b""), ("openat", b"/proc/1/ns/mnt\0"), ("clone", b"nginx\0"),
        ("init_module", b""), ("finit_module", b""), ("setns", b""), ("procexit", b"")]


def names(events):
    """(name, bytes) of each; a call without an event of its own has the name of the call."""
    out = []
    for line in events:
        data = bytes.fromhex(line[6:])
        name = raw.TYPES[int.from_bytes(data[20:22], "little")][0]
        if name == "syscall":
            name = CALLS.get(int.from_bytes(data[32:34], "little"))
        out.append((name, data))
    return out


class Equal(hosts.Test):
    def test_an_attack_is_the_same_to_falco_and_to_a_subscriber(self):
        daemon = self.daemon(engine=ENGINE)
        host = self.host({"socket": daemon.path}, "--print")
        status = self.wait_until(lambda s: s["subscribers"], daemon.status)
        reader = self.reader(daemon.path, {"syscalls": status["syscalls"]})
        self.attack(daemon)
        for stream in reader, host:
            stream.reach_event(lambda line: MARK in line)
        both = [e for e in host.events if e == reader.events[0]]
        self.assertEqual(len(both), 1)
        self.assertEqual(host.events[host.events.index(both[0]):], reader.events)
        self.check_seen(reader.events)
        self.assertEqual((host.lost, reader.lost), ({}, {}))
        host.end()

    def attack(self, daemon):
        command = [TRACER, "--require-daemon", "--socket", daemon.path, "--", ATTACK] \
            if TRACER else [ATTACK]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == SKIP:
            print(done.stderr)
            os._exit(SKIP)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def check_seen(self, events):
        found = names(events)
        for want, value in SEEN:
            self.assertTrue(any(name == want and value in data for name, data in found),
                            (want, value))


if __name__ == "__main__":
    if os.geteuid():
        print("skipped: not root")
        sys.exit(SKIP)
    if ENGINE == "kmod" and not os.path.exists("/dev/falco_capture"):
        print("skipped: the module is not loaded")
        sys.exit(SKIP)
    unittest.main(verbosity=2)
