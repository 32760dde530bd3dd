# SPDX-License-Identifier: MIT
"""A plugin host and a subscriber by shared memory, both beside a daemon of the test's own."""
import json
import os
import queue
import re
import signal
import struct
import subprocess
import threading

import harness

HOST, PLUGIN, READER = (os.environ.get(k, "") for k in ("HOST", "PLUGIN", "READER"))
EXECVE, PROCEXIT = 293, 186


class Lines:
    """A program whose lines are read, as soon as they come: it never waits for us."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*harness.WITH_US, *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.queue = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.fill)
        self.thread.start()
        self.events = []        # "event" lines so far
        self.lost = {}          # by cause

    def fill(self):
        for line in self.process.stdout:
            self.queue.put(line.rstrip("\n"))
        self.queue.put(None)

    def line(self):
        line = self.queue.get()
        if line is None:
            raise AssertionError(f"{self.process.args} ended: {self.process.stderr.read()}")
        if line.startswith("event "):
            self.events.append(line)
        return line

    def reach(self, *words):
        """Read up to a line that begins so."""
        while not (line := self.line()).startswith(words):
            pass
        return line

    def reach_event(self, holds=lambda line: True):
        while not holds(line := self.reach("event ")):
            pass
        return line

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


class Host(Lines):
    def __init__(self, folder, config, *options):
        self.config = os.path.join(folder, "falco.json")
        self.configure(config)
        super().__init__(HOST, "--config", self.config, *options, PLUGIN)

    def configure(self, config):
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file)

    @property
    def pid(self):
        """setpriv has become it."""
        return self.process.pid

    def line(self):
        line = super().line()
        if told := re.match(r"notification falco_capture.lost (\d+) events? lost: (\w+)", line):
            self.lost[told[2]] = self.lost.get(told[2], 0) + int(told[1])
        return line

    def end(self):
        """As Falco is told to end. What it says of the capture: events, batches, timeouts, ms."""
        self.process.send_signal(signal.SIGTERM)
        closed = self.reach("closed ")
        self.reach("unloaded")
        if code := self.process.wait():
            raise AssertionError(f"the host ended with {code}: {self.process.stderr.read()}")
        return tuple(int(n) for n in re.findall(r"\d+", closed))

    def fail(self):
        """Its last words."""
        if self.process.wait() != 1:
            raise AssertionError(f"the host ended with {self.process.returncode}")
        return self.process.stderr.read()


class Reader(Lines):
    def __init__(self, path, filter_, *types):
        super().__init__(READER, path, json.dumps(filter_), *map(str, types))
        self.reach("subscribed")


def event_type(line):
    return struct.unpack_from("<H", bytes.fromhex(line[6:]), 20)[0]


class Test(harness.Test):
    def host(self, config, *options):
        host = Host(self.folder, config, *options)
        self.addCleanup(host.close)
        return host

    def reader(self, path, filter_, *types):
        reader = Reader(path, filter_, *types)
        self.addCleanup(reader.close)
        return reader
