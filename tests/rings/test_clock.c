// SPDX-License-Identifier: MIT
/*
 * From the boot clock to the epoch. To set the machine's clock is no test's business, so
 * the linker puts the functions below in place of the system's (--wrap).
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>
#include "core/clock.h"
#include "tests/tests.h"

#define SECOND 1000000000LL

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
ssize_t __real_read(int fd, void *data, size_t bytes);
ssize_t __wrap_read(int fd, void *data, size_t bytes);

static int64_t wall_shift_ns; /* how far the wall clock was set */
static bool was_set;	      /* the timer was cancelled, as it is when that happens */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int ret = __real_clock_gettime(id, ts);
	int64_t ns = ts->tv_sec * SECOND + ts->tv_nsec;

	if (id == CLOCK_REALTIME)
		ns += wall_shift_ns;
	ts->tv_sec = ns / SECOND;
	ts->tv_nsec = ns % SECOND;
	return ret;
}

ssize_t __wrap_read(int fd, void *data, size_t bytes)
{
	if (!was_set)
		return __real_read(fd, data, bytes);
	was_set = false;
	errno = ECANCELED;
	return -1;
}

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

START_TEST(epoch_is_the_wall_clock_less_the_boot_clock)
{
	struct fcd_clock c;
	int64_t before, boot, after;

	ck_assert_int_eq(fcd_clock_init(&c), 0);
	before = now_ns(CLOCK_REALTIME);
	boot = (int64_t)(fcd_clock_boot_ns() + c.epoch_ns);
	after = now_ns(CLOCK_REALTIME);
	/* A microsecond for what measuring takes. */
	ck_assert_int_ge(boot, before - 1000);
	ck_assert_int_le(boot, after + 1000);
	fcd_clock_fini(&c);
}
END_TEST

START_TEST(nothing_changes_while_the_clock_was_not_set)
{
	struct fcd_clock c;
	struct pollfd fd = { .events = POLLIN };
	uint64_t epoch_ns;

	ck_assert_int_eq(fcd_clock_init(&c), 0);
	fd.fd = c.fd;
	ck_assert_int_eq(poll(&fd, 1, 0), 0);
	epoch_ns = c.epoch_ns;
	wall_shift_ns = 5 * SECOND;
	ck_assert_int_eq(fcd_clock_update(&c), 0);
	ck_assert_uint_eq(c.epoch_ns, epoch_ns);
	fcd_clock_fini(&c);
}
END_TEST

static const int64_t shifts[] = { 5 * SECOND, -3600 * SECOND, 2000000 };

START_TEST(the_epoch_moves_with_the_wall_clock)
{
	struct fcd_clock c;
	uint64_t epoch_ns;
	int64_t shift;

	ck_assert_int_eq(fcd_clock_init(&c), 0);
	epoch_ns = c.epoch_ns;
	wall_shift_ns = shifts[_i];
	was_set = true;
	shift = fcd_clock_update(&c);
	ck_assert_int_ge(shift, shifts[_i] - 1000000);
	ck_assert_int_le(shift, shifts[_i] + 1000000);
	ck_assert_uint_eq(c.epoch_ns, epoch_ns + (uint64_t)shift);
	ck_assert_int_eq(fcd_clock_update(&c), 0);
	fcd_clock_fini(&c);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("clock");

	tcase_add_test(t, epoch_is_the_wall_clock_less_the_boot_clock);
	tcase_add_test(t, nothing_changes_while_the_clock_was_not_set);
	tcase_add_loop_test(t, the_epoch_moves_with_the_wall_clock, 0, 3);
	return t;
}
