/* SPDX-License-Identifier: MIT */
/* generic.c - system calls without an event of their own: name and number is all that is told. */
#include "expect.h"

#include <stdio.h>
#include <sys/syscall.h>

#define SYS_CACHESTAT 451 /* newer than the C library */

static const struct {
	const char *name;
	long nr, arg;
	int code; /* the schema's own number */
} calls[] = {
	{ "getppid", SYS_getppid, 0, 41 },
	{ "fsync", SYS_fsync, -1, 72 },
	{ "fdatasync", SYS_fdatasync, -1, 90 },
	{ "madvise", SYS_madvise, 1, 139 },
	{ "mincore", SYS_mincore, 1, 138 },
	{ "msync", SYS_msync, 1, 86 },
	{ "mremap", SYS_mremap, 1, 104 },
	{ "sched_yield", SYS_sched_yield, 0, 99 },
	{ "uname", SYS_uname, 0, 67 },
	{ "times", SYS_times, 0, 31 },
	{ "clock_gettime", SYS_clock_gettime, -1, 176 },
	{ "tee", SYS_tee, -1, 215 },
	{ "preadv2", SYS_preadv2, -1, 359 },
	{ "statx", SYS_statx, -1, 367 },
	{ "pkey_free", SYS_pkey_free, -1, 351 },
	{ "membarrier", SYS_membarrier, -1, 390 },
	{ "futex_waitv", SYS_futex_waitv, 0, 374 },
	{ "cachestat", SYS_CACHESTAT, -1, 412 },
};

int main(int argc, char **argv)
{
	size_t n = sizeof(calls) / sizeof(calls[0]);
	char names[512] = "", *at = names;

	for (size_t i = 0; i < n; i++)
		at += snprintf(at, names + sizeof(names) - at, "%s ", calls[i].name);
	trace_begin(argc, argv, names);
	for (size_t i = 0; i < n; i++) {
		call(calls[i].nr, calls[i].arg);
		expect_event("syscall");
		expect_str("syscall", calls[i].name);
		expect_int("nr", calls[i].nr);
		expect_int("ID", calls[i].code);
		expect_end();
	}
	return trace_end();
}
