/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ring_io.h - writer and reader of a ring (ring.h) in user space.
 *
 * One thread writes a block, one thread reads it. The reader trusts nothing that
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
#define FCD_STORE_RELEASE(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* A full barrier. No thread sanitizer models it; nothing here needs it to. */
#ifdef __SANITIZE_THREAD__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
static inline void fcd_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#ifdef __SANITIZE_THREAD__
#pragma GCC diagnostic pop
#endif

/*
 * Ask for the cache line at p, to write it. In a ring another CPU had it last, and stores
 * that wait for their lines one after the other are most of what writing a ring costs.
 */
static inline void fcd_prefetch_write(const char *p)
{
#ifdef __x86_64__
	/* The compiler's own makes a prefetch for reading of it for CPUs of the baseline. */
	__asm__ volatile("prefetchw %0" : : "m"(*p));
#else
	__builtin_prefetch(p, 1);
#endif
}

/* How far ahead of a sequential writer that is worth while. */
#define FCD_PREFETCH_AHEAD 1536

/*
 * Copy a record's bytes into a ring, both sides aligned to 8, n a multiple of 8 and at least
 * 24. Most records are too short for a call of memcpy to pay.
 */
static inline void fcd_record_copy(void *to, const void *from, uint64_t n)
{
	char *t = (char *)to;
	const char *f = (const char *)from;
	uint64_t i;

	if (n > 512) {
		memcpy(t, f, n);
		return;
	}
	fcd_prefetch_write(t + FCD_PREFETCH_AHEAD);
	fcd_prefetch_write(t + FCD_PREFETCH_AHEAD + 64);
	for (i = 0; i < n - 16; i += 16)
		memcpy(t + i, f + i, 16);
	memcpy(t + n - 16, f + n - 16, 16);
}

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

/*
 * ---- writer ----
 *
 * One event: begin, fill it in place, commit. A burst shares one barrier and one
 * reading of the clock: enter, any number of space + publish, leave.
 */

struct fcd_ring_writer {
	struct fcd_block *block;
	uint32_t ring;
};

/* Say that a record is being written. Read the clock for its time only after this. */
static inline void fcd_ring_enter(struct fcd_ring_writer *w)
{
	FCD_STORE(&w->block->prod[w->ring].busy, 1);
	/* Against the compiler. The reader allows for stores that are still on their way. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/*
 * Space for a record of `bytes` (envelope included), to be filled in place, or
 * NULL: no room, or more than FCD_RECORD_MAX. An event that gets none is counted;
 * each call counts one event as produced.
 */
static inline struct fcd_envelope *fcd_ring_space(struct fcd_ring_writer *w, uint32_t bytes)
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
	return (struct fcd_envelope *)(void *)((char *)w->block + at->offset +
					       (p->head & (at->bytes - 1)));
}

/* Publish what space returned; bytes may be less than it was told. */
static inline void fcd_ring_publish(struct fcd_ring_writer *w, uint32_t bytes)
{
	struct fcd_ring_prod *p = &w->block->prod[w->ring];

	FCD_STORE(&p->published, p->published + 1);
	FCD_STORE_RELEASE(&p->head, p->head + FCD_RECORD_STEP(bytes));
}

/* Returns 1 if the consumer sleeps and the caller must wake it (it was told once). */
static inline int fcd_ring_leave(struct fcd_ring_writer *w)
{
	FCD_STORE_RELEASE(&w->block->prod[w->ring].busy, 0);
	/* Either we see asleep, or the sleeper sees our head. */
	fcd_fence();
	if (!FCD_LOAD(&w->block->asleep) ||
	    !__atomic_exchange_n(&w->block->asleep, 0, __ATOMIC_RELAXED))
		return 0;
	FCD_STORE(&w->block->wakes, w->block->wakes + 1);
	return 1;
}

/* enter and space; after NULL there is nothing to commit. */
static inline struct fcd_envelope *fcd_ring_begin(struct fcd_ring_writer *w, uint32_t bytes)
{
	struct fcd_envelope *record;

	fcd_ring_enter(w);
	record = fcd_ring_space(w, bytes);
	if (!record)
		FCD_STORE_RELEASE(&w->block->prod[w->ring].busy, 0);
	return record;
}

/* publish and leave. */
static inline int fcd_ring_commit(struct fcd_ring_writer *w, uint32_t bytes)
{
	fcd_ring_publish(w, bytes);
	return fcd_ring_leave(w);
}

/* ---- reader ---- */

struct fcd_ring_reader {
	const struct fcd_ring_prod *prod;
	struct fcd_ring_cons *cons;
	const uint8_t *data; /* bytes + FCD_RING_SLACK are mapped */
	uint64_t bytes;	     /* a power of two; the host's, not the producer's */
	uint64_t pos;	     /* what was released; never read back */
};

/*
 * One record in the ring. bytes and ts_ns are what was read and checked: use
 * them, not the record's own.
 */
struct fcd_ref {
	const struct fcd_envelope *record;
	uint64_t ts_ns;
	uint64_t end; /* position behind the record */
	uint32_t bytes;
};

/*
 * The bytes that are published from position `at` on, and whether more is being
 * written. -EPROTO if the ring is broken: give it up.
 */
static inline int fcd_ring_look(const struct fcd_ring_reader *r, uint64_t at, uint64_t *left,
				int *is_busy)
{
	/*
	 * busy first: if it is 0, all that was begun before is in this head, and what
	 * is begun from now on is younger than this moment.
	 */
	uint64_t busy = FCD_LOAD_ACQUIRE(&r->prod->busy);
	uint64_t published = FCD_LOAD_ACQUIRE(&r->prod->head) - at;

	if (published > r->bytes)
		return -EPROTO;
	*is_busy = busy != 0;
	*left = published;
	return 0;
}

/* The record at position `at`, of which `left` bytes are published. 0 or -EPROTO. */
static inline int fcd_ring_at(const struct fcd_ring_reader *r, uint64_t at, uint64_t left,
			      struct fcd_ref *out)
{
	const void *place = r->data + (at & (r->bytes - 1));
	const struct fcd_envelope *e = (const struct fcd_envelope *)place;
	uint32_t bytes = FCD_LOAD(&e->bytes);

	if (bytes < sizeof(*e) + FCD_EVENT_HEADER || bytes > FCD_RECORD_MAX ||
	    FCD_RECORD_STEP(bytes) > left)
		return -EPROTO;
	out->record = e;
	out->ts_ns = FCD_LOAD((const __u64 *)(e + 1));
	out->end = at + FCD_RECORD_STEP(bytes);
	out->bytes = bytes;
	return 0;
}

/*
 * Up to max records from position *at on, in place; *at moves behind them.
 * Returns how many, 0 for none, -EPROTO if the ring is broken: give it up.
 */
static inline int fcd_ring_peek(const struct fcd_ring_reader *r, uint64_t *at, struct fcd_ref *refs,
				int max)
{
	uint64_t end = *at, left;
	int n = 0, is_busy;

	if (fcd_ring_look(r, end, &left, &is_busy))
		return -EPROTO;
	end += left;
	for (; n < max && *at != end; n++) {
		if (fcd_ring_at(r, *at, end - *at, &refs[n]))
			return n ? n : -EPROTO;
		*at = refs[n].end;
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
