// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ring_io.h"
#include "core/ledger.h"

/* Looks at a block until its counters fit together: it takes longer to look than to write. */
#define LOOKS		1000
#define EVENT_BYTES_MIN (sizeof(struct fcd_envelope) + FCD_EVENT_HEADER)

void fcd_ledger_fini(struct fcd_ledger *l)
{
	uint32_t i;

	for (i = 0; i < l->blocks_count; i++)
		free(l->blocks[i]);
	free(l->blocks);
	*l = (struct fcd_ledger){ 0 };
}

/* ---- blocks ---- */

static struct fcd_ledger_block *find(struct fcd_ledger *l, const struct fcd_block *block)
{
	uint32_t i;

	for (i = 0; i < l->blocks_count; i++) {
		if (l->blocks[i]->shared == block)
			return l->blocks[i];
	}
	return NULL;
}

static struct fcd_ledger_block *add_block(struct fcd_ledger *l, const struct fcd_ring_desc *ring)
{
	struct fcd_ledger_block *b = calloc(1, sizeof(*b));
	void *p = b ? realloc(l->blocks, (l->blocks_count + 1) * sizeof(struct fcd_ledger_block *))
		    : NULL;

	if (!p) {
		free(b);
		return NULL;
	}
	l->blocks = p;
	l->blocks[l->blocks_count++] = b;
	b->shared = ring->block;
	b->consumer = ring->consumer;
	b->is_untrusted = ring->flags & FCD_RING_UNTRUSTED;
	return b;
}

int fcd_ledger_add(struct fcd_ledger *l, const struct fcd_ring_desc *ring,
		   struct fcd_ledger_block **out)
{
	struct fcd_ledger_block *b = find(l, ring->block);

	if (!b)
		b = add_block(l, ring);
	if (!b)
		return -ENOMEM;
	if (b->rings <= ring->ring)
		b->rings = ring->ring + 1;
	b->reading++;
	b->ring[ring->ring] = (struct fcd_ledger_ring){ .state = FCD_LEDGER_READ,
							.holds = ring->bytes / EVENT_BYTES_MIN };
	*out = b;
	return 0;
}

/* ---- what the counters say ---- */

struct counts {
	uint64_t produced, nested;
	uint64_t ended; /* events that were published or dropped, by what the block says */
	uint32_t begun; /* events that may be produced and did not end yet */
	struct {
		uint64_t published, full, too_big;
	} ring[FCD_BLOCK_RINGS];
};

/* An event is counted as produced first: `produced` is read last, so it is not behind. */
static void look_once(const struct fcd_ledger_block *b, struct counts *c)
{
	uint32_t i, busy = 0, rings = 0;

	memset(c, 0, sizeof(*c));
	c->nested = c->ended = FCD_LOAD_ACQUIRE(&b->shared->drop_nested);
	for (i = 0; i < b->rings; i++) {
		const struct fcd_ring_prod *p = &b->shared->prod[i];

		if (b->ring[i].state == FCD_LEDGER_NONE)
			continue;
		c->ring[i].published = FCD_LOAD_ACQUIRE(&p->published);
		c->ring[i].full = FCD_LOAD_ACQUIRE(&p->drop_full);
		c->ring[i].too_big = FCD_LOAD_ACQUIRE(&p->drop_too_big);
		c->ended += c->ring[i].published + c->ring[i].full + c->ring[i].too_big;
		busy += FCD_LOAD_ACQUIRE(&p->busy) != 0;
		rings++;
	}
	/*
	 * One in each ring that is being written, and one that interrupts these and finds no
	 * other: not every ring is for every event.
	 */
	c->begun = busy + (busy == rings || busy >= 2);
	c->produced = FCD_LOAD(&b->shared->produced);
}

static void look(const struct fcd_ledger_block *b, struct counts *c)
{
	int i = 0;

	do
		look_once(b, c);
	while (c->produced - c->ended > c->begun && !b->is_untrusted && ++i < LOOKS);
}

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

static uint64_t take_counter(struct fcd_ledger *l, uint32_t cause, uint64_t now, uint64_t *seen)
{
	uint64_t n = bounded(now, *seen);

	*seen += n;
	l->lost[cause] += n;
	return n;
}

static void take_over(struct fcd_ledger *l, struct fcd_ledger_block *b, const struct counts *c)
{
	uint32_t i;

	take_counter(l, FCD_LOSS_NESTED, c->nested, &b->nested);
	for (i = 0; i < b->rings; i++) {
		struct fcd_ledger_ring *r = &b->ring[i];

		if (r->state == FCD_LEDGER_NONE)
			continue;
		l->full[i] += take_counter(l, FCD_LOSS_RING_FULL, c->ring[i].full, &r->full);
		take_counter(l, FCD_LOSS_TOO_BIG, c->ring[i].too_big, &r->too_big);
		if (r->state == FCD_LEDGER_BROKEN && c->ring[i].published > r->taken)
			take_counter(l, FCD_LOSS_BROKEN, c->ring[i].published - r->taken,
				     &r->broken);
	}
}

void fcd_ledger_read(struct fcd_ledger *l)
{
	struct counts c;
	uint32_t i;

	for (i = 0; i < l->blocks_count; i++) {
		look_once(l->blocks[i], &c);
		take_over(l, l->blocks[i], &c);
	}
}

void fcd_ledger_break(struct fcd_ledger *l, struct fcd_ledger_block *block, uint32_t ring)
{
	block->ring[ring].state = FCD_LEDGER_BROKEN;
	/* Something was there, even if the counter denies it. */
	if (FCD_LOAD(&block->shared->prod[ring].published) > block->ring[ring].taken)
		return;
	l->uncounted++;
	l->lost[FCD_LOSS_BROKEN]++;
}

/* ---- sums ---- */

/* Events of a block that were taken, or lost and taken over. */
static uint64_t settled(const struct fcd_ledger_block *b)
{
	uint64_t n = b->nested;
	uint32_t i;

	for (i = 0; i < b->rings; i++) {
		const struct fcd_ledger_ring *r = &b->ring[i];

		n += r->taken + r->full + r->too_big + r->broken;
	}
	return n;
}

static uint64_t in_rings(const struct fcd_ledger_block *b, const struct counts *c)
{
	uint64_t n, sum = 0;
	uint32_t i;

	for (i = 0; i < b->rings; i++) {
		const struct fcd_ledger_ring *r = &b->ring[i];

		if (r->state != FCD_LEDGER_READ)
			continue;
		n = bounded(c->ring[i].published, r->taken);
		sum += n < r->holds ? n : r->holds;
	}
	return sum;
}

static uint64_t being_written(const struct counts *c)
{
	uint64_t n = bounded(c->produced, c->ended);

	return n < c->begun ? n : c->begun;
}

static void sum_events(const struct fcd_ledger_block *b, const struct counts *c,
		       struct fcd_ledger_sums *sums)
{
	uint64_t in_flight = in_rings(b, c) + being_written(c);

	sums->in_flight += in_flight;
	sums->produced += b->is_untrusted ? settled(b) + in_flight : c->produced;
}

static void sum_others(const struct fcd_ledger_block *b, struct fcd_ledger_sums *sums)
{
	sums->faults += bounded(FCD_LOAD(&b->shared->faults), 0);
	sums->untracked += bounded(FCD_LOAD(&b->shared->untracked), 0);
	sums->wakes += bounded(FCD_LOAD(&b->shared->wakes), 0);
}

void fcd_ledger_sum(struct fcd_ledger *l, struct fcd_ledger_sums *sums)
{
	struct counts c;
	uint32_t i;

	*sums = l->gone;
	for (i = 0; i < l->blocks_count; i++) {
		look(l->blocks[i], &c);
		take_over(l, l->blocks[i], &c);
		sum_events(l->blocks[i], &c, sums);
		sum_others(l->blocks[i], sums);
	}
	/* No block could count these. */
	sums->produced += l->lost[FCD_LOSS_NO_RING] + l->lost[FCD_LOSS_MISSED] + l->uncounted;
}

/* ---- a block ends ---- */

static void forget(struct fcd_ledger *l, const struct fcd_ledger_block *b)
{
	uint32_t i;

	for (i = 0; l->blocks[i] != b; i++)
		;
	free(l->blocks[i]);
	l->blocks[i] = l->blocks[--l->blocks_count];
}

void fcd_ledger_remove(struct fcd_ledger *l, struct fcd_ledger_block *b, uint32_t ring)
{
	struct counts c;
	uint64_t broken;

	if (b->ring[ring].state == FCD_LEDGER_READ)
		b->ring[ring].state = FCD_LEDGER_ENDED;
	if (--b->reading)
		return;
	look_once(b, &c);
	take_over(l, b, &c);
	/* What it had begun when it died. */
	broken = bounded(c.produced, settled(b));
	l->lost[FCD_LOSS_BROKEN] += broken;
	l->gone.produced += settled(b) + broken;
	sum_others(b, &l->gone);
	forget(l, b);
}
