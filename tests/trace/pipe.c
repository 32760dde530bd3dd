// SPDX-License-Identifier: MIT
/* pipe.c - pipes made in every way, and none where the pair cannot be stored. */
#include "either.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define HIGH (5ull << 32)

/* Of a pair that can be read, what lies there; NULL: of one that cannot. */
static void expect_pair(long res, const int *fd)
{
	struct stat st = { 0 };

	if (!res)
		trace_need(fd && !fstat(fd[0], &st), "fstat");
	expect_int("res", res);
	expect_int("fd1", fd ? fd[0] : -1);
	expect_int("fd2", fd ? fd[1] : -1);
	expect_u64("ino", st.st_ino);
}

static long make(void *at, const int *fd)
{
	long res = either(SYS_pipe, 42, (uintptr_t)at, O_CLOEXEC, 92, 93);

	either_event("pipe");
	expect_pair(res, fd);
	expect_end();
	return res;
}

static long make_with(void *at, const int *fd, uint64_t flags)
{
	static const struct bit_name bits[] = { { O_NONBLOCK, "O_NONBLOCK" },
						{ O_CLOEXEC, "O_CLOEXEC" },
						{ O_DIRECT, "O_DIRECT" },
						{ 0, NULL } };
	uint32_t known = flags & (O_NONBLOCK | O_CLOEXEC | O_DIRECT);
	long res = either(SYS_pipe2, 331, (uintptr_t)at, flags, 92, 93);

	if ((int32_t)flags < 0)
		known = 0;
	either_event("pipe2");
	expect_pair(res, fd);
	expect_bits("flags", bits, known, known ? NULL : "O_NONE");
	expect_end();
	return res;
}

static void made(int *fd)
{
	struct rlimit all, few;

	trace_need(!make(fd, fd) && !make_with(fd, fd, 0), "pipe");
	trace_need(!make_with(fd, fd, HIGH | O_CLOEXEC) && !make_with(fd, fd, O_NONBLOCK), "pipe2");
	trace_need(!make_with(fd, fd, O_CLOEXEC | O_DIRECT | O_NONBLOCK), "pipe2");
	/* What an earlier call has stored is still there. */
	trace_need(make_with(fd, fd, O_APPEND) == -EINVAL, "pipe2");
	trace_need(!getrlimit(RLIMIT_NOFILE, &all), "getrlimit");
	few = (struct rlimit){ 4, all.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	fd[0] = -7;
	fd[1] = 0x7fffffff;
	trace_need(make(fd, fd) == -EMFILE && make_with(fd, fd, 0) == -EMFILE, "no more");
	setrlimit(RLIMIT_NOFILE, &all);
}

static void all(void)
{
	char *edge = either_edge();
	int *fd = (int *)(edge - 8), *constant = (int *)(either_edge() - 4096);

	made(fd);
	make(edge - 4, NULL);
	make(edge, NULL);
	make(NULL, NULL);
	make_with(edge - 7, NULL, 0);
	make_with(edge, NULL, O_DIRECT);
	trace_need(!mprotect(constant, 4096, PROT_READ), "mprotect");
	make(constant, constant);
	make_with(constant, constant, O_CLOEXEC);
	for (int i = 0; i < 32; i++)
		make_with(NULL, NULL, 1ull << i);
	make_with(NULL, NULL, O_CLOEXEC | O_DIRECT | O_NONBLOCK);
	make_with(NULL, NULL, -1ull);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "pipe pipe2");
	by_both(all);
	return trace_end();
}
