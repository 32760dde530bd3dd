/* SPDX-License-Identifier: MIT */
/* nearest.h - the known name that a mistyped one was probably meant to be. */
#ifndef FCD_NEAREST_H
#define FCD_NEAREST_H

struct fcd_nearest {
	const char *name; /* what was typed */
	const char *best; /* the nearest candidate so far that is near enough, or NULL */
	unsigned int distance;
};

/* Start with { .name = typed }, try each candidate, look at best. */
void fcd_nearest_try(struct fcd_nearest *n, const char *candidate);

#endif
