/* SPDX-License-Identifier: MIT */
/*
 * expect.h - a program says which events it causes.
 *
 * It prints one JSON object per line on stdout: first {"program":PID}, whose two marks enclose what
 * is observed, then each event as the daemon writes it, but for ts, seq and cpu. The values come from where the daemon cannot have taken them: the program's own
 * arguments, results and memory, stat, /proc, getsockname. A parameter that must have no value
 * is not mentioned. run.py compares, thread by thread and in order; every event of the calls
 * named in trace_begin() must be expected. Instead of a value there can be a rule:
 *	{"range":[a,b],"why":"..."}	a number that two readings enclose; "multiple":n: of n
 *	{"zeros":n}			so many bytes of nothing
 *	{"bits":"A|B"}			names in any order
 *	{"unix":["a","b","path"]}	a unix tuple; equal labels are equal identities
 *	{"identity":"a"}		a socket alone
 *
 * The helpers use calls that no program here traces: output is pwritev2, files are opened by open(2),
 * which the C library turns into openat.
 */
#ifndef TRACE_EXPECT_H
#define TRACE_EXPECT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SNAPLEN	 80   /* the daemon's default */
#define PATH_CUT 4096 /* longest string in an event, with its NUL */

/* ---- calls as they are: arguments in full width, -errno as the result ---- */

long raw_call(long nr, long a, long b, long c, long d, long e, long f);
#define CALL_ALL(nr, a, b, c, d, e, f, ...)                                                        \
	raw_call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call(...) CALL_ALL(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* ---- the frame of a program ---- */

/*
 * With argument --calls: print the calls to subscribe to, exit. Otherwise make the call that
 * opens the observed part. Calls are separated by blanks: "openat procexit".
 */
void trace_begin(int argc, char **argv, const char *calls);
/* Close the observed part; the value for main to return. */
int trace_end(void);
/* What the program needs is not there: exit 77. */
void trace_skip(const char *why) __attribute__((noreturn));
/* Something that had to work before a call could be observed did not: exit 1. */
void trace_need(int is_ok, const char *what);

/* A folder of the program's own, removed when it is empty again by trace_end(). */
const char *trace_dir(void);
/* A path in it; valid until the fourth call after. */
const char *trace_path(const char *name);

/* Skip if folder or program are on an overlay: stat shows other inodes than the kernel has. */
void trace_need_plain_files(void);

/* Two pages, the second of which cannot be touched: the address of the boundary. */
char *trace_edge(void);
/* A page that was never touched. */
char *trace_untouched(void);

/* ---- one event ---- */

/* Begin the event of a call by this process and thread, or by another one. */
void expect_event(const char *type);
void expect_event_of(const char *type, pid_t pid, pid_t tid);
void expect_int(const char *name, int64_t value);
void expect_u64(const char *name, uint64_t value);
void expect_range(const char *name, uint64_t from, uint64_t to, const char *why);
void expect_str(const char *name, const char *s);
/* Bytes as text. No value if there are none. */
void expect_bytes(const char *name, const void *data, size_t len);
/* Strings that each have their NUL: a list. */
void expect_strings(const char *name, const char *data, size_t len);
/* Print it. */
void expect_end(void);
/* A parameter whose JSON is made elsewhere. */
void expect_json(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* That the engine counts this many calls more, at least, as untracked. */
void expect_untracked(unsigned int count);

/* Names of the bits that are set in native, joined by "|". */
struct bit_name {
	uint32_t bit;
	const char *name;
};
void expect_bits(const char *name, const struct bit_name *table, uint32_t native, const char *more);

/* dev as events have it: the kernel's 32-bit form. */
uint32_t dev_number(dev_t dev);

#endif
