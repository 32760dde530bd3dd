/* SPDX-License-Identifier: MIT */
/* write.c - what went out, or would have, up to the snap length. */
#include "expect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* readable: how many bytes at `at` can be read without a page being fetched. */
static long write_and_expect(long fd, const char *at, uint64_t size, uint32_t readable)
{
	long res = call(SYS_write, fd, at, size);
	uint32_t len = res > 0 ? res : (uint32_t)size;

	if (len > SNAPLEN)
		len = SNAPLEN;
	expect_event("write");
	expect_int("res", res);
	if (len <= readable) /* all of it or nothing */
		expect_bytes("data", at, len);
	expect_int("fd", (int)fd);
	expect_u64("size", (uint32_t)size);
	expect_end();
	return res;
}

static int make_file(void)
{
	int fd = open(trace_path("data"), O_RDWR | O_CREAT | O_EXCL, 0600);

	trace_need(fd >= 0, trace_path("data"));
	unlink(trace_path("data"));
	return fd;
}

static void to_file(char *edge)
{
	int fd = make_file();

	for (int i = 1; i <= 4096; i++)
		edge[-i] = 0xd0 + i;
	write_and_expect(fd, edge - 10, 10, 10);
	write_and_expect(fd, edge - 80, 80, 80);
	write_and_expect(fd, edge - 81, 81, 81);
	write_and_expect(fd, edge - 4096, 4096, 4096);
	write_and_expect(fd, edge - 10, 0, 10);
	write_and_expect(fd, edge - 100, 200, 100); /* 100 of them go out */
	write_and_expect(fd, edge - 60, 200, 60);   /* 60 go out */
	write_and_expect(fd, edge - 1, 200, 1);
	write_and_expect(fd, edge - 60, (1ULL << 32) | 60, 60);
	write_and_expect(fd, edge, 10, 0);
	write_and_expect(fd, NULL, 10, 0);
	write_and_expect((1L << 32) | fd, edge - 10, 10, 10);
	/* The kernel fetches the page to write it, so it is there afterwards. */
	write_and_expect(fd, trace_untouched(), 100, 100);
	close(fd);
}

static void to_pipe(char *edge)
{
	int p[2];

	trace_need(!pipe2(p, O_NONBLOCK), "pipe2");
	trace_need(fcntl(p[1], F_SETPIPE_SZ, 4096) == 4096, "F_SETPIPE_SZ");
	write_and_expect(p[1], edge - 90, 90, 90);
	write_and_expect(p[1], edge - 4096, 4096, 4096); /* there is not room for all */
	write_and_expect(p[1], edge - 4096, 4000, 4096);
	write_and_expect(p[0], edge - 5, 5, 5);
	close(p[0]);
	write_and_expect(p[1], edge - 100, 100, 100);
	close(p[1]);
}

/* The memory of a process that ended takes nothing, and that is no error. */
static void to_nobody(const char *at)
{
	pid_t pid = fork();
	char path[64];
	long fd;

	trace_need(pid >= 0, "fork");
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	trace_need(fd >= 0, path);
	call(SYS_tgkill, pid, pid, SIGKILL);
	waitpid(pid, NULL, 0);
	trace_need(!write_and_expect(fd, at, 10, 10), "a write of nothing");
	close(fd);
}

int main(int argc, char **argv)
{
	char *edge = trace_edge();

	signal(SIGPIPE, SIG_IGN);
	trace_begin(argc, argv, "write");
	to_file(edge);
	to_pipe(edge);
	to_nobody(edge - 10);
	write_and_expect(-1, edge - 10, 10, 10);
	write_and_expect(-1, edge - 10, 11, 10);
	write_and_expect(-1, edge - 100, 200, 100);
	write_and_expect(-1, edge - 10, (1ULL << 32) | 5, 10);
	/* Nobody fetches this page: what would have been written cannot be seen. */
	write_and_expect(-1, trace_untouched(), 100, 0);
	return trace_end();
}
