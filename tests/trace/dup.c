// SPDX-License-Identifier: MIT
/* dup.c - descriptors copied, changed and closed by range, and what is none. */
#include "either.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define HIGH (5ull << 32) /* the kernel looks at the lower half of a descriptor */

static int file;

static long dup_one(uint64_t fd)
{
	long res = either(SYS_dup, 41, fd, 91, 92, 93);

	either_event("dup");
	expect_int("res", res);
	expect_int("oldfd", (int)fd);
	expect_end();
	return res;
}

static long dup_to(uint64_t from, uint64_t to)
{
	long res = either(SYS_dup2, 63, from, to, O_CLOEXEC, 93);

	either_event("dup2");
	expect_int("res", res);
	expect_int("oldfd", (int)from);
	expect_int("newfd", (int)to);
	expect_end();
	return res;
}

static long dup_with(uint64_t from, uint64_t to, uint64_t flags)
{
	long res = either(SYS_dup3, 330, from, to, flags, 93);

	either_event("dup3");
	expect_int("res", res);
	expect_int("oldfd", (int)from);
	expect_int("newfd", (int)to);
	expect_str("flags", flags & O_CLOEXEC ? "O_CLOEXEC" : "O_NONE");
	expect_end();
	return res;
}

static void copies(void)
{
	struct rlimit few = { 400, 4096 }, none = { 4, 4096 };

	setrlimit(RLIMIT_NOFILE, &few);
	trace_need(dup_one(file) > 0 && dup_one(HIGH | file) > 0, "dup");
	dup_one(390);
	dup_one(-1ull);
	dup_one(INT_MAX);
	trace_need(dup_to(file, 301) == 301 && dup_to(HIGH | 301, HIGH | 302) == 302, "dup2");
	trace_need(dup_to(file, file) == file, "dup2");
	dup_to(390, 390);
	dup_to(390, 301);
	dup_to(file, -1ull);
	dup_to(file, 400);
	trace_need(dup_with(file, 303, 0) == 303 && dup_with(301, 304, O_CLOEXEC) == 304, "dup3");
	dup_with(file, file, O_CLOEXEC);
	dup_with(file, 400, HIGH | O_CLOEXEC);
	for (int i = 0; i < 32; i++)
		dup_with(-1ull, 305, 1ull << i);
	dup_with(-1ull, AT_FDCWD, -1ull);
	setrlimit(RLIMIT_NOFILE, &none);
	dup_one(file);
	setrlimit(RLIMIT_NOFILE, &few);
}

/* ---- fcntl ---- */

#define OF(cmd)                                                                                    \
	{                                                                                          \
		cmd, #cmd                                                                          \
	}

/* Numbers of the kernel's: the C library has others for some, or none. */
static const struct {
	unsigned int number;
	const char *name;
} commands[] = {
	OF(F_DUPFD),	      OF(F_GETFD),
	OF(F_SETFD),	      OF(F_GETFL),
	OF(F_SETFL),	      { 5, "F_GETLK" },
	{ 6, "F_SETLK" },     { 7, "F_SETLKW" },
	OF(F_SETOWN),	      OF(F_GETOWN),
	OF(F_SETSIG),	      OF(F_GETSIG),
	OF(F_SETOWN_EX),      OF(F_GETOWN_EX),
	OF(F_OFD_GETLK),      OF(F_OFD_SETLK),
	OF(F_OFD_SETLKW),     OF(F_SETLEASE),
	OF(F_GETLEASE),	      OF(F_NOTIFY),
	OF(F_SETPIPE_SZ),     OF(F_GETPIPE_SZ),
	{ 12, "F_GETLK64" },  { 13, "F_SETLK64" },
	{ 14, "F_SETLKW64" }, { 1029, "F_CANCELLK" },
	OF(F_DUPFD_CLOEXEC),
};

static const char *name_of(uint32_t cmd)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].number == cmd)
			return commands[i].name;
	return "UNKNOWN";
}

static uint32_t fcntl_number = 55;

static long control(uint64_t fd, uint64_t cmd, uint64_t with)
{
	long res = either(SYS_fcntl, fcntl_number, fd, cmd, with, 93);

	either_event("fcntl");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_str("cmd", name_of(cmd));
	expect_u64("arg", given(with));
	expect_end();
	return res;
}

static void controls(void)
{
	struct flock *lock = (void *)(either_edge() - sizeof(*lock));
	int pipe[2];

	memset(lock, 0, sizeof(*lock));
	trace_need(control(file, F_DUPFD, 200) == 200, "F_DUPFD");
	trace_need(control(HIGH | file, F_DUPFD_CLOEXEC, 200) == 201, "F_DUPFD_CLOEXEC");
	trace_need(control(201, HIGH | F_GETFD, -1ull) == FD_CLOEXEC, "F_GETFD");
	control(201, F_SETFD, 0);
	control(201, F_GETFD, 0);
	control(file, F_SETFL, O_APPEND | O_NONBLOCK);
	control(file, F_GETFL, HIGH | 17);
	control(file, F_GETLK, (uintptr_t)lock);
	control(file, F_SETLK, (uintptr_t)lock);
	control(file, F_SETLK, 0);
	control(file, F_SETOWN, -getpgrp());
	trace_need(control(file, F_GETOWN, 3) == -getpgrp(), "F_GETOWN");
	control(file, F_SETOWN, 0);
	trace_need(!pipe2(pipe, 0), "pipe2");
	trace_need(control(pipe[0], F_SETPIPE_SZ, 8192) == 8192, "F_SETPIPE_SZ");
	trace_need(control(pipe[1], F_GETPIPE_SZ, 0) == 8192, "F_GETPIPE_SZ");
	control(file, F_GETPIPE_SZ, 0);
	control(file, F_DUPFD, -1ull);
}

/* No descriptor, each command, and those beside them. */
static void commands_of_none(void)
{
	for (int cmd = 0; cmd < 64; cmd++)
		control(-1ull, cmd, cmd);
	for (int cmd = 1000; cmd < 1048; cmd++)
		control(399, cmd, UINT64_MAX - cmd);
	for (int i = 6; i < 32; i++)
		control(AT_FDCWD, 1ull << i, 1ull << 2 * i);
	control(-1ull, -1ull, 0);
	control(-1ull, -1000ull, 0);
}

/* ---- close_range ---- */

static void close_from(uint64_t first, uint64_t last, uint64_t flags)
{
	static const struct bit_name bits[] = { { 2, "CLOSE_RANGE_UNSHARE" },
						{ 4, "CLOSE_RANGE_CLOEXEC" },
						{ 0, NULL } };
	long res = either(SYS_close_range, 436, first, last, flags, 93);

	either_event("close_range");
	expect_int("res", res);
	expect_u64("first", (uint32_t)first);
	expect_u64("last", (uint32_t)last);
	expect_bits("flags", bits, flags, NULL);
	expect_end();
}

static void ranges(void)
{
	close_from(HIGH | 200, HIGH | 250, HIGH);
	trace_need(control(201, F_GETFD, 0) == -EBADF, "close_range");
	close_from(301, 302, 4);
	close_from(303, -1ull, 2);
	close_from(250, 249, 0);
	close_from(200, 250, 1);
	close_from(-1ull, -1ull, 0);
	for (int i = 0; i < 32; i++)
		close_from(251, 250, 1ull << i);
	close_from(0x80000001, 0x80000000, -1ull);
}

static void all(void)
{
	copies();
	controls();
	commands_of_none();
	ranges();
	fcntl_number = 221; /* 32-bit programs have two of them */
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "dup dup2 dup3 fcntl close_range");
	file = call(SYS_openat, AT_FDCWD, trace_path("file"), O_RDWR | O_CREAT, 0600);
	trace_need(file > 0, "file");
	by_both(all);
	controls();
	unlink(trace_path("file"));
	return trace_end();
}
