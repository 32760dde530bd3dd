# SPDX-License-Identifier: MIT
"""The events of a daemon as bytes, by the client bytes.c."""
import json
import os
import re
import subprocess

from daemon import Fail

EVENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../core/table/events.txt")
COMPAT = 2              # the envelope's other flags say when an event came


def event_types():
    """id -> (name, names of its parameters)"""
    types = {}
    with open(EVENTS) as file:
        for line in file:
            if re.match(r"\d+ ", line):
                number, _, _, name, *_ = line.split()
                params = []
                types[int(number)] = (name, params)
            elif line.startswith("dyn "):
                params = []     # of no event
            elif line.startswith("\t") and not line.startswith("\t#"):
                params.append(line.split()[0])
    return types


TYPES = event_types()


class Raw:
    """What one daemon says, as bytes.c prints it."""
    def __init__(self, client, path, calls):
        want = json.dumps({"syscalls": sorted({*calls, "kill"})}) if calls else "{}"
        self.client = subprocess.Popen([client, path, want], stdout=subprocess.PIPE)
        self.socket = self.client.stdout
        self.rest, self.events, self.lost = b"", [], 0
        if self.socket.readline() != b"subscribed\n":
            raise Fail(f"the client ended with {self.client.wait()}")
        os.set_blocking(self.socket.fileno(), False)

    def receive(self):
        data = self.socket.read()
        if data == b"":
            raise Fail("the stream ended")
        *whole, self.rest = (self.rest + (data or b"")).split(b"\n")
        for line in whole:
            words = line.decode().split(" ")
            if words[0] == "lost":
                self.lost += int(words[1])
                continue
            name, names = TYPES[int(words[2])]
            values = [bytes.fromhex(w[1:]) for w in words[5:]]
            self.events.append({"pid": int(words[0]), "tid": int(words[1]), "type": name,
                                "compat": int(words[3]) & COMPAT, "seq": int(words[4]),
                                "params": dict(zip(names, values))})

    def stop(self):
        self.client.kill()
        self.client.wait()
        self.socket.close()
