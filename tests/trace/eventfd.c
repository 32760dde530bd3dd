// SPDX-License-Identifier: MIT
/* eventfd.c - descriptors to wait with: for events, signals, time, files, and for others. */
#include "either.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#define HIGH (5ull << 32)

/* Of flags that are O_NONBLOCK and O_CLOEXEC, as those of all these calls. */
static void expect_flags(uint64_t flags)
{
	static const struct bit_name bits[] = { { O_NONBLOCK, "O_NONBLOCK" },
						{ O_CLOEXEC, "O_CLOEXEC" },
						{ 0, NULL } };
	uint32_t known = (int32_t)flags < 0 ? 0 : flags & (O_NONBLOCK | O_CLOEXEC);

	expect_bits("flags", bits, known, known ? NULL : "O_NONE");
}

static long events(uint64_t count)
{
	long res = either(SYS_eventfd, 323, count, O_CLOEXEC, 92, 93);

	either_event("eventfd");
	expect_int("res", res);
	expect_u64("initval", given(count));
	expect_int("flags", 0);
	expect_end();
	return res;
}

static long events_with(uint64_t count, uint64_t flags)
{
	long res = either(SYS_eventfd2, 328, count, flags, 92, 93);

	either_event("eventfd2");
	expect_int("res", res);
	expect_flags(flags);
	expect_u64("initval", (uint32_t)count);
	expect_end();
	return res;
}

static long signals(uint64_t fd, const void *mask, uint64_t size)
{
	long res = either(SYS_signalfd, 321, fd, (uintptr_t)mask, size, O_CLOEXEC);

	either_event("signalfd");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_int("mask", 0);
	expect_int("flags", 0);
	expect_end();
	return res;
}

static long signals_with(uint64_t fd, const void *mask, uint64_t size, uint64_t flags)
{
	long res = either(SYS_signalfd4, 327, fd, (uintptr_t)mask, size, flags);

	either_event("signalfd4");
	expect_int("res", res);
	expect_flags(flags);
	expect_int("fd", (int)fd);
	expect_int("mask", 0);
	expect_end();
	return res;
}

static long timer(uint64_t clock, uint64_t flags)
{
	long res = either(SYS_timerfd_create, 322, clock, flags, 92, 93);

	either_event("timerfd_create");
	expect_int("res", res);
	expect_int("clockid", (uint8_t)clock);
	/* 8 bits of file_flags: close-on-exec is not among them. */
	expect_int("flags", flags & O_NONBLOCK && (int32_t)flags >= 0 ? 0x40 : 0);
	expect_end();
	return res;
}

static long files(void)
{
	long res = either(SYS_inotify_init, 291, O_CLOEXEC, 91, 92, 93);

	either_event("inotify_init");
	expect_int("res", res);
	expect_int("flags", 0);
	expect_end();
	return res;
}

static long files_with(uint64_t flags)
{
	long res = either(SYS_inotify_init1, 332, flags, 91, 92, 93);

	either_event("inotify_init1");
	expect_int("res", res);
	expect_flags(flags);
	expect_end();
	return res;
}

static long others(uint64_t size)
{
	long res = either(SYS_epoll_create, 254, size, 91, 92, 93);

	either_event("epoll_create");
	expect_int("res", res);
	expect_int("size", (int)size);
	expect_end();
	return res;
}

static long others_with(uint64_t flags)
{
	long res = either(SYS_epoll_create1, 329, flags, 91, 92, 93);

	either_event("epoll_create1");
	expect_int("res", res);
	expect_json("flags", "{\"bits\":\"%s\"}", flags & O_CLOEXEC ? "EPOLL_CLOEXEC" : "");
	expect_end();
	return res;
}

static void made(void)
{
	uint64_t *mask = (uint64_t *)(either_edge() - 8);
	long fd;

	*mask = 1 << (SIGUSR1 - 1);
	trace_need(events(7) > 0 && events(HIGH | 0xffffffff) > 0, "eventfd");
	trace_need(events_with(25, 0) > 0 && events_with(HIGH | 3, O_CLOEXEC | 1) > 0, "eventfd2");
	fd = signals(-1ull, mask, 8);
	trace_need(fd > 0 && signals(HIGH | fd, mask, 8) == fd, "signalfd");
	trace_need(signals_with(-1ull, mask, 8, O_CLOEXEC | O_NONBLOCK) > 0, "signalfd4");
	trace_need(signals_with(fd, mask, 8, HIGH | O_NONBLOCK) == fd, "signalfd4");
	trace_need(timer(CLOCK_MONOTONIC, O_NONBLOCK | O_CLOEXEC) > 0, "timerfd_create");
	trace_need(timer(HIGH | CLOCK_REALTIME, 0) > 0, "timerfd_create");
	trace_need(files() > 0 && files_with(O_NONBLOCK) > 0 && files_with(0) > 0, "inotify_init");
	trace_need(others(1) > 0 && others(HIGH | 0x7fffffff) > 0, "epoll_create");
	trace_need(others_with(0) > 0 && others_with(HIGH | O_CLOEXEC) > 0, "epoll_create1");
}

static void refused(void)
{
	char *edge = either_edge();

	signals(-1ull, NULL, 8);
	signals(-1ull, edge, 8);
	signals(0, edge - 8, 8);
	signals_with(300, edge - 8, 8, 0);
	signals_with(-1ull, edge - 8, 4, O_CLOEXEC);
	timer(-1ull, -1ull);
	timer(511, 0);
	others(0);
	others(-1ull);
	/* With another one that no kernel knows: each flag by itself. */
	for (int i = 0; i < 31; i++) {
		uint64_t flags = 1ull << i | 1 << 30;

		events_with(i, flags);
		signals_with(-1ull, NULL, 8, flags);
		timer(99, flags);
		files_with(flags);
		others_with(flags);
	}
	for (int i = 0; i < 2; i++) {
		uint64_t flags = i ? -1ull : 1u << 31 | O_CLOEXEC;

		events_with(0x80000000, flags);
		signals_with(-1ull, NULL, 8, flags);
		timer(99, flags | O_NONBLOCK);
		files_with(flags);
		others_with(flags);
	}
}

static void all(void)
{
	made();
	refused();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv,
		    "eventfd eventfd2 signalfd signalfd4 timerfd_create inotify_init inotify_init1 "
		    "epoll_create epoll_create1");
	by_both(all);
	return trace_end();
}
