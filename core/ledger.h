/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - how many events the blocks of an engine began, and what became of them.
 *
 * Losses are counted where they happen, in the blocks; the ledger takes over by how much
 * the counters grew. What a block that is gone had counted stays in the sums.
 */
#ifndef FCD_LEDGER_H
#define FCD_LEDGER_H

#include <stdint.h>
#include "abi/engine.h"

/* A counter of losses that a producer keeps, and how much of it was taken over. */
struct fcd_tally {
	const struct fcd_block *block;
	const __u64 *counter;
	uint64_t from, seen; /* where it began; up to where it was taken over */
	uint32_t cause;
};

struct fcd_ledger_block {
	const struct fcd_block *shared;
	struct fcd_block *consumer;
	uint32_t rings; /* of it that are read */
	uint64_t taken; /* events, from rings of it that are not read any more */
};

struct fcd_ledger_sums {
	uint64_t produced, faults, untracked, wakes;
};

struct fcd_ledger {
	struct fcd_ledger_block *blocks;
	struct fcd_tally *tallies;
	uint32_t blocks_count, tallies_count;
	uint64_t lost[FCD_LOSSES];   /* by cause */
	struct fcd_ledger_sums gone; /* of blocks that are not read any more */
};

void fcd_ledger_fini(struct fcd_ledger *l);
/* -ENOMEM, with nothing changed. */
int fcd_ledger_add(struct fcd_ledger *l, const struct fcd_ring_desc *ring);
/*
 * The ring is not read any more, after `taken` events. With its block's last ring goes the
 * block; an event that its producer began and never ended is a broken one.
 */
void fcd_ledger_remove(struct fcd_ledger *l, const struct fcd_block *block, uint64_t taken);
/* Its content is malformed, after `taken` events: what it publishes now is lost. */
void fcd_ledger_break(struct fcd_ledger *l, const struct fcd_block *block, uint32_t ring,
		      uint64_t taken);

/* Take over what the counters have grown by. */
void fcd_ledger_read(struct fcd_ledger *l);
/* Sums, and losses by cause, without taking anything over. */
void fcd_ledger_sum(const struct fcd_ledger *l, struct fcd_ledger_sums *sums,
		    uint64_t lost[FCD_LOSSES]);

#endif
