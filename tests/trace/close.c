/* SPDX-License-Identifier: MIT */
/* close.c - descriptors closed, and what is none. */
#include "expect.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>

static void close_and_expect(uint64_t fd)
{
	long res = call(SYS_close, fd);

	expect_event("close");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_end();
}

int main(int argc, char **argv)
{
	int fd;

	trace_begin(argc, argv, "close");
	fd = open("/dev/null", O_RDONLY);
	trace_need(fd >= 0, "/dev/null");
	close_and_expect(fd);
	close_and_expect(fd);
	fd = open("/dev/null", O_RDONLY);
	/* The upper half of the register counts for nothing. */
	close_and_expect((3ULL << 32) | fd);
	close_and_expect(0);
	close_and_expect((uint64_t)-1);
	close_and_expect(UINT_MAX);
	close_and_expect(INT_MAX);
	close_and_expect((uint64_t)AT_FDCWD);
	return trace_end();
}
