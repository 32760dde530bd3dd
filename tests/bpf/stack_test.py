#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does every chain of the probe's functions fit into the stack that old kernels allow?

usage: tests/bpf/stack_test.py PROBE.bpf.o

Kernels up to 6.12 add up the stacks of a chain of functions, each a multiple of 32 bytes, and
refuse a program with a chain of more than 512 or of more than eight functions. Newer ones, which
run the other tests, do not. Prints the longest chain.
"""
import struct
import sys
from collections import namedtuple

MOST, STEP, DEPTH = 512, 32, 8
SHT_SYMTAB, SHT_REL, SHF_EXECINSTR = 2, 9, 4
STT_FUNC, STT_SECTION = 2, 3
FRAME = 10                                  # the register that points behind a function's stack
CALL, ADD_IMM, MOV_REG = 0x85, 0x07, 0xbf   # opcodes
LOAD, STORE_IMM, STORE = 1, 2, 3            # classes

Section = namedtuple("Section", "name type flags addr offset size link info align entry")
Symbol = namedtuple("Symbol", "name info other section value size")
Instruction = namedtuple("Instruction", "code regs off imm")


class Object:
    def __init__(self, data):
        self.data = data
        at, = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        self.sections = [Section(*struct.unpack_from("<IIQQQQIIQQ", data, at + i * size))
                         for i in range(count)]
        table = next(s for s in self.sections if s.type == SHT_SYMTAB)
        self.symbols = [Symbol(*struct.unpack_from("<IBBHQQ", data, at))
                        for at in range(table.offset, table.offset + table.size, 24)]
        self.names = self.sections[table.link].offset

    def name(self, symbol):
        start = self.names + symbol.name
        return self.data[start:self.data.index(b"\0", start)].decode()

    def functions(self):
        """{(section, offset): symbol}"""
        return {(s.section, s.value): s for s in self.symbols
                if s.info & 15 == STT_FUNC and self.sections[s.section].flags & SHF_EXECINSTR}

    def instructions(self, symbol):
        start = self.sections[symbol.section].offset + symbol.value
        return [Instruction(*struct.unpack_from("<BBhi", self.data, at))
                for at in range(start, start + symbol.size, 8)]

    def relocations(self):
        """{(section, offset): symbol}"""
        return {(r.info, at): self.symbols[info >> 32]
                for r in self.sections if r.type == SHT_REL
                for at, info in struct.iter_unpack("<QQ", self.data[r.offset:r.offset + r.size])}


def stack(code):
    """How far below the frame a function reads, writes, or makes a pointer."""
    most, frames = 0, {FRAME}
    for i in code:
        dst, src, kind = i.regs & 15, i.regs >> 4, i.code & 7
        if kind == LOAD and src == FRAME or kind in (STORE, STORE_IMM) and dst == FRAME:
            most = max(most, -i.off)
        elif i.code == ADD_IMM and dst in frames:
            most = max(most, -i.imm)
        if i.code == MOV_REG and src == FRAME:
            frames.add(dst)
        elif kind not in (STORE, STORE_IMM) and i.code != CALL:
            frames.discard(dst)
    return most


def callees(obj, symbol, relocations):
    for n, i in enumerate(obj.instructions(symbol)):
        if i.code != CALL or i.regs >> 4 != 1:
            continue
        at = symbol.value + n * 8
        target = relocations.get((symbol.section, at))
        if not target:
            yield symbol.section, at + 8 * (i.imm + 1)
        elif target.info & 15 == STT_SECTION:
            yield target.section, 8 * (i.imm + 1)
        else:
            yield target.section, target.value


def total(chain):
    return sum(size for size, _ in chain)


def longest(where, own, calls, done):
    """[(bytes, function)] of the chain from here that needs most."""
    if where not in done:
        below = [longest(c, own, calls, done) for c in calls[where]]
        done[where] = [(own[where], where)] + max(below, key=total, default=[])
    return done[where]


def deepest(where, calls):
    return 1 + max((deepest(c, calls) for c in calls[where]), default=0)


def main():
    with open(sys.argv[1], "rb") as file:
        obj = Object(file.read())
    functions, relocations = obj.functions(), obj.relocations()
    own = {w: -(-max(stack(obj.instructions(s)), 1) // STEP) * STEP for w, s in functions.items()}
    calls = {w: set(callees(obj, s, relocations)) for w, s in functions.items()}
    done = {}
    chain = max((longest(w, own, calls, done) for w in functions), key=total)
    depth = max(deepest(w, calls) for w in functions)
    print(f"{total(chain)} of {MOST} bytes:",
          " > ".join(f"{obj.name(functions[w])} {size}" for size, w in chain))
    print(f"{depth} of {DEPTH} functions deep")
    return total(chain) > MOST or depth > DEPTH


if __name__ == "__main__":
    sys.exit(main())
