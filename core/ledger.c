// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include "abi/ring_io.h"
#include "core/ledger.h"

#define TALLIES_OF_BLOCK 1
#define TALLIES_OF_RING	 3

void fcd_ledger_fini(struct fcd_ledger *l)
{
	free(l->blocks);
	free(l->tallies);
	*l = (struct fcd_ledger){ 0 };
}

/* ---- blocks and their counters ---- */

static struct fcd_ledger_block *find(struct fcd_ledger *l, const struct fcd_block *block)
{
	uint32_t i;

	for (i = 0; i < l->blocks_count; i++) {
		if (l->blocks[i].shared == block)
			return &l->blocks[i];
	}
	return NULL;
}

static void watch(struct fcd_ledger *l, const struct fcd_block *block, const __u64 *counter,
		  uint64_t seen, uint32_t cause)
{
	l->tallies[l->tallies_count++] = (struct fcd_tally){ block, counter, seen, seen, cause };
}

int fcd_ledger_add(struct fcd_ledger *l, const struct fcd_ring_desc *ring)
{
	const struct fcd_ring_prod *prod = &ring->block->prod[ring->ring];
	struct fcd_ledger_block *block;
	/* Each ring may have a block of its own, and may break. */
	uint32_t tallies = l->tallies_count + TALLIES_OF_BLOCK + TALLIES_OF_RING;
	void *p = realloc(l->blocks, (l->blocks_count + 1) * sizeof(*l->blocks));

	if (!p)
		return -ENOMEM;
	l->blocks = p;
	p = realloc(l->tallies, tallies * sizeof(*l->tallies));
	if (!p)
		return -ENOMEM;
	l->tallies = p;
	block = find(l, ring->block);
	if (!block) {
		block = &l->blocks[l->blocks_count++];
		*block = (struct fcd_ledger_block){ ring->block, ring->consumer, 0, 0 };
		watch(l, ring->block, &ring->block->drop_nested, 0, FCD_LOSS_NESTED);
	}
	block->rings++;
	watch(l, ring->block, &prod->drop_full, 0, FCD_LOSS_RING_FULL);
	watch(l, ring->block, &prod->drop_too_big, 0, FCD_LOSS_TOO_BIG);
	return 0;
}

void fcd_ledger_break(struct fcd_ledger *l, const struct fcd_block *block, uint32_t ring,
		      uint64_t taken)
{
	const __u64 *published = &block->prod[ring].published;

	watch(l, block, published, taken, FCD_LOSS_BROKEN);
	/* Something was there, even if the counter denies it. */
	if (FCD_LOAD(published) <= taken)
		l->lost[FCD_LOSS_BROKEN]++;
}

/* ---- growth ---- */

/*
 * Producers that may lie only ever add, and not so much at once that a sum with honest
 * numbers could go around.
 */
static uint64_t bounded(uint64_t now, uint64_t seen)
{
	if (now <= seen)
		return 0;
	return now - seen > UINT32_MAX ? UINT32_MAX : now - seen;
}

static uint64_t growth(const struct fcd_tally *t)
{
	return bounded(FCD_LOAD(t->counter), t->seen);
}

static void take_over(struct fcd_ledger *l, struct fcd_tally *t)
{
	uint64_t n = growth(t);

	t->seen += n;
	l->lost[t->cause] += n;
}

void fcd_ledger_read(struct fcd_ledger *l)
{
	uint32_t i;

	for (i = 0; i < l->tallies_count; i++)
		take_over(l, &l->tallies[i]);
}

/* ---- a block ends ---- */

/* Forget the block's counters. Returns the events that they told the loss of. */
static uint64_t unwatch(struct fcd_ledger *l, const struct fcd_block *block)
{
	uint32_t i, kept = 0;
	uint64_t lost = 0;

	for (i = 0; i < l->tallies_count; i++) {
		struct fcd_tally *t = &l->tallies[i];

		if (t->block != block) {
			l->tallies[kept++] = *t;
			continue;
		}
		take_over(l, t);
		lost += t->seen - t->from;
	}
	l->tallies_count = kept;
	return lost;
}

void fcd_ledger_remove(struct fcd_ledger *l, const struct fcd_block *block, uint64_t taken)
{
	struct fcd_ledger_block *b = find(l, block);
	uint64_t ended, broken;

	b->taken += taken;
	if (--b->rings)
		return;
	ended = b->taken + unwatch(l, block);
	/* What it had begun when it died. */
	broken = bounded(FCD_LOAD(&block->produced), ended);
	l->lost[FCD_LOSS_BROKEN] += broken;
	l->gone.produced += ended + broken;
	l->gone.faults += bounded(FCD_LOAD(&block->faults), 0);
	l->gone.untracked += bounded(FCD_LOAD(&block->untracked), 0);
	l->gone.wakes += bounded(FCD_LOAD(&block->wakes), 0);
	*b = l->blocks[--l->blocks_count];
}

/* ---- sums ---- */

void fcd_ledger_sum(const struct fcd_ledger *l, struct fcd_ledger_sums *sums,
		    uint64_t lost[FCD_LOSSES])
{
	uint32_t i;

	*sums = l->gone;
	for (i = 0; i < FCD_LOSSES; i++)
		lost[i] = l->lost[i];
	for (i = 0; i < l->tallies_count; i++)
		lost[l->tallies[i].cause] += growth(&l->tallies[i]);
	/* No block could count these. */
	sums->produced += lost[FCD_LOSS_NO_RING] + lost[FCD_LOSS_MISSED];
	for (i = 0; i < l->blocks_count; i++) {
		const struct fcd_block *b = l->blocks[i].shared;

		sums->produced += FCD_LOAD(&b->produced);
		sums->faults += FCD_LOAD(&b->faults);
		sums->untracked += FCD_LOAD(&b->untracked);
		sums->wakes += FCD_LOAD(&b->wakes);
	}
}
