/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - how many events the blocks of an engine began, and what became of them.
 *
 * Losses are counted where they happen, in the blocks; the ledger takes over by how much
 * the counters grew. What a block that is gone had counted stays in the sums. They are right
 * at each moment, while producers write: see fcd_ledger_sum().
 */
#ifndef FCD_LEDGER_H
#define FCD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/engine.h"

enum fcd_ledger_state {
	FCD_LEDGER_NONE,   /* nobody reads this ring of the block */
	FCD_LEDGER_READ,   /* what is published in it and not taken is in flight */
	FCD_LEDGER_BROKEN, /* ... is lost */
	FCD_LEDGER_ENDED,  /* read to its end */
};

/* A ring of a block. */
struct fcd_ledger_ring {
	enum fcd_ledger_state state;
	uint64_t taken; /* events; its reader keeps it right for fcd_ledger_sum() */
	uint64_t holds; /* no more events than these fit in it */
	/* What was taken over of its counters; broken: of those that came after `taken`. */
	uint64_t full, too_big, broken;
};

struct fcd_ledger_block {
	const struct fcd_block *shared;
	struct fcd_block *consumer;
	bool is_untrusted; /* its counters prove nothing */
	uint32_t reading;  /* rings that are neither ended nor removed */
	uint32_t rings;	   /* of the following; some may be NONE */
	uint64_t nested;   /* what was taken over */
	struct fcd_ledger_ring ring[FCD_BLOCK_RINGS];
};

struct fcd_ledger_sums {
	uint64_t produced, in_flight, faults, untracked, wakes;
};

struct fcd_ledger {
	struct fcd_ledger_block **blocks;
	uint32_t blocks_count;
	uint64_t lost[FCD_LOSSES];	/* by cause */
	uint64_t full[FCD_BLOCK_RINGS]; /* of lost[FCD_LOSS_RING_FULL], by ring of a block */
	uint64_t uncounted;	     /* of lost[FCD_LOSS_BROKEN], events that their block denied */
	struct fcd_ledger_sums gone; /* of blocks that are not read any more */
};

void fcd_ledger_fini(struct fcd_ledger *l);
/* *out lives until its last ring is removed. -ENOMEM, with nothing changed. */
int fcd_ledger_add(struct fcd_ledger *l, const struct fcd_ring_desc *ring,
		   struct fcd_ledger_block **out);
/*
 * The ring is not read any more. With its block's last ring goes the block; an event that its
 * producer began and never ended is a broken one.
 */
void fcd_ledger_remove(struct fcd_ledger *l, struct fcd_ledger_block *block, uint32_t ring);
/* Its content is malformed: what it published and publishes beyond what was taken is lost. */
void fcd_ledger_break(struct fcd_ledger *l, struct fcd_ledger_block *block, uint32_t ring);

/* Take over what the counters of losses have grown by. */
void fcd_ledger_read(struct fcd_ledger *l);
/*
 * Take over, and sum up what was produced and is in flight: produced = taken + lost + in flight,
 * for the counters of each block are looked at until they fit together. In flight is what is in
 * a ring or being written now. The sum of a trusted engine is off if its own counters are; of an
 * untrusted block only what became of an event proves that there was one.
 */
void fcd_ledger_sum(struct fcd_ledger *l, struct fcd_ledger_sums *sums);

#endif
