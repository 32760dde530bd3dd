/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ring.h - the module's writer of abi/ring.h: claim, write in place, publish.
 *
 * Preemption is off, so that only what interrupts us on this CPU competes for a ring, and
 * that ends before we go on. Sizes and places come from our own memory; what the consumer
 * writes is only ever subtracted (tail) or asked for being 0 (asleep).
 */
#ifndef FCD_KMOD_RING_H
#define FCD_KMOD_RING_H

#include <linux/irq_work.h>
#include "engines/kmod/consumer.h"

/* Busy from now on, unless it was. */
static __always_inline bool ring_claim(struct fcd_block *b, u32 l)
{
	if (READ_ONCE(b->prod[l].busy))
		return false;
	WRITE_ONCE(b->prod[l].busy, 1);
	/* The clock is read, and the ring looked at, only after this. */
	barrier();
	return true;
}

/* The first ring that is not busy, and busy from now on; FCD_KMOD_RINGS: none. */
static __always_inline u32 ring_take(struct fcd_block *b)
{
	if (ring_claim(b, FCD_KMOD_MAIN))
		return FCD_KMOD_MAIN;
	return ring_claim(b, FCD_KMOD_NESTED) ? FCD_KMOD_NESTED : FCD_KMOD_RINGS;
}

static __always_inline void ring_leave(struct fcd_block *b, u32 l)
{
	smp_store_release(&b->prod[l].busy, 0);
}

/*
 * Room for `need` bytes in ring l of `bytes`? Returns what is free, a multiple of 8; 0: not
 * enough. The tail is looked at while less is known to be free than the largest record takes:
 * a record may turn out to be larger than was needed at its begin. A tail from nowhere leaves
 * no room: the difference is larger than any ring.
 */
static __always_inline u64 ring_free(struct fcd_block *b, u32 l, u64 bytes, u64 need)
{
	struct fcd_ring_prod *p = &b->prod[l];

	if (p->head - p->tail_seen > bytes - FCD_RECORD_MAX)
		/* What the consumer has read is read before we write over it. */
		p->tail_seen = smp_load_acquire(&b->cons[l].tail);
	if (p->head - p->tail_seen > bytes - need)
		return 0;
	return (bytes - (p->head - p->tail_seen)) & ~7ULL;
}

/*
 * For a priority event: of its own ring, main and nested the first that is not busy and has
 * room. If none has, the first that is not busy, where the event is lost and counted.
 */
static __always_inline u32 ring_take_priority(struct fcd_block *b, const u64 *bytes, u64 need)
{
	static const u8 order[] = { FCD_KMOD_PRIORITY, FCD_KMOD_MAIN, FCD_KMOD_NESTED };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		if (!ring_claim(b, order[i]))
			continue;
		if (ring_free(b, order[i], bytes[order[i]], need))
			return order[i];
		ring_leave(b, order[i]);
	}
	return ring_claim(b, FCD_KMOD_PRIORITY) ? FCD_KMOD_PRIORITY : ring_take(b);
}

static __always_inline void ring_publish(struct fcd_consumer *k, struct fcd_block *b, u32 l,
					 u64 bytes)
{
	struct fcd_ring_prod *p = &b->prod[l];

	p->published++;
	smp_store_release(&p->head, p->head + FCD_RECORD_STEP(bytes));
	ring_leave(b, l);
	/* Either we see asleep, or the sleeper sees our head. */
	smp_mb();
	if (!READ_ONCE(b->asleep))
		return;
	WRITE_ONCE(b->asleep, 0);
	b->wakes++;
	WRITE_ONCE(k->is_pending, 1);
	/* We may be anywhere, with a run queue's lock held too. */
	irq_work_queue(&k->wake);
}

#endif
