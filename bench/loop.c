// SPDX-License-Identifier: MIT
/*
 * loop CALL [BLOCKS] - what one system call costs this process, in ns.
 *
 * Many short blocks of calls; printed is the block at the first fifth of the sorted ones:
 * blocks that an interrupt or another process hit lie behind it. CALL is close (of -1),
 * open (an existing file by openat, and its close) or noent (openat of a path of 41 bytes that does
 * not exist).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS_PER_BLOCK 500
#define BLOCKS_MAX	10000

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void call_close(void)
{
	syscall(SYS_close, -1);
}

static void call_noent(void)
{
	syscall(SYS_openat, AT_FDCWD, "/nonexistent/directory/of/forty-one/bytes", O_RDONLY);
}

/* The close is made by another call number, so that it is not captured beside the openat. */
static void call_open(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/../usr/../usr/../usr/lib/os-release",
			  O_RDONLY);

	if (fd >= 0)
		syscall(SYS_close_range, fd, fd, 0);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "close", call_close },
	{ "noent", call_noent },
	{ "open", call_open },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(void (*call)(void), int blocks)
{
	static double ns[BLOCKS_MAX];

	for (int b = 0; b < blocks; b++) {
		double from = now_ns();

		for (int i = 0; i < CALLS_PER_BLOCK; i++)
			call();
		ns[b] = (now_ns() - from) / CALLS_PER_BLOCK;
	}
	qsort(ns, blocks, sizeof(ns[0]), compare);
	return ns[blocks / 5];
}

int main(int argc, char **argv)
{
	int blocks = argc > 2 ? atoi(argv[2]) : 400;

	for (size_t i = 0; argc > 1 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(argv[1], calls[i].name) || blocks < 1 || blocks > BLOCKS_MAX)
			continue;
		printf("%.1f\n", measure(calls[i].call, blocks));
		return 0;
	}
	fprintf(stderr, "usage: loop close|noent|open [BLOCKS up to %d]\n", BLOCKS_MAX);
	return 2;
}
