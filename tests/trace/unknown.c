/* SPDX-License-Identifier: MIT */
/*
 * unknown.c - numbers that are no system call, and 32-bit calls that no 64-bit one stands for,
 * seen by who asks for all. Everything between the marks must be expected here, so nothing is
 * printed before the second one.
 */
#include "call32.h"
#include "expect.h"

#include <sys/syscall.h>

#define UNUSED_NR  350 /* between the old numbers and those from 424 on */
#define HIGHEST_NR 511
#define X32	   0x40000000

/* Of 32-bit x86: waitpid, none, sigpending, ipc, clock_gettime64. */
static const int untracked[] = { 7, 17, 73, 117, 403 };

/* code: the schema's own number. */
static void expect_call(const char *name, int nr, int code)
{
	expect_event("syscall");
	expect_str("syscall", name);
	expect_int("nr", nr);
	expect_int("ID", code);
	expect_end();
}

int main(int argc, char **argv)
{
	int count = sizeof(untracked) / sizeof(untracked[0]);

	if (argc != 2)
		call32_need();
	trace_begin(argc, argv, "");
	call(UNUSED_NR);
	call(HIGHEST_NR);
	/* Numbers that nobody can ask for, and those of x32, are not reported. */
	call(1000);
	call(-1);
	call(X32 | SYS_getppid);
	call(SYS_getppid);
	for (int i = 0; i < count; i++)
		call32(untracked[i], -1, 0, 0, 0);
	trace_end();

	expect_call("unknown", UNUSED_NR, 0);
	expect_call("unknown", HIGHEST_NR, 0);
	expect_call("getppid", SYS_getppid, 41);
	expect_untracked(count);
	return 0;
}
