# SPDX-License-Identifier: MIT
"""The ways in which core/fill/ can be wrong: small changes of what decides a parameter.

In every filler, and in every macro and function that fillers use: each parameter, each output
that is a part of one, each value that is returned or kept for one. A change is

    a parameter left out, emptied (or filled), one off, exchanged with the next;
    in its expression another argument, another number of the thread, another member, a limit or a
    constant that is one off, the other branch, a part of an "or" left out, a comparison moved;
    a flag bit not translated, or translated to another one.
"""
import re
from dataclasses import dataclass, field

# What fillers are written in, and tables: no parameter is decided there.
VOCABULARY = {"fill.h", "fillers.h", "interface.h", "numbers.h", "plain.h", "regs.h"}

# Pairs of words that are wrong for each other; numbers of a thread are taken from the enum.
TWINS = [("f.dev", "f.ino"), ("x_.ctime", "x_.mtime"), ("DIR_OUT", "DIR_IN"),
         ("s->local", "s->remote"), ("s->local_port", "s->remote_port"), ("own", "peer"),
         ("s_.backlog", "s_.backlog_max"),
         ("FCD_ID_SYSCALL_FORK_20_X", "FCD_ID_SYSCALL_VFORK_20_X"),
         ("FCD_ID_SYSCALL_CLONE_20_X", "FCD_ID_SYSCALL_CLONE3_X"),
         ("FCD_ID_SYSCALL_LINK_2_X", "FCD_ID_SYSCALL_RENAME_X"),
         ("FCD_ID_SYSCALL_RMDIR_2_X", "FCD_ID_SYSCALL_UNLINK_2_X"),
         ("FCD_ID_SYSCALL_LCHOWN_X", "FCD_ID_SYSCALL_CHOWN_X"),
         ("FCD_ID_SYSCALL_CHROOT_X", "FCD_ID_SYSCALL_CHDIR_X")]
LIMITS = ("PATH_LEN", "UNIX_PATH_LEN", "IMAGE_LEN", "SOCKOPT_LEN", "CONTROL_LEN")
SCHEMA_CALLS = {    # parameters of which the backend makes the value: class and call
    "P_COMM": ("str", "out_comm(c)"), "P_CGROUPS": ("buf", "out_cgroups(c)"),
    "P_EXE_PATH": ("str", "out_exe_path(c)"), "P_EXEC_NAME": ("str", "out_exec_name(c)"),
    "P_FILE_PATH": ("str", "out_file_path(c, {})"),
    "P_STR": ("str", "out_ustr(c, {})"), "P_BUF": ("buf", "out_ubuf(c, {})"),
    "P_ADDR": ("addr", "out_addr(c, {})"), "P_TUPLE": ("tuple", "out_tuple(c, {})"),
    "P_VEC": ("buf", "out_vec(c, {})"),
}

# Not wrong, whatever a test sees. Patterns of the definition, of the line with the old text
# between two @, and of the new text; the engine, or * for all; why.
NO_BYTES = "an output of no bytes is none"
UNREAD = "the branch that outputs nothing has a value that nobody reads"
NO_LAYER = "no call tells on which layer of an overlay a file is"
NO_TRACER = "what is traced already gets no other tracer: no ptrace call succeeds"
ANY_ID = "an identity may be any number: equal or not is all we promise"
VERIFIER = "it is never more: the bound is for a verifier"
EQUIVALENT = [
    ("unix_id", "", "", "*", ANY_ID),
    ("siphash_word", "", "", "*", ANY_ID),
    ("snap_in", "done @>@", ">=", "*", "the minimum with nothing is nothing"),
    ("P_IMAGE_ARGS", "at_ . len_ @<@ end_", "<=", "*", NO_BYTES),
    ("P_IMAGE_ARGS", "^: @0@", "1", "*", UNREAD),
    ("exec", "end @>@ env", ">=", "*", NO_BYTES),
    ("exec", "@end > env .*@", "^out_ubuf", "*", NO_BYTES),
    ("exec", ": @0@\\)", "1", "*", UNREAD),
    ("exec", "@TASK_ENV_START@", "ARG_END", "*", "an exec puts the environment behind the arguments"),
    ("user_slot", "p = @0@", "1", "*", "it is read over, in these bits also by a fault"),
    ("out_uargv", "before, @PATH_LEN@", r"\+ 1", "*", VERIFIER),
    ("P_EXEC_FAILED", "first_ = @argv_ .*@", "^user_slot", "*", "NULL is not read"),
    ("P_EXEC_FAILED", ": @0@", "1", "*", "nothing is read behind NULL"),
    ("P_EXEC_FAILED", "len_ = @0@", "1", "*", "nobody reads it before it is set"),
    ("clone_native_flags", "return @0@", "1", "*", "the lowest bit is no flag"),
    ("procexit", "sig == @0x7f@|[?] @0@", "1", "*", "no status has 0x7f: signals end at 64"),
    ("procexit", "@sig == .*@", "^sig$", "*", "no status has 0x7f: signals end at 64"),
    ("out_addr", "!path.0., @1@", "1", "*", VERIFIER),
    ("P_ACCEPTED", "@DIR_IN@", "DIR_IN . 1", "*", "any direction but out is in"),
    ("P_ACCEPTED", "DIR_IN, @0@", "1", "*", "who was accepted has a remote end: no address is read"),
    ("P_ACCEPTED", "queuepct, @s_.backlog_max@ [?]", "^s_.backlog$", "*",
     "none waits where none may, and none is no percent"),
    ("P_ACCEPTED", "queuepct, @s_.backlog_max .*@", "/ s_.backlog_max$", "bpf", "division by zero is zero"),
    ("socket_if", "-@1@", "1", "*", "no descriptor is less"),
    ("send|recv", r"DIR_\w+, @0@", "1", "*", "no address can be read at 1 either"),
    ("recv|recvfrom|recvmm?sg", "@DIR_IN@", "DIR_IN . 1", "*", "any direction but out is in"),
    ("out_(sockopt|uargv|vec|addr|tuple)", "return @0@", "1", "*", "nobody looks at it"),
    ("out_uargv|out_vec", "@out_open", "", "userspace", "there the caller's is still open"),
    ("out_sockopt", "v = @0@", "1", "userspace", "there a fault leaves zeros"),
    ("sendfile", "offset = @0@", "1", "userspace", "there a fault leaves zeros"),
    ("writev|pwritev|sendmm?sg", "-@1@", "1", "*", "no limit is more"),
    ("readv|preadv|recvmsg", r"size, ret.c. @>@|size, @ret.c.@ >", "", "*", "0 for 0"),
    ("sendmmsg|recvmmsg", r"res, ret.c. @>@|res, @ret.c.@ >", "", "*", "0 for 0"),
    ("recvfrom|recvmsg|recv", r"socket_if.c, @ret.c.@", "1", "*", "no receive fails with EPERM"),
    ("msg_of_turn", ": @0@", "1", "*", "nothing can be read at 1 either"),
    ("out_ptrace_data", "", "", "userspace", NO_TRACER),
    ("ptrace", r"ret.c. (@<@ 0|< @0@)|: @arg.c, 2.@|@out_ptrace_data", "", "userspace", NO_TRACER),
    ("ptrace", "@ret.c. < 0 .*@", "^0$", "userspace", NO_TRACER),
    ("syscall_code", "@511@", "1", "userspace", "no higher number comes here"),
    ("opened_flags|exec_flags", r"@BIT_MAP\([^,@]*, FILE_[UL]|FILE_[UL]\w*(@|, @)", "", "userspace",
     NO_LAYER),
    ("creat_flags", "", "", "userspace", NO_LAYER),
    ("open_by_handle_at", "[|]@ opened_flags", "", "*",
     "nothing is created, and an overlay has handles only for NFS"),
    ("open_by_handle_at", "-@1@", "", "*", "no negative descriptor is one"),
    ("getcwd", "@(ret.c.|<)@|< @0@", r"\+ 1|=", "*", "no result is -1, 0 or 1"),
    ("getcwd", "[?] @0@", "", "*", "nothing can be read at 1 either"),
    ("getcwd", "@PATH_LEN@", r"\+ 1", "*", "the kernel tells no longer path"),
    ("pipe2?", "ino, pipe_ino.c, fd.@0@", "1", "*", "both ends of a pipe have one inode"),
    ("signalfd", "mask, 0.; P.flags, 0", "", "*", "0 for 0"),
    ("fd_flags|pipe_flags", "(s32)?f @<@|f < @0@", "", "*", "0 has no flags either way"),
]


@dataclass
class Mutant:
    file: str
    line: int
    where: str              # the definition that it is in
    what: str
    start: int
    end: int
    new: str
    old: str
    context: str            # the line, with the old text between two @
    fillers: set = field(default_factory=set)

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def __str__(self):
        return f"core/fill/{self.file}:{self.line}: {self.where}: {self.what}: " \
               f"{flat(self.old)}  ->  {flat(self.new) or '(nothing)'}"


def flat(text):
    """On one line, without the backslashes of a macro."""
    return re.sub(r"[\s\\]+", " ", text).strip()


# ---- C, as far as it is needed ----

def close_of(text, at):
    """The index behind the parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if not depth:
            return i + 1
    raise ValueError(f"no end of {text[at:at + 40]!r}")


def split(text, separators):
    """(start, end) of what stands between separators that are in no parentheses."""
    parts, depth, begin = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth < 0:
            return [*parts, (begin, i)]
        if c in separators and not depth and text[i - 1:i + 1] != "||" and \
                text[i:i + 2] not in ("||", "|="):
            parts.append((begin, i))
            begin = i + 1
    return [*parts, (begin, len(text))]


def arguments(call):
    """(start, end) of each, without blanks around it."""
    at = call.index("(") + 1
    out = []
    for a, b in split(call[at:-1], ","):
        piece = call[at + a:at + b]
        lead = len(piece) - len(piece.lstrip(" \t\n\\"))
        out.append((at + a + lead, at + a + len(piece.rstrip(" \t\n\\"))))
    return [(a, b) for a, b in out if b > a]


@dataclass
class Definition:
    name: str
    is_filler: bool
    event: str              # of a filler
    start: int
    end: int


DEFINITION = re.compile(r"^(?:FILL(_IF|_AT|_EACH)?\(([^;{]*?)\)\s*\{|"
                        r"FCD_(?:FN|PURE) [\w \*]*?(\w+)\([^;{]*\)\s*\{|"
                        r"FCD_PART\((\w+),[^;{]*\)\s*\{|"
                        r"#define (FCD_ID_\w+|\w+(?=\())(?:\([^)]*\))?)", re.M)


def definitions(text):
    found = list(DEFINITION.finditer(text))
    for m, following in zip(found, [*found[1:], None]):
        words = re.split(r"\s*,\s*", m[2]) if m[2] else []
        name = words[m[1] == "_AT"] if words else m[3] or m[4] or m[5]
        end = following.start() if following else len(text)
        event = words[1 + (m[1] == "_AT")] if words else ""
        start = m.start() if m[1] in ("_IF", "_EACH") else m.end()
        yield Definition(name, bool(words), event, start, end)


LOGICAL_LINE = re.compile(r"(?:.*\\\n)*.*")
STATEMENT = re.compile(r"\b(P|P_[A-Z_]+|out_\w+)\(|\breturn ([^;]+);|"
                       r"[\w\]] = (?!\{)")


def statements(text, d):
    """(kind, start, end) of each statement; a P_OPEN lasts until its P_CLOSE."""
    at = d.start
    while (m := STATEMENT.search(text, at, d.end)):
        if m[1]:
            end = close_of(text, m.end() - 1)
            yield m[1], m.start(), end
            at = m.end() if m[1] == "P_OPEN" else end
        elif m[2]:
            yield "value", m.start(2), m.end(2)
            at = m.end()
        else:       # it may be one of several
            at = m.end() + split(text[m.end():d.end], ",;")[0][1]
            yield "value", m.end(), at


# ---- changes of one expression ----

def task_neighbours(header):
    names = re.findall(r"\bTASK_\w+", re.search(r"enum fcd_task \{(.*?)\};", header, re.S)[1])
    return {n: [names[i - 1], names[(i + 1) % len(names)]] for i, n in enumerate(names)}


def operands(text):
    """Parts of an "or", each as (start, end)."""
    parts = split(text, "|")
    return parts if len(parts) > 1 else []


def branches(text):
    """(condition, yes, no) of the ternary that the whole text is, else None."""
    marks = split(text, "?")
    if len(marks) < 2:
        return None
    rest = text[marks[1][0]:]
    colons = split(rest, ":")
    if len(colons) < 2:
        return None
    return text[:marks[0][1]], rest[:colons[0][1]], rest[colons[0][1] + 1:]


def changes(text, neighbours):
    """(what, start, end, new) for each change inside an expression."""
    for m in re.finditer(r"\barg\(c, (\d)\)", text):
        yield "another argument", *m.span(), f"arg(c, {(int(m[1]) + 1) % 6})"
    for m in re.finditer(r"\bret\(c\)", text):
        yield "an argument for the result", *m.span(), "arg(c, 0)"
        yield "off by one", *m.span(), "(ret(c) + 1)"
    for m in re.finditer(r"\bTASK_\w+", text):
        for other in neighbours.get(m[0], []):
            yield "another number of the thread", *m.span(), other
    for twins in TWINS:
        for one, other in (twins, twins[::-1]):
            for m in re.finditer(rf"(?<![\w.>]){re.escape(one)}\b(?!\()", text):
                yield "another member", *m.span(), other
    for m in re.finditer(rf"\b({'|'.join(LIMITS)})\b", text):
        for sign in "+-":
            yield "off by one", *m.span(), f"({m[0]} {sign} 1)"
    for m in re.finditer(r"(?<![\w.])(0x[0-9a-f]+|\d+)(?=u?(ll)?\b)(?![^(]*\bgcc)", text):
        if not re.search(r"\b(arg|BIT_MAP)\([^()]*$", text[:m.start()]):
            yield "off by one", *m.span(), f"({m[0]} + 1)"
    for m in re.finditer(r"(?<=\s)(<=|>=|==|!=|<|>)(?=\s)", text):
        moved = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
        yield "comparison", *m.span(), moved[m[0]]
    for m in re.finditer(r"\bBIT_MAP\(", text):
        end = close_of(text, m.end() - 1)
        (a, b), (x, y) = ((m.start() + s, m.start() + e)
                          for s, e in arguments(text[m.start():end])[1:])
        yield "flag bit dropped", m.start(), end, "0"
        yield "another flag bit", a, b, f"({text[a:b]} << 1)"
        yield "another flag bit", x, y, f"({text[x:y]} << 1)"
    yield from parts_left_out(text)


def parts_left_out(text):
    for start, end in operands(text):
        if "BIT_MAP" not in text[start:end] and len(split(text[start:end], "?:")) == 1:
            yield "a part of \"or\" left out", start, end, " 0 "
    for m in re.finditer(r"\(", text):
        inner = text[m.end():close_of(text, m.start()) - 1]
        if "," not in inner and (both := branches(inner)):
            for side in both[1:]:
                yield "the other branch", m.end(), m.end() + len(inner), side.strip()


# ---- changes of one parameter ----

def value_of(kind, args):
    """("", expression) of a number, (class, call) of anything else; None: neither."""
    if kind == "P":
        return "", args[1]
    if kind == "P_RET":
        return "", "ret(c)"
    if kind == "P_WITH":
        return args[1], ", ".join(args[2:])
    if kind in SCHEMA_CALLS:
        cls, call = SCHEMA_CALLS[kind]
        return cls, call.format(", ".join(args[1:]))
    return None


def parameter(name, value):
    return f"P_WITH({name}, {value[0]}, {value[1]})" if value[0] else f"P({name}, {value[1]})"


class Maker:
    def __init__(self, file, text, neighbours):
        self.file, self.text, self.neighbours = file, text, neighbours

    def mutant(self, d, what, start, end, new):
        text = self.text
        before, after = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        context = f"{text[before:start]}@{text[start:end]}@{text[end:after]}"
        return Mutant(self.file, text.count("\n", 0, start) + 1, d.name, what, start, end, new,
                      text[start:end], flat(context))

    def args(self, start, end):
        call = self.text[start:end]
        return [call[a:b] for a, b in arguments(call)]

    def within(self, d, start, end):
        """In each argument of a statement, or in an expression."""
        text = self.text[start:end]
        for what, a, b, new in changes(text, self.neighbours):
            yield self.mutant(d, what, start + a, start + b, new)
        if both := branches(text):
            for side in both[1:]:
                yield self.mutant(d, "the other branch", start, end, side.strip())

    def whole(self, d, kind, start, end):
        name, *rest = self.args(start, end)
        if kind == "P_OPEN":
            end = close_of(self.text, self.text.index("(", self.text.index("P_CLOSE", start)))
        yield self.mutant(d, "dropped", start, end, "")
        if kind == "P_EMPTY":
            yield self.mutant(d, "filled", start, end,
                              f"P_OPEN({name}); out_int(c, 0, 1); P_CLOSE({name})")
            return
        if re.fullmatch(r"\w+", name):
            yield self.mutant(d, "emptied", start, end, f"P_EMPTY({name})")
        if kind == "P_RET" or kind == "P":
            value = rest[0] if rest else "ret(c)"
            yield self.mutant(d, "off by one", start, end, f"P({name}, ({value}) + 1)")
            if not rest:
                yield self.mutant(d, "an argument for the result", start, end,
                                  f"P({name}, arg(c, 0))")

    def inside(self, d, kind, start, end):
        """The arguments behind the name, one by one."""
        for a, b in arguments(self.text[start:end])[1:]:
            yield from self.within(d, start + a, start + b)
            if kind in ("P_STR", "P_BUF", "P_ADDR", "P_TUPLE"):
                yield self.mutant(d, "off by one", start + a, start + b,
                                  f"{self.text[start + a:start + b]} + 1")

    def swapped(self, d, one, other):
        (kind1, start1, end1), (kind2, start2, end2) = one, other
        args1, args2 = self.args(start1, end1), self.args(start2, end2)
        value1, value2 = value_of(kind1, args1), value_of(kind2, args2)
        if not value1 or not value2 or bool(value1[0]) != bool(value2[0]):
            return
        new = parameter(args1[0], (value1[0], value2[1])) + self.text[end1:start2] + \
            parameter(args2[0], (value2[0], value1[1]))
        yield self.mutant(d, "values swapped", start1, end2, new)

    def of(self, d):
        if d.name.startswith("FCD_ID_"):
            yield from self.within(d, d.start, LOGICAL_LINE.match(self.text, d.start).end())
            return
        found = list(statements(self.text, d))
        if self.text[d.start:].startswith(("FILL_IF", "FILL_EACH")):
            head = self.text[d.start:close_of(self.text, self.text.index("(", d.start))]
            yield from self.within(d, d.start, d.start + len(head))
        for kind, start, end in found:
            if kind == "value":
                yield from self.within(d, start, end)
            elif kind.startswith("out_"):
                is_value = self.text[:start].rstrip()[-1] in "!=(&|?:"
                yield self.mutant(d, "dropped", start, end, "0" if is_value else "(void)0")
                yield from self.inside(d, kind, start, end)
            elif kind != "P_CLOSE" and self.args(start, end):
                yield from self.whole(d, kind, start, end)
                yield from self.inside(d, kind, start, end)
        params = [s for s in found if s[0].startswith("P") and s[0] not in ("P_OPEN", "P_CLOSE")]
        for one, other in zip(params, params[1:]):
            if "else" not in self.text[one[2]:other[1]]:
                yield from self.swapped(d, one, other)


def users(texts):
    """Which fillers each definition serves, over any number of steps."""
    bodies, is_filler = {}, {}
    for text in texts.values():
        for d in definitions(text):
            key = ("fill:" if d.is_filler else "") + d.name
            bodies[key] = {f"FCD_ID_{d.event}", *re.findall(r"\w+", text[d.start:d.end])}
            is_filler[key] = d.is_filler
    out = {key: {key[5:]} if is_filler[key] else set() for key in bodies}
    for _ in bodies:
        for key, words in bodies.items():
            for word in words & out.keys() - {key}:
                out[word] |= out[key]
    return out


def equivalent(mutant, engine):
    """Why nobody could tell it from the original, or None."""
    for where, context, new, which, why in EQUIVALENT:
        if which in ("*", engine) and re.fullmatch(where, mutant.where) and \
                re.search(context, mutant.context) and re.search(new, flat(mutant.new)):
            return why
    return None


def mutants(headers):
    """All of them; headers: name to text, of core/fill/."""
    neighbours = task_neighbours(headers["interface.h"])
    texts = {n: t for n, t in sorted(headers.items()) if n not in VOCABULARY}
    served = users(headers)
    for name, text in texts.items():
        maker = Maker(name, text, neighbours)
        for d in definitions(text):
            for m in maker.of(d):
                m.fillers = served[("fill:" if d.is_filler else "") + d.name]
                yield m
