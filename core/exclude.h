/* SPDX-License-Identifier: MIT */
/* exclude.h - a small set of processes, each counted, looked up for every event. */
#ifndef FCD_EXCLUDE_H
#define FCD_EXCLUDE_H

#include <stdbool.h>
#include <stdint.h>

#define FCD_EXCLUDE_BITS 1024

struct fcd_exclude {
	uint64_t bits[FCD_EXCLUDE_BITS / 64]; /* no bit: surely not in the set */
	struct fcd_exclude_item {
		uint32_t tgid, times;
	} * at;
	uint32_t count;
};

void fcd_exclude_fini(struct fcd_exclude *x);
/* -ENOMEM */
int fcd_exclude_add(struct fcd_exclude *x, uint32_t tgid);
void fcd_exclude_remove(struct fcd_exclude *x, uint32_t tgid);

bool fcd_exclude_find(const struct fcd_exclude *x, uint32_t tgid);

static inline bool fcd_exclude_has(const struct fcd_exclude *x, uint32_t tgid)
{
	uint32_t bit = tgid % FCD_EXCLUDE_BITS;

	return (x->bits[bit / 64] >> (bit % 64) & 1) && fcd_exclude_find(x, tgid);
}

#endif
