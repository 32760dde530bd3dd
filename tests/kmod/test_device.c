// SPDX-License-Identifier: MIT
/* What the module promises at its device, asked of the module that is loaded. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "tests/kmod/device.h"
#include "tests/tests.h"

#define CALLS 20000

static int fails_with(int result)
{
	return result < 0 ? errno : 0;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 && p.revents & POLLIN;
}

static bool cpu_set(int cpu, bool online)
{
	char path[64];
	int fd;
	bool ok;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, online ? "1" : "0", 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* ---- arguments ---- */

START_TEST(another_revision_is_refused_whatever_else_is_asked)
{
	struct fcd_kmod_acquire a = { .revision = FCD_KMOD_REVISION + 1, .ring_bytes = 3 };
	struct fcd_kmod_hello h;
	int fd = device_open();

	ck_assert_int_eq(ioctl(fd, FCD_KMOD_HELLO, &h), 0);
	ck_assert_uint_eq(h.revision, FCD_KMOD_REVISION);
	ck_assert_int_eq(fails_with(ioctl(fd, FCD_KMOD_ACQUIRE, &a)), EPROTONOSUPPORT);
	close(fd);
}
END_TEST

START_TEST(values_that_mean_nothing_are_refused)
{
	struct fcd_kmod_acquire bad[] = { device_request(), device_request(), device_request(),
					  device_request(), device_request() };
	struct fcd_kmod_interest i = { .tracepoints = FCD_KMOD_SIGNALDELIVER << 1 };
	struct device d;
	int fd = device_open();

	bad[0].ring_bytes = FCD_KMOD_RING_LEAST + 4096;
	bad[1].ring_bytes = FCD_KMOD_RING_LEAST / 2;
	bad[2].ring_bytes = 2ull * FCD_KMOD_RING_MOST;
	bad[3].snaplen = FCD_KMOD_SNAPLEN_MOST + 1;
	bad[4].reserved = 1;
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		ck_assert_int_eq(fails_with(ioctl(fd, FCD_KMOD_ACQUIRE, &bad[k])), EINVAL);
	ck_assert_int_eq(fails_with(ioctl(fd, FCD_KMOD_INTEREST, &i)), ENXIO);
	ck_assert_int_eq(fails_with(ioctl(fd, _IO(0xfc, 99), NULL)), ENXIO);
	close(fd);
	device_acquire(&d);
	ck_assert_int_eq(fails_with(ioctl(d.fd, FCD_KMOD_INTEREST, &i)), EINVAL);
	ck_assert_int_eq(fails_with(ioctl(d.fd, _IO(0xfc, 99), NULL)), ENOTTY);
	ck_assert_int_eq(fails_with(ioctl(d.fd, FCD_KMOD_INTEREST, NULL)), EFAULT);
	device_close(&d);
}
END_TEST

static int map_fails(const struct device *d, uint64_t bytes, int protection, int flags,
		     uint64_t offset)
{
	void *at = mmap(NULL, bytes, protection, flags, d->fd, (off_t)offset);

	if (at == MAP_FAILED)
		return errno;
	munmap(at, bytes);
	return 0;
}

START_TEST(only_the_consumer_page_can_be_made_writable)
{
	const int read_write = PROT_READ | PROT_WRITE;
	struct device d;
	uint64_t all;

	device_acquire(&d);
	all = d.shape.map_bytes;
	ck_assert_int_eq(map_fails(&d, all, read_write, MAP_SHARED, FCD_KMOD_BLOCK(0)), EPERM);
	ck_assert_int_eq(map_fails(&d, all, PROT_READ, MAP_PRIVATE, FCD_KMOD_BLOCK(0)), EINVAL);
	ck_assert_int_eq(fails_with(mprotect(d.block[0], FCD_PAGE, read_write)), EACCES);
	ck_assert_int_eq(
		fails_with(mprotect((char *)d.block[0] + 2 * FCD_PAGE, FCD_PAGE, read_write)),
		EACCES);
	ck_assert_int_eq(map_fails(&d, 2 * FCD_PAGE, read_write, MAP_SHARED, FCD_KMOD_CONSUMER(0)),
			 EINVAL);
	ck_assert_int_eq(map_fails(&d, FCD_PAGE, read_write, MAP_SHARED,
				   FCD_KMOD_CONSUMER(0) + FCD_PAGE),
			 EINVAL);
	ck_assert_int_eq(map_fails(&d, all + FCD_PAGE, PROT_READ, MAP_SHARED, FCD_KMOD_BLOCK(0)),
			 EINVAL);
	ck_assert_int_eq(map_fails(&d, all, PROT_READ, MAP_SHARED, FCD_KMOD_BLOCK(d.blocks)),
			 EINVAL);
	ck_assert_int_eq(map_fails(&d, all, PROT_READ, MAP_SHARED, FCD_KMOD_BLOCK(0)), 0);
	device_close(&d);
}
END_TEST

/* ---- one consumer ---- */

START_TEST(second_consumer_is_refused_and_told_who_has_it)
{
	struct fcd_kmod_acquire a = device_request();
	struct fcd_kmod_hello h;
	struct device d;
	int fd = device_open();

	ck_assert_int_eq(ioctl(fd, FCD_KMOD_HELLO, &h), 0);
	ck_assert_uint_eq(h.is_held, 0);
	device_acquire(&d);
	ck_assert_int_eq(ioctl(fd, FCD_KMOD_HELLO, &h), 0);
	ck_assert_uint_eq(h.is_held, 1);
	ck_assert_int_eq(h.holder, getpid());
	ck_assert_int_eq(fails_with(ioctl(fd, FCD_KMOD_ACQUIRE, &a)), EBUSY);
	ck_assert_int_eq(a.holder, getpid());
	device_close(&d);
	ck_assert_int_eq(ioctl(fd, FCD_KMOD_ACQUIRE, &a), 0);
	close(fd);
}
END_TEST

START_TEST(consumer_that_is_killed_leaves_the_device_free)
{
	struct device d;
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		device_acquire(&d);
		device_want(&d, SYS_getppid);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	device_acquire(&d);
	ck_assert_uint_eq(device_status(&d).attached, 0);
	device_close(&d);
}
END_TEST

/* ---- what is recorded ---- */

START_TEST(each_call_that_is_wanted_is_counted_once)
{
	struct device d;
	struct device_sums s;

	device_acquire(&d);
	device_want(&d, SYS_getppid);
	ck_assert_uint_eq(device_status(&d).attached, 1);
	caller_wait(caller_start(CALLS, -1));
	device_want(&d, -1);
	ck_assert_uint_eq(device_status(&d).attached, 0);
	s = device_sums(&d);
	ck_assert_uint_eq(s.produced, CALLS);
	ck_assert_uint_eq(s.published + s.dropped, CALLS);
	ck_assert_uint_gt(s.dropped, 0); /* nobody reads, and so much does not fit */
	caller_wait(caller_start(CALLS, -1));
	ck_assert_uint_eq(device_sums(&d).produced, CALLS);
	device_close(&d);
}
END_TEST

START_TEST(own_calls_of_the_consumer_are_not_recorded)
{
	struct device d;

	device_acquire(&d);
	device_want(&d, SYS_getppid);
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	device_want(&d, -1);
	ck_assert_uint_eq(device_sums(&d).produced, 0);
	device_close(&d);
}
END_TEST

START_TEST(sleeper_is_woken_once)
{
	struct device d;

	device_acquire(&d);
	device_want(&d, SYS_getppid);
	ck_assert(!is_readable(d.fd, 0));
	for (uint32_t i = 0; i < d.blocks; i++)
		FCD_STORE(&d.block[i]->asleep, 1);
	caller_wait(caller_start(1, 0));
	ck_assert(is_readable(d.fd, -1));
	ck_assert_uint_eq(device_sums(&d).wakes, 1);
	ck_assert_int_eq(ioctl(d.fd, FCD_KMOD_WOKEN), 0);
	ck_assert(!is_readable(d.fd, 0));
	caller_wait(caller_start(100, 0));
	ck_assert_uint_eq(device_sums(&d).wakes, 1);
	device_close(&d);
}
END_TEST

/* ---- a hostile consumer ---- */

static struct {
	struct device *device;
	bool stop;
} scribbler;

/* Words near what the module counts, and words from anywhere. */
static uint64_t hostile_word(const struct fcd_block *b, unsigned int *seed)
{
	uint64_t word = (uint64_t)rand_r(seed) << 33 ^ (uint64_t)rand_r(seed) << 11 ^
			(uint64_t)rand_r(seed);

	switch (rand_r(seed) % 4) {
	case 0:
		return word;
	case 1:
		return FCD_LOAD(&b->prod[0].head) + word % 4096 - 2048;
	case 2:
		return FCD_LOAD(&b->prod[0].head);
	default:
		return 0 - word % 4096;
	}
}

static void *scribble(void *arg)
{
	struct device *d = scribbler.device;
	unsigned int seed = 1;

	while (!__atomic_load_n(&scribbler.stop, __ATOMIC_RELAXED)) {
		struct fcd_block *b = d->block[rand_r(&seed) % d->blocks];
		uint64_t *words = (uint64_t *)(void *)b->cons;
		uint64_t at = rand_r(&seed) % 4 ? (rand_r(&seed) % 2) * 8
						: rand_r(&seed) % (FCD_PAGE / 8);

		FCD_STORE(&words[at], hostile_word(b, &seed));
	}
	return arg;
}

START_TEST(random_words_in_the_consumer_page_cost_only_events_that_are_counted)
{
	struct device d;
	struct device_sums s;
	pthread_t thread;
	pid_t pid[2];

	device_acquire(&d);
	scribbler.device = &d;
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble, NULL), 0);
	device_want(&d, SYS_getppid);
	pid[0] = caller_start(CALLS, -1);
	pid[1] = caller_start(CALLS, -1);
	caller_wait(pid[0]);
	caller_wait(pid[1]);
	device_want(&d, -1);
	__atomic_store_n(&scribbler.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	s = device_sums(&d);
	ck_assert_uint_eq(s.produced, 2 * CALLS);
	ck_assert_uint_eq(s.published + s.dropped, 2 * CALLS);
	for (uint32_t i = 0; i < d.blocks; i++) {
		ck_assert_uint_eq(d.block[i]->magic, FCD_RING_MAGIC);
		ck_assert_uint_eq(d.block[i]->place[0].bytes, FCD_KMOD_RING_LEAST);
	}
	device_close(&d);
}
END_TEST

/* ---- CPUs ---- */

START_TEST(cpu_that_comes_online_has_a_block_and_poll_says_so)
{
	struct device d;
	uint32_t before;

	ck_assert(cpu_set(1, false));
	device_acquire(&d);
	before = d.blocks;
	device_want(&d, SYS_getppid);
	ck_assert(!is_readable(d.fd, 0));
	ck_assert(cpu_set(1, true));
	ck_assert(is_readable(d.fd, 0));
	device_map(&d);
	ck_assert_uint_eq(d.blocks, before + 1);
	ck_assert_uint_eq(d.block[before]->cpu, 1);
	caller_wait(caller_start(100, 1));
	device_want(&d, -1);
	ck_assert_uint_eq(d.block[before]->produced, 100);
	ck_assert_uint_eq(device_status(&d).no_ring, 0);
	device_close(&d);
}
END_TEST

START_TEST(each_call_is_counted_while_a_cpu_comes_and_goes)
{
	struct device d;
	struct device_sums s;
	pid_t pid[2];

	device_acquire(&d);
	device_want(&d, SYS_getppid);
	pid[0] = caller_start(10 * CALLS, -1);
	pid[1] = caller_start(10 * CALLS, -1);
	for (int i = 0; i < 3; i++) {
		ck_assert(cpu_set(1, false));
		ck_assert(cpu_set(1, true));
	}
	caller_wait(pid[0]);
	caller_wait(pid[1]);
	device_want(&d, -1);
	s = device_sums(&d);
	ck_assert_uint_eq(s.produced, 20 * CALLS);
	ck_assert_uint_eq(s.published + s.dropped, 20 * CALLS);
	device_close(&d);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("device");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, another_revision_is_refused_whatever_else_is_asked);
	tcase_add_test(t, values_that_mean_nothing_are_refused);
	tcase_add_test(t, only_the_consumer_page_can_be_made_writable);
	tcase_add_test(t, second_consumer_is_refused_and_told_who_has_it);
	tcase_add_test(t, consumer_that_is_killed_leaves_the_device_free);
	tcase_add_test(t, each_call_that_is_wanted_is_counted_once);
	tcase_add_test(t, own_calls_of_the_consumer_are_not_recorded);
	tcase_add_test(t, sleeper_is_woken_once);
	tcase_add_test(t, random_words_in_the_consumer_page_cost_only_events_that_are_counted);
	tcase_add_test(t, cpu_that_comes_online_has_a_block_and_poll_says_so);
	tcase_add_test(t, each_call_is_counted_while_a_cpu_comes_and_goes);
	return t;
}
