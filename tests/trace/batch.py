# SPDX-License-Identifier: MIT
"""Many mutants of core/fill/ in one build: a number in what was built says which one it is.

Of each body, condition and macro that is changed there is a copy for each change, and a choice by
that number. It is a constant to the verifier of the kernel, too, which looks at no other copy.
"""
from dataclasses import dataclass
from typing import Callable

import mutants

MAGIC = bytes([0xb3, 0x1e, 0x9c, 0x05, 0xf7, 0x62, 0xd8, 0x4b])     # before the number

# What is worth a warning is seen when it is run.
NO_WARNINGS = """
#pragma GCC system_header
#ifndef __clang__
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
"""

# The compiler does not see here that a parameter is missing: the event lacks it.
CHOICE = f"""
static const volatile struct {{
	unsigned char magic[{len(MAGIC)}];
	unsigned int number;
}} fcd_choice = {{ {{ {", ".join(map(hex, MAGIC))} }}, 0 }};
#define fcd_mutant fcd_choice.number
#define fcd_bad_order() ((void)0)
#ifndef __clang__
#pragma GCC optimize("O0") /* so many copies take long otherwise */
#endif

"""


@dataclass
class Place:
    """A part of a text of which there can be several copies."""
    start: int
    end: int
    choice: Callable        # of [(number, copy)] and the original

    def holds(self, m):
        return self.start <= m.start and m.end <= self.end

    def copy(self, m, text):
        return m.apply(text)[self.start:self.end + len(m.new) - len(m.old)]


def of_statements(copies, original):
    return "".join(f"\nif (fcd_mutant == {n}) {{{copy}\n}} else " for n, copy in copies) + \
        f"{{{original}\n}}"


def of_statement_macro(copies, original):
    text = of_statements([(n, f"{copy};") for n, copy in copies], f"{original};")
    return f" do {{ {mutants.flat(text)} }} while (0)"


def of_expression(copies, original):
    choices = [f"fcd_mutant == {n} ? ({mutants.flat(copy)}) : " for n, copy in copies]
    return f" ({''.join(choices)}({mutants.flat(original)}))"


def places(text):
    for d in mutants.definitions(text):
        line = text.rfind("\n", 0, d.start) + 1
        if text.startswith("#define", line):
            end = mutants.LOGICAL_LINE.match(text, d.start).end()
            yield Place(d.start, end, of_statement_macro if d.name.startswith("P_")
                        else of_expression)
            continue
        body = d.start
        if line == d.start:     # it has a condition, or a count, of its own
            end = mutants.close_of(text, text.index("(", line))
            a, b = mutants.arguments(text[line:end])[-1]
            yield Place(line + a, line + b, of_expression)
            body = text.index("{", end) + 1
        yield Place(body, text.index("\n}", body), of_statements)


def possible(text, found):
    """Those that can be chosen by a number."""
    all_places = list(places(text))
    return [m for m in found if any(p.holds(m) for p in all_places)]


def merged(text, found):
    """With all of them; number i + 1 is found[i]."""
    out, at = [NO_WARNINGS], 0
    for p in places(text):
        copies = [(n, p.copy(m, text)) for n, m in enumerate(found, 1) if p.holds(m)]
        if copies:
            out += [text[at:p.start], p.choice(copies, text[p.start:p.end])]
            at = p.end
    return "".join([*out, text[at:]])


def with_choice(text):
    """fill.h, in which the number is declared."""
    before, after = text.split("FCD_FN void fcd_turn(")
    return f"{before}{CHOICE}FCD_FN void fcd_turn({after}"


def chosen(built, number):
    """The bytes of an object or program, with the number."""
    before, after = built.split(MAGIC)
    return before + MAGIC + number.to_bytes(4, "little") + after[4:]
