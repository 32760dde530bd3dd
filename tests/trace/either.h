/* SPDX-License-Identifier: MIT */
/* either.h - the same calls in both ways: of 64-bit and, from here on, of 32-bit programs. */
#ifndef TRACE_EITHER_H
#define TRACE_EITHER_H

#include <string.h>
#include <sys/mman.h>
#include "call32.h"
#include "expect.h"

static int is_32bit;

/* by_both(f): all that f does, in one way and then in the other. */
static inline void by_both(void (*f)(void))
{
	call32_need();
	for (is_32bit = 0; is_32bit < 2; is_32bit++)
		f();
}

static inline long either(long nr, uint32_t nr32, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return is_32bit ? call32(nr32, a, b, c, d) : call(nr, a, b, c, d);
}

/* An argument as it arrives. */
static inline uint64_t given(uint64_t v)
{
	return is_32bit ? (uint32_t)v : v;
}

static inline void either_event(const char *type)
{
	expect_event(type);
	if (is_32bit)
		expect_json("compat", "true");
}

/* Two pages that 32-bit pointers can reach; the second one cannot be touched. */
static inline char *either_edge(void)
{
	char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
			-1, 0);

	trace_need(at != MAP_FAILED && !mprotect(at + 4096, 4096, PROT_NONE), "mmap");
	memset(at, 'e', 4096);
	return at + 4096;
}

/* The same, and it is the first one that cannot be touched. */
static inline char *either_front(void)
{
	char *at = either_edge() - 4096;

	trace_need(!mprotect(at + 4096, 4096, PROT_READ | PROT_WRITE) &&
			   !mprotect(at, 4096, PROT_NONE),
		   "mprotect");
	return at + 4096;
}

#endif
