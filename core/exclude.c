// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/exclude.h"

static struct fcd_exclude_item *find(const struct fcd_exclude *x, uint32_t tgid)
{
	uint32_t i;

	for (i = 0; i < x->count; i++) {
		if (x->at[i].tgid == tgid)
			return &x->at[i];
	}
	return NULL;
}

static void set_bits(struct fcd_exclude *x)
{
	uint32_t i;

	memset(x->bits, 0, sizeof(x->bits));
	for (i = 0; i < x->count; i++) {
		uint32_t bit = x->at[i].tgid % FCD_EXCLUDE_BITS;

		x->bits[bit / 64] |= 1ULL << (bit % 64);
	}
}

void fcd_exclude_fini(struct fcd_exclude *x)
{
	free(x->at);
	memset(x, 0, sizeof(*x));
}

int fcd_exclude_add(struct fcd_exclude *x, uint32_t tgid)
{
	struct fcd_exclude_item *item = find(x, tgid);

	if (item) {
		item->times++;
		return 0;
	}
	item = realloc(x->at, (x->count + 1) * sizeof(*item));
	if (!item)
		return -ENOMEM;
	x->at = item;
	x->at[x->count++] = (struct fcd_exclude_item){ tgid, 1 };
	set_bits(x);
	return 0;
}

void fcd_exclude_remove(struct fcd_exclude *x, uint32_t tgid)
{
	struct fcd_exclude_item *item = find(x, tgid);

	if (!item || --item->times)
		return;
	*item = x->at[--x->count];
	set_bits(x);
}

bool fcd_exclude_find(const struct fcd_exclude *x, uint32_t tgid)
{
	return find(x, tgid) != NULL;
}
