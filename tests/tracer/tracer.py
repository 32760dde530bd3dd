# SPDX-License-Identifier: MIT
"""Commands under falco-capture-trace, beside the same commands without it."""
import os
import select
import subprocess

import harness

TRACER, STORM, UNTRACED = (os.environ[f"FCD_{k}"] for k in ("TRACER", "STORM", "UNTRACED"))


def status(pid, key):
    """What /proc says of a process, as text."""
    with open(f"/proc/{pid}/status") as file:
        return next(line.split(None, 1)[1].strip() for line in file if line.startswith(key + ":"))


class Tracer:
    """The process that traces this one, which executes what it shall and then waits for us."""

    def __init__(self, pid):
        self.pid = 0
        while not self.pid or os.readlink(f"/proc/{pid}/exe") == os.path.realpath(TRACER):
            self.pid = int(status(pid, "TracerPid"))    # nothing announces that it begins
        self.fd = os.pidfd_open(self.pid)

    def kill(self):
        os.kill(self.pid, 9)
        self.wait()

    def wait(self):
        """Until it has ended, which nobody but its new parent is told."""
        select.select([self.fd], [], [])
        os.close(self.fd)


class Test(harness.Test):
    """With a daemon for the tracer."""

    def setUp(self):
        super().setUp()
        self.served = self.daemon(engine="userspace")

    def subscribe(self, *syscalls):
        client = self.served.subscribe(*syscalls)
        self.addCleanup(client.close)
        return client

    def words(self, *command):
        return [*harness.WITH_US, TRACER, "--require-daemon", "--socket", self.served.path, "--",
                *command]

    def start(self, *command, **more):
        """With pipes to it."""
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                     text=True)
        process = subprocess.Popen(self.words(*command), **{**pipes, **more})
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                self.addCleanup(stream.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_both(self, *command, **more):
        """(untraced, traced)"""
        more = {**dict(text=True, capture_output=True, check=False), **more}
        return (subprocess.run([*harness.WITH_US, *command], **more),
                subprocess.run(self.words(*command), **more))


def main():
    if os.environ.get("FCD_AS_NOBODY"):
        if os.getuid():
            print("needs root, to become another user")
            raise SystemExit(77)
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        if not os.access(TRACER, os.X_OK):
            print("the build folder is not open to user nobody")
            raise SystemExit(77)
    harness.main()
