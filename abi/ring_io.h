/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ring_io.h - writer and reader of a ring (ring.h) in user space.
 *
 * One thread writes a ring, one thread reads it. The reader trusts nothing that
 * it finds: each index and length is read once and bounded before use, so a
 * broken or hostile producer costs -EPROTO and nothing else. Between peek and
 * release the records of an honest producer do not change; those of one that
 * may lie can, and are to be copied first and checked in the copy.
 */
#ifndef FCD_RING_IO_H
#define FCD_RING_IO_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "ring.h"

#define FCD_LOAD(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define FCD_LOAD_ACQUIRE(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define FCD_STORE(p, v)		__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define FCD_STORE_RELEASE(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

/* ---- geometry ---- */

/*
 * Lay out a block in zeroed memory: rings of the given sizes (each a power of
 * two, at least FCD_PAGE) behind reserve bytes of the engine's own (a multiple
 * of FCD_PAGE). Returns the bytes that the block takes; with block NULL nothing
 * is written, so that the size can be asked for first.
 */
static inline uint64_t fcd_block_init(struct fcd_block *block, uint32_t cpu, uint64_t reserve,
				      const uint64_t *ring_bytes, uint32_t rings)
{
	uint64_t at = FCD_BLOCK_HEAD + reserve;
	uint32_t i;

	for (i = 0; i < rings && i < FCD_BLOCK_RINGS; i++) {
		if (block) {
			block->place[i].offset = at;
			block->place[i].bytes = ring_bytes[i];
		}
		at += ring_bytes[i] + FCD_RING_SLACK;
	}
	if (block) {
		block->cpu = cpu;
		block->rings = i;
		block->magic = FCD_RING_MAGIC;
	}
	return at;
}

/* ---- writer ---- */

struct fcd_ring_writer {
	struct fcd_block *block;
	uint32_t ring;
};

/*
 * Begin a record: space for bytes (envelope included, at most FCD_RECORD_MAX),
 * to be filled in place, or NULL: no room, counted. Every begun event is
 * counted as produced. Follow with commit.
 */
static inline struct fcd_envelope *fcd_ring_begin(struct fcd_ring_writer *w, uint32_t bytes)
{
	struct fcd_ring_prod *p = &w->block->prod[w->ring];
	const struct fcd_ring_place *at = &w->block->place[w->ring];
	uint64_t step = FCD_RECORD_STEP(bytes);

	FCD_STORE(&w->block->produced, w->block->produced + 1);
	if (bytes > FCD_RECORD_MAX) {
		FCD_STORE(&p->drop_too_big, p->drop_too_big + 1);
		return NULL;
	}
	if (step > at->bytes || p->head - p->tail_seen > at->bytes - step)
		p->tail_seen = FCD_LOAD_ACQUIRE(&w->block->cons[w->ring].tail);
	/* A tail from nowhere leaves no room: the difference is larger than any ring. */
	if (step > at->bytes || p->head - p->tail_seen > at->bytes - step) {
		FCD_STORE(&p->drop_full, p->drop_full + 1);
		return NULL;
	}
	FCD_STORE(&p->busy, 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (struct fcd_envelope *)((char *)w->block + at->offset + (p->head & (at->bytes - 1)));
}

/*
 * Publish what begin returned; bytes may be less than begin was told. Returns 1
 * if the consumer sleeps and the caller must wake it (it was told once).
 */
static inline int fcd_ring_commit(struct fcd_ring_writer *w, uint32_t bytes)
{
	struct fcd_ring_prod *p = &w->block->prod[w->ring];

	FCD_STORE(&p->published, p->published + 1);
	FCD_STORE_RELEASE(&p->head, p->head + FCD_RECORD_STEP(bytes));
	FCD_STORE_RELEASE(&p->busy, 0);
	/* Either we see asleep, or the sleeper sees our head. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!FCD_LOAD(&w->block->asleep) ||
	    !__atomic_exchange_n(&w->block->asleep, 0, __ATOMIC_RELAXED))
		return 0;
	FCD_STORE(&w->block->wakes, w->block->wakes + 1);
	return 1;
}

/* ---- reader ---- */

struct fcd_ring_reader {
	const struct fcd_ring_prod *prod;
	struct fcd_ring_cons *cons;
	const uint8_t *data;	/* bytes + FCD_RING_SLACK are mapped */
	uint64_t bytes;		/* a power of two; the host's, not the producer's */
	uint64_t pos;		/* what was released; never read back */
};

/*
 * One record in the ring. bytes and ts_ns are what was read and checked: use
 * them, not the record's own.
 */
struct fcd_ref {
	const struct fcd_envelope *record;
	uint64_t ts_ns;
	uint64_t end;		/* position behind the record */
	uint32_t bytes;
};

/*
 * Up to max records from position *at on, in place; *at moves behind them.
 * Returns how many, 0 for none, -EPROTO if the ring is broken: give it up.
 */
static inline int fcd_ring_peek(const struct fcd_ring_reader *r, uint64_t *at,
				struct fcd_ref *refs, int max)
{
	uint64_t head = FCD_LOAD_ACQUIRE(&r->prod->head), pos = *at, left = head - pos;
	int n;

	if (left > r->bytes)
		return -EPROTO;
	for (n = 0; n < max && left; n++) {
		const struct fcd_envelope *e =
			(const struct fcd_envelope *)(r->data + (pos & (r->bytes - 1)));
		uint32_t bytes = FCD_LOAD(&e->bytes);
		uint64_t step = FCD_RECORD_STEP(bytes);

		if (bytes < sizeof(*e) + FCD_EVENT_HEADER || bytes > FCD_RECORD_MAX || step > left)
			return n ? n : -EPROTO;
		pos += step;
		left -= step;
		refs[n].record = e;
		refs[n].ts_ns = FCD_LOAD((const uint64_t *)(e + 1));
		refs[n].end = pos;
		refs[n].bytes = bytes;
		*at = pos;
	}
	return n;
}

/* All records before position `end` are done with: their space is the producer's again. */
static inline void fcd_ring_release(struct fcd_ring_reader *r, uint64_t end)
{
	r->pos = end;
	FCD_STORE_RELEASE(&r->cons->tail, end);
}

#endif
