#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Read events as frames from the falco-capture daemon: frames.py SOCKET [SYSCALL...]

A line for each: its number, the thread, the event's id in the schema, the parameters as bytes.
"""
import json
import signal
import socket
import struct
import sys

ENVELOPE = struct.Struct("<IHHIIQ")     # bytes, kind, flags, cpu, tgid, seq
EVENT = struct.Struct("<QQIHI")         # ts_ns, tid, bytes, type, nparams
GAP = struct.Struct("<QQQII")           # ts_ns, lost, total, cause, reserved
MARK = struct.Struct("<Qq")             # ts_ns, shift_ns
KIND_EVENT, KIND_GAP, KIND_MARK = 1, 2, 3


def records(stream):
    """(kind, seq, body) of each; it is sent padded to a multiple of 8."""
    while head := stream.read(ENVELOPE.size):
        size, kind, _flags, _cpu, _tgid, seq = ENVELOPE.unpack(head)
        body = stream.read((size + 7 & ~7) - ENVELOPE.size)
        yield kind, seq, body[:size - ENVELOPE.size]


def parameters(body, count):
    """A 16-bit length for each, then their bytes end to end."""
    at = EVENT.size + 2 * count
    for length in struct.unpack_from(f"<{count}H", body, EVENT.size):
        yield body[at:at + length].hex() or "-"
        at += length


def main(path, *syscalls):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    request = {"op": "subscribe", "format": "frames"}
    if syscalls:
        request["filter"] = {"syscalls": syscalls}
    s.sendall(json.dumps(request).encode() + b"\n")
    stream = s.makefile("rb")
    reply = json.loads(stream.readline())
    if not reply["ok"]:
        sys.exit(f"{reply['error']} ({reply['hint']})")
    for kind, seq, body in records(stream):
        if kind == KIND_EVENT:
            _ts, tid, _bytes, event_type, count = EVENT.unpack_from(body)
            print(seq, tid, event_type, *parameters(body, count), flush=True)
        elif kind == KIND_GAP:
            print(seq, "gap", *GAP.unpack(body)[1:4], flush=True)
        elif kind == KIND_MARK:
            print(seq, "mark", MARK.unpack(body)[1], flush=True)


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
main(*sys.argv[1:])
