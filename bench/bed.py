# SPDX-License-Identifier: MIT
"""What all questions share: the daemon, who reads it, what it has spent."""
import contextlib
import json
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import time

CPU_DAEMON, CPU_OTHERS = 0, 1
START_S = 30


def pinned(cpu, *command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def anywhere(_cpu, *command):
    return command


def realtime(cpu, *command):
    """For what compares nanoseconds: what else runs on the machine waits."""
    return ["chrt", "-f", "10", *pinned(cpu, *command)]


def run(command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


@contextlib.contextmanager
def beside(command):
    """Run what says "ready" and ends when a line comes; yields its pid."""
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if p.stdout.readline().strip() != "ready":
        sys.exit("%s did not get ready" % " ".join(command))
    yield p.pid
    p.stdin.write("\n")
    p.stdin.close()
    p.stdout.read()
    if p.wait():
        sys.exit("%s failed" % " ".join(command))


def threads_ns(pid):
    """What each thread has run, by name."""
    spent = {}
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        name = (task / "comm").read_text().strip()
        spent[name] = spent.get(name, 0) + int((task / "schedstat").read_text().split()[0])
    return spent


class Daemon:
    def __init__(self, pid, path):
        self.pid, self.path = pid, path

    def ask(self, op):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.path)
            s.sendall(json.dumps({"op": op}).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def spent_ns(self):
        """Its own work; the thread of the fake engine stands for the kernel."""
        return sum(ns for name, ns in threads_ns(self.pid).items() if name != "fake engine")


class Bed:
    def __init__(self, build, yardsticks, folder):
        self.build, self.yardsticks = build, yardsticks
        self.socket = os.path.join(folder, "capture.sock")
        self.config = os.path.join(folder, "config.json")
        self.notify = os.path.join(folder, "notify.sock")

    def command(self, engine, **options):
        with open(self.config, "w") as f:
            json.dump({"linger_ms": 0, "engines": {engine: options}}, f)
        return [self.build + "/daemon/falco-capture", "--engine=" + engine, "--config", self.config,
                "--socket", self.socket]

    @contextlib.contextmanager
    def daemon(self, engine, how=pinned, **options):
        """Yields it once it has told systemd, here us, that it is ready."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(self.notify)
            notify.settimeout(START_S)
            p = subprocess.Popen(how(CPU_DAEMON, *self.command(engine, **options)),
                                 stderr=subprocess.DEVNULL,
                                 env={**os.environ, "NOTIFY_SOCKET": self.notify})
            try:
                while b"READY=1" not in notify.recv(4096):
                    pass
            except TimeoutError:
                sys.exit("the daemon did not start")
        os.unlink(self.notify)
        yield Daemon(p.pid, self.socket)
        p.terminate()
        if p.wait(30):
            sys.exit("the daemon failed")

    def drain(self, form, wanted=None):
        return [self.build + "/bench/bench-drain", self.socket, form, json.dumps(wanted or {})]

    def subscribers(self, count, form, wanted=None, cpu=CPU_OTHERS):
        stack = contextlib.ExitStack()
        for _ in range(count):
            stack.enter_context(beside(pinned(cpu, *self.drain(form, wanted))))
        return stack


def spread(values, digits=0):
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values),
                                    digits, max(values))


def table(head, rows):
    return "\n".join("| %s |" % " | ".join(map(str, r)) for r in [head, ["---"] * len(head), *rows])


def machine():
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read()).group(1)
    return "%s, %d CPUs, Linux %s, %s" % (cpu, os.cpu_count(), platform.release(),
                                          time.strftime("%Y-%m-%d"))
