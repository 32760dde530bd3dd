// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "core/clock.h"

#define NS_PER_S 1000000000LL
/* The offset is measured, not told: a difference below this is noise. */
#define NOISE_NS 1000
#define TRIES	 10

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

uint64_t fcd_clock_boot_ns(void)
{
	return (uint64_t)clock_ns(CLOCK_BOOTTIME);
}

/* The wall clock less the boot clock, from the reading that was interrupted least. */
static uint64_t measure(void)
{
	int64_t best = INT64_MAX, offset = 0;
	int i;

	for (i = 0; i < TRIES; i++) {
		int64_t before = clock_ns(CLOCK_BOOTTIME);
		int64_t wall = clock_ns(CLOCK_REALTIME);
		int64_t took = clock_ns(CLOCK_BOOTTIME) - before;

		if (took < best) {
			best = took;
			offset = wall - (before + took / 2);
		}
	}
	return (uint64_t)offset;
}

/* A timer that never fires but is cancelled, each time again, when the wall clock is set. */
static int arm(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = INT64_MAX / NS_PER_S };
	int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

	return timerfd_settime(fd, flags, &never, NULL) ? -errno : 0;
}

int fcd_clock_init(struct fcd_clock *c)
{
	int fd, err;

	fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* First armed, then measured: a change in between is seen as one. */
	err = arm(fd);
	if (err) {
		close(fd);
		return err;
	}
	c->fd = fd;
	c->epoch_ns = measure();
	return 0;
}

void fcd_clock_fini(struct fcd_clock *c)
{
	close(c->fd);
	c->fd = -1;
}

int64_t fcd_clock_update(struct fcd_clock *c)
{
	uint64_t ticks, epoch_ns;
	int64_t shift;

	if (read(c->fd, &ticks, sizeof(ticks)) >= 0 || errno != ECANCELED)
		return 0;
	epoch_ns = measure();
	shift = (int64_t)(epoch_ns - c->epoch_ns);
	if (shift > -NOISE_NS && shift < NOISE_NS)
		return 0;
	c->epoch_ns = epoch_ns;
	return shift;
}
