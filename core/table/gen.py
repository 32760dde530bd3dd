#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gen.py c|fill OUT: the event table as C.

c	the tables behind core/table.h
fill	a header for fillers: what the compiler must know about an event so that it can
	check one. A struct per event, whose members are the parameters (a member's offset
	is the parameter's index, its type the class of the value), ids and sizes, numbers
	of system calls, three maps by number, and which call has which filler.

The data is in the .txt files beside this program; their comments say what it means.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FILL = os.path.join(HERE, "..", "fill")
EVENTS = 454
SYSCALLS_MAX = 512
SOCKETCALLS_MAX = 32
NO_CALL = 0xffff
PARAMS_MAX = 32

TYPES = """NONE INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 CHARBUF BYTEBUF ERRNO SOCKADDR
	SOCKTUPLE FD PID FDLIST FSPATH SYSCALLID SIGTYPE RELTIME ABSTIME PORT L4PROTO SOCKFAMILY
	BOOL IPV4ADDR DYN FLAGS8 FLAGS16 FLAGS32 UID GID DOUBLE SIGSET CHARBUFARRAY
	CHARBUF_PAIR_ARRAY IPV4NET IPV6ADDR IPV6NET IPADDR IPNET MODE FSRELPATH ENUMFLAGS8
	ENUMFLAGS16 ENUMFLAGS32 FD32 PID32""".split()
FORMATS = {"na": "NONE", "dec": "DEC", "hex": "HEX", "oct": "OCT", "strings": "STRINGS"}
FLAGS = """creates_fd destroys_fd uses_fd reads_from_fd writes_to_fd modifies_state waits
	skip_parse_reset large_payload old_version converter_managed unused""".split()

# Class of a parameter's value in a filler: type -> (suffix of the C type, bytes or 0).
CLASSES = {}
for width, names in ((1, "INT8 UINT8 FLAGS8 ENUMFLAGS8 SIGTYPE"),
		     (2, "INT16 UINT16 FLAGS16 ENUMFLAGS16 SYSCALLID PORT"),
		     (4, "INT32 UINT32 FLAGS32 ENUMFLAGS32 UID GID MODE SIGSET FD32 PID32 IPV4ADDR"),
		     (8, "INT64 UINT64 ERRNO RELTIME ABSTIME")):
	CLASSES.update((name, (str(8 * width), width)) for name in names.split())
CLASSES.update(FD=("fd", 8), PID=("fd", 8), IPV6ADDR=("buf", 16))
for suffix, names in (("str", "CHARBUF FSPATH FSRELPATH"), ("addr", "SOCKADDR"),
		      ("buf", "BYTEBUF CHARBUFARRAY CHARBUF_PAIR_ARRAY"),
		      ("tuple", "SOCKTUPLE"), ("fdlist", "FDLIST"), ("dyn", "DYN")):
	CLASSES.update((name, (suffix, 0)) for name in names.split())


class Bad(Exception):
	pass


class Line:
	"""One line of a data file: its words, and where it is for messages."""

	def __init__(self, name, number, text):
		self.place = "%s:%d" % (name, number)
		self.indented = text[0].isspace()
		self.words = text.split()

	def need(self, ok, what):
		if not ok:
			raise Bad("%s: %s" % (self.place, what))

	def number(self, word, limit):
		try:
			value = int(word, 8 if word[0] == "0" and word.isdigit() else 0)
		except ValueError:
			value = -1
		self.need(0 <= value < limit, "%s is no number below %d" % (word, limit))
		return value


def read(name):
	with open(os.path.join(HERE, name), encoding="utf-8", errors="replace") as file:
		for number, text in enumerate(file, 1):
			if text.strip() and not text.startswith("#"):
				line = Line(name, number, text)
				line.need(text.isascii(), "not ASCII")
				yield line


# ---- reading ----

def read_values():
	"""{table: [(name, value)]}, so ordered that the first match is the right one."""
	tables = {}
	for line in read("values.txt"):
		if not line.indented:
			line.need(len(line.words) == 1, "a table has a name only")
			line.need(line.words[0] not in tables, "defined twice")
			table = tables[line.words[0]] = []
		else:
			line.need(tables and len(line.words) == 2, "expected: name value")
			table.append((line.words[0], line.number(line.words[1], 1 << 32)))
	for table in tables.values():
		table.sort(key=lambda entry: -bin(entry[1]).count("1"))
	return tables


def read_type(line, words):
	"""[type, format] of a parameter."""
	line.need(words[0] in TYPES, "unknown type " + words[0])
	line.need(words[0] in CLASSES, "no parameter may be " + words[0])
	line.need(words[1] in FORMATS, "unknown format " + words[1])
	return {"type": words[0], "format": words[1], "values": None, "dirfd": -1, "dyn": None}


def read_param(line, values, lists):
	line.need(len(line.words) >= 3, "expected: name type format")
	param = read_type(line, line.words[1:3])
	param["name"] = line.words[0]
	for word in line.words[3:]:
		key, _, value = word.partition("=")
		line.need(key in ("values", "dirfd", "dyn"), "unknown: " + word)
		param[key] = line.number(value, PARAMS_MAX) if key == "dirfd" else value
	line.need(param["values"] in values or not param["values"], "no such table of values")
	line.need((param["type"] == "DYN") == (param["dyn"] in lists), "no such dyn, or none")
	line.need(param["dirfd"] < 0 or param["type"] == "FSRELPATH", "dirfd is for FSRELPATH")
	return param


def read_event(line, index):
	line.need(len(line.words) == 7, "expected: id code direction name category source flags")
	number, code, direction, name, category, source, flags = line.words
	line.need(line.number(number, EVENTS) == index, "ids count from 0 without gaps")
	line.need(direction in ("enter", "exit"), "direction is enter or exit")
	flags = [] if flags == "-" else flags.split(",")
	line.need(set(flags) <= set(FLAGS), "unknown flag")
	return {"code": code, "direction": direction, "name": name, "category": category,
		"source": source, "flags": flags, "params": []}


def read_events(values):
	"""([event], {dyn: [type]})"""
	events, lists, at = [], {}, None
	for line in read("events.txt"):
		if line.words[0] == "dyn" and not line.indented:
			line.need(len(line.words) == 2, "expected: dyn name")
			line.need(not events, "a dyn comes before all events")
			at = lists[line.words[1]] = []
		elif not line.indented:
			events.append(read_event(line, len(events)))
			at = events[-1]["params"]
		elif not events:
			line.need(at is not None and len(line.words) == 2, "expected: type format")
			at.append(read_type(line, line.words))
		else:
			param = read_param(line, values, lists)
			line.need(param["name"] not in [p["name"] for p in at], "name taken")
			line.need(len(at) < PARAMS_MAX, "too many parameters")
			at.append(param)
	if len(events) != EVENTS:
		raise Bad("events.txt: %d events, expected %d" % (len(events), EVENTS))
	return events, lists


def read_syscalls(events):
	"""[(number, name, code, id of the exit event)]"""
	ids = {event["code"]: number for number, event in enumerate(events)}
	calls, last = [], -1
	for line in read("syscalls.txt"):
		line.need(len(line.words) == 5, "expected: number name code event sampling")
		number, name, code, event, sampling = line.words
		number = line.number(number, SYSCALLS_MAX)
		line.need(number > last, "numbers ascend")
		line.need(event in ids, "no such event: " + event)
		line.need(sampling in ("keep", "never_drop", "always_drop"), "unknown sampling")
		calls.append((number, name, line.number(code, 1 << 16), ids[event]))
		last = number
	return calls


def read_ia32(calls):
	"""[x86_64 number or -1] by 32-bit number"""
	known = {call[0] for call in calls}
	table = [-1] * SYSCALLS_MAX
	for line in read("ia32.txt"):
		line.need(len(line.words) == 3, "expected: number name x86_64")
		number = line.number(line.words[0], SYSCALLS_MAX)
		if line.words[2] != "-":
			table[number] = line.number(line.words[2], SYSCALLS_MAX)
			line.need(table[number] in known, "no such system call of x86_64")
	return table


def read_socketcall(events, calls):
	"""[number] by socketcall's code, and what only socketcall has, as read_syscalls()"""
	known = {name: number for number, name, _, _ in calls}
	ids = {event["code"]: number for number, event in enumerate(events)}
	table, own = [NO_CALL] * SOCKETCALLS_MAX, []
	for line in read("socketcall.txt"):
		line.need(len(line.words) == 4, "expected: code name x86_64 event")
		code, name, native, event = line.words
		line.need(native in known, "no such system call of x86_64")
		line.need((event == "-") == (name == native), "an event goes with a name of its own")
		number = known[native]
		if event != "-":
			line.need(event in ids, "no such event: " + event)
			number += SYSCALLS_MAX
			own.append((number, name, 0, ids[event]))
		table[line.number(code, SOCKETCALLS_MAX)] = number
	return table, own


def filled_event(line, filler, name):
	"""The event that a filler says it makes, by its code or a name for several."""
	try:
		with open(os.path.join(FILL, name), encoding="ascii") as file:
			found = re.search(r"^FILL(?:_IF|_EACH)?\(%s, (\w+)" % filler, file.read(), re.M)
	except OSError:
		found = None
	line.need(found, "core/fill/%s has no FILL(%s, ...)" % (name, filler))
	return found[1]


def read_fillers(events, calls):
	"""[(call, filler)]"""
	known = {name: (number, event) for number, name, _, event in calls}
	codes = [event["code"] for event in events]
	fillers, last = [], -1
	for line in read("fillers.txt"):
		line.need(len(line.words) == 3, "expected: call filler file")
		call, filler, name = line.words
		line.need(call in known, "no such system call")
		number, event = known[call]
		line.need(number > last, "numbers ascend")
		made = filled_event(line, filler, name)
		line.need(made not in codes or made == codes[event],
			  "its event is %s, the filler's %s" % (codes[event], made))
		fillers.append((call, filler))
		last = number
	return fillers


# ---- writing ----

def initialiser(numbers):
	rows = [numbers[i:i + 16] for i in range(0, len(numbers), 16)]
	return ",\n\t".join(", ".join(str(n) for n in row) for row in rows)


def macro(name, numbers):
	return "#define %s { \\\n\t%s }\n" % (name, initialiser(numbers).replace("\n", " \\\n"))


def c_param(param, name):
	values = "&values_" + param["values"] if param["values"] else "NULL"
	return "\t{ \"%s\", FCD_T_%s, FCD_F_%s, %d, %s, %s, %s },\n" % (
		name, param["type"], FORMATS[param["format"]], param["dirfd"],
		"ARRAY_LEN(dyn_%s)" % param["dyn"] if param["dyn"] else "0", values,
		"dyn_" + param["dyn"] if param["dyn"] else "NULL")


def c_flags(event):
	return sum(1 << FLAGS.index(flag) for flag in event["flags"])


def write_c_events(out, events):
	for number, event in enumerate(events):
		if event["params"]:
			out.write("\nstatic const struct fcd_param_info params_%d[] = {\n" % number)
			out.writelines(c_param(p, p["name"]) for p in event["params"])
			out.write("};\n")
	out.write("\nconst struct fcd_event_info fcd_events[FCD_EVENTS_COUNT] = {\n")
	for number, event in enumerate(events):
		out.write("\t{ %d, 0x%x, %d, %d, \"%s\", \"%s\", \"%s\", \"%s\", %s },\n" % (
			number, c_flags(event), len(event["params"]), event["direction"] == "enter",
			event["code"], event["name"], event["category"], event["source"],
			"params_%d" % number if event["params"] else "NULL"))
	out.write("};\n")


def write_c(out, values, events, lists, calls, ia32):
	out.write("/* Generated from core/table/. SPDX-License-Identifier: MIT */\n"
		  "#include <stddef.h>\n#include \"core/table_data.h\"\n\n"
		  "#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))\n")
	for name, table in values.items():
		out.write("\nstatic const struct fcd_value_name names_%s[] = {\n" % name)
		out.writelines("\t{ \"%s\", 0x%x },\n" % entry for entry in table)
		out.write("};\nstatic const struct fcd_values values_%s = {\n"
			  "\t\"%s\", ARRAY_LEN(names_%s), names_%s\n};\n" % ((name,) * 4))
	for name, types in lists.items():
		out.write("\nstatic const struct fcd_param_info dyn_%s[] = {\n" % name)
		out.writelines(c_param(param, "") for param in types)
		out.write("};\n")
	write_c_events(out, events)
	out.write("\nconst struct fcd_syscall_info fcd_syscalls[FCD_SYSCALLS_MAX] = {\n")
	for number, name, code, event in calls:
		out.write("\t[%d] = { \"%s\", %d, %d, %d },\n" % (number, name, number, code, event))
	out.write("};\n\nconst struct fcd_type_info fcd_types[FCD_T_COUNT] = {\n")
	for name in TYPES:
		width = CLASSES.get(name, ("", 0))[1]
		out.write("\t[FCD_T_%s] = { \"%s\", %d },\n" % (name, name, width))
	out.write("};\n\nconst int16_t fcd_ia32[FCD_SYSCALLS_MAX] = {\n\t%s\n};\n" %
		  initialiser(ia32))


def write_fill(out, events, calls, ia32, socketcall, fillers):
	out.write("/* Generated from core/table/. SPDX-License-Identifier: GPL-2.0 OR MIT */\n"
		  "#ifndef FCD_FILL_EVENTS_H\n#define FCD_FILL_EVENTS_H\n\n")
	for suffix in sorted({c[0] for c in CLASSES.values()}):
		out.write("struct fcd_p%s { char x; };\n" % suffix)
	for number, event in enumerate(events):
		classes = [CLASSES[param["type"]] for param in event["params"]]
		fixed = 26 + sum(2 + width for _, width in classes)
		out.write("\n#define FCD_ID_%s %d\n" % (event["code"], number))
		out.write("#define FCD_FIXED_%s %d\n" % (
			event["code"], fixed if all(width for _, width in classes) else 0))
		out.write("struct ev_%s {\n" % event["code"])
		for param, (suffix, _) in zip(event["params"], classes):
			out.write("\tstruct fcd_p%s %s;\n" % (suffix, param["name"]))
		out.write("};\n")
	out.write("\n")
	for number, name, _, _ in calls + socketcall[1]:
		out.write("#define FCD_NR_%s %d\n" % (name, number))
	codes = [0] * SYSCALLS_MAX
	for number, _, code, _ in calls:
		codes[number] = code
	out.write("\n/* x86_64 number by 32-bit number, 0xffff: none. */\n")
	out.write(macro("FCD_IA32_MAP", [n & 0xffff for n in ia32]))
	out.write("\n/* The same by socketcall's code; some stand behind the table. */\n")
	out.write(macro("FCD_SOCKETCALL_MAP", socketcall[0]))
	out.write("\n/* SYSCALLID by x86_64 number, 0: unknown. */\n")
	out.write(macro("FCD_SYSCALL_CODES", codes))
	out.write("\n/* X(call, filler) for each call that has one. */\n#define FCD_FILLERS(X)")
	out.writelines(" \\\n\tX(%s, %s)" % pair for pair in fillers)
	out.write("\n")
	out.write("\n#endif\n")


def main():
	if len(sys.argv) != 3 or sys.argv[1] not in ("c", "fill"):
		sys.exit("usage: gen.py c|fill OUT")
	try:
		values = read_values()
		events, lists = read_events(values)
		calls = read_syscalls(events)
		ia32 = read_ia32(calls)
		socketcall = read_socketcall(events, calls)
		fillers = read_fillers(events, calls + socketcall[1])
	except Bad as error:
		sys.exit(str(error))
	with open(sys.argv[2], "w", encoding="ascii") as out:
		if sys.argv[1] == "c":
			write_c(out, values, events, lists, calls, ia32)
		else:
			write_fill(out, events, calls, ia32, socketcall, fillers)


if __name__ == "__main__":
	main()
