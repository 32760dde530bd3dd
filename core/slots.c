// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/slots.h"

void fcd_slots_fini(struct fcd_slots *s)
{
	free(s->read);
	free(s->now);
	*s = (struct fcd_slots){ 0 };
}

static int grow(struct fcd_slots *s, uint32_t count)
{
	void *p;

	if (count <= s->count)
		return 0;
	p = realloc(s->now, count * sizeof(*s->now));
	if (!p)
		return -ENOMEM;
	s->now = p;
	p = realloc(s->read, count * sizeof(*s->read));
	if (!p)
		return -ENOMEM;
	s->read = p;
	memset(&s->read[s->count], 0, (count - s->count) * sizeof(*s->read));
	s->count = count;
	return 0;
}

/* Is the ring that we read in this slot to be taken back? */
static bool is_over(const struct fcd_ring_desc *read, const struct fcd_ring_desc *now,
		    const struct fcd_pump *pump)
{
	return now->flags & FCD_RING_ENDED || fcd_pump_is_broken(pump, read);
}

int fcd_slots_sync(struct fcd_slots *s, const struct fcd_engine_ops *ops, struct fcd_engine *e,
		   struct fcd_pump *pump)
{
	int count = ops->rings(e, NULL, sizeof(*s->now), 0), left = 0, err = 0;
	uint32_t i;

	if (count > 0)
		err = grow(s, (uint32_t)count);
	if (count <= 0 || err)
		return count < 0 ? count : err;
	memset(s->now, 0, s->count * sizeof(*s->now));
	if (ops->rings(e, s->now, sizeof(*s->now), (uint32_t)count) < count)
		return -EPROTO;
	for (i = 0; i < s->count; i++) {
		struct fcd_ring_desc *read = &s->read[i], *now = &s->now[i];
		int ret;

		if (!read->block && now->block) {
			ret = fcd_pump_add(pump, now);
			if (ret)
				err = ret;
			else
				*read = *now;
		}
		if (!read->block || !ops->retire || !is_over(read, now, pump))
			continue;
		if (fcd_pump_end(pump, read)) {
			ops->retire(e, i);
			read->block = NULL;
		} else {
			left++;
		}
	}
	return err ? err : left;
}
