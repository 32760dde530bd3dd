/* SPDX-License-Identifier: MIT */
/* clock.h - from CLOCK_BOOTTIME, which engines stamp, to the epoch. */
#ifndef FCD_CLOCK_H
#define FCD_CLOCK_H

#include <stdint.h>

struct fcd_clock {
	uint64_t epoch_ns; /* add this to CLOCK_BOOTTIME */
	int fd;		   /* readable after the wall clock was set */
};

/* Negative errno. */
int fcd_clock_init(struct fcd_clock *c);
void fcd_clock_fini(struct fcd_clock *c);
/* After fd became readable: take the new offset. Returns new minus old, 0 if it was not set. */
int64_t fcd_clock_update(struct fcd_clock *c);
uint64_t fcd_clock_boot_ns(void);

#endif
