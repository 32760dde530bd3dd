/* SPDX-License-Identifier: MIT */
/* slots.h - the engine's table of rings, and which of them a pump reads. */
#ifndef FCD_SLOTS_H
#define FCD_SLOTS_H

#include "abi/engine.h"
#include "core/pump.h"

struct fcd_slots {
	struct fcd_ring_desc *read; /* by slot; block NULL: none */
	struct fcd_ring_desc *now;  /* room for what the engine says */
	uint32_t count;
};

void fcd_slots_fini(struct fcd_slots *s);
/*
 * Give new rings to the pump; take those back that ended, once they are read to their end,
 * and those that are broken. Returns how many have ended and are not read to their end:
 * call again after a pass. -EPROTO, -EINVAL: the engine describes a ring that cannot be
 * one, the others are read; -ENOMEM.
 */
int fcd_slots_sync(struct fcd_slots *s, const struct fcd_engine_ops *ops, struct fcd_engine *e,
		   struct fcd_pump *pump);

#endif
