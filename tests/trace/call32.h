/* SPDX-License-Identifier: MIT */
/* call32.h - the system calls of 32-bit programs, from a 64-bit one. */
#ifndef TRACE_CALL32_H
#define TRACE_CALL32_H

#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include "expect.h"

#define P32(p) ((uint32_t)(uintptr_t)(p))

/* With six arguments, and the result in full width. */
static inline long call32_of_six(uint32_t nr, const uint32_t args[6])
{
	register uint64_t last __asm__("r12");
	long ret;

	last = args[5];
	__asm__ volatile("xchg %%rbp, %1\n\tint $0x80\n\txchg %%rbp, %1"
			 : "=a"(ret), "+r"(last)
			 : "a"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]),
			   "D"(args[4])
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static inline long call32_of_five(uint32_t nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
				  uint32_t e)
{
	return (int)call32_of_six(nr, (uint32_t[6]){ a, b, c, d, e });
}

static inline long call32(uint32_t nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return call32_of_five(nr, a, b, c, d, 0);
}

/* Skip on a kernel that takes none: it kills who tries, so a child does. */
static inline void call32_need(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		call32(20, 0, 0, 0, 0); /* getpid */
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		trace_skip("the kernel takes no 32-bit system calls");
}

#endif
