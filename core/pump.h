/* SPDX-License-Identifier: MIT */
/*
 * pump.h - from the engine's rings to the broadcast ring: read, merge by time, publish.
 *
 * One thread owns a pump. A pass publishes in order of time what can no longer be
 * preceded by anything: a ring that is not busy will only bring events younger than the
 * pass. A ring that stays busy is waited for hold_ns at most; what comes
 * later than that is published with FCD_LATE and counted.
 */
#ifndef FCD_PUMP_H
#define FCD_PUMP_H

#include <stdbool.h>
#include "abi/engine.h"
#include "core/cast.h"
#include "core/clock.h"

struct fcd_pump;

struct fcd_pump_stats {
	uint64_t produced;  /* by all blocks before space is taken; with NO_RING and MISSED */
	uint64_t published; /* events copied into the broadcast ring */
	uint64_t late;	    /* of these, out of order */
	uint64_t excluded;  /* events of excluded processes, not published */
	uint64_t in_flight; /* produced; in a ring and not taken yet, or being written */
	uint64_t lost[FCD_LOSSES];	   /* by cause; OVERRUN is each subscriber's own */
	uint64_t full[FCD_BLOCK_RINGS];	   /* of lost[FCD_LOSS_RING_FULL], by ring of a block */
	uint64_t faults, untracked, wakes; /* sums over the blocks */
	uint32_t rings;			   /* that were not given up */
};

/* Of all causes. */
static inline uint64_t fcd_pump_stats_lost(const struct fcd_pump_stats *s)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < FCD_LOSSES; i++)
		sum += s->lost[i];
	return sum;
}

struct fcd_pump_pass {
	uint32_t taken; /* events taken from rings in this pass */
	bool more;	/* go on at once: the limit was reached, or events wait for order */
};

int fcd_pump_new(struct fcd_pump **out, struct fcd_cast *cast, const struct fcd_clock *clock,
		 uint64_t hold_ns);
void fcd_pump_free(struct fcd_pump *p);
/* A ring that nobody has read yet; its memory must outlive the pump, or fcd_pump_end. -EINVAL, -ENOMEM. */
int fcd_pump_add(struct fcd_pump *p, const struct fcd_ring_desc *ring);
/*
 * The producer of this ring is gone, or it is given up. False: what it had published by the
 * first such call is not read yet, ask again after a pass. True: it is forgotten.
 */
bool fcd_pump_end(struct fcd_pump *p, const struct fcd_ring_desc *ring);
/* Its content was malformed: it is not read any more. */
bool fcd_pump_is_broken(const struct fcd_pump *p, const struct fcd_ring_desc *ring);

/* Publish what is ready, at most `limit` events. */
void fcd_pump_run(struct fcd_pump *p, uint32_t limit, struct fcd_pump_pass *out);
/* Publish everything that is in the rings, ready or not: the producers have stopped. */
void fcd_pump_drain(struct fcd_pump *p);

/* Raise `asleep` in every block: true, nothing is there, wait for the engine's poll_fd. */
bool fcd_pump_sleep(struct fcd_pump *p);
void fcd_pump_awake(struct fcd_pump *p);

/* Processes whose events are not published. Adding one twice needs removing it twice. */
int fcd_pump_exclude(struct fcd_pump *p, uint32_t tgid);
void fcd_pump_include(struct fcd_pump *p, uint32_t tgid);

/* When the newest FCD_CANARY_CALL of an excluded process was made; 0: none came. */
uint64_t fcd_pump_canary_ns(const struct fcd_pump *p);

/* A total that only the engine knows (NO_RING, MISSED); its growth becomes a gap. */
void fcd_pump_lost(struct fcd_pump *p, uint32_t cause, uint64_t total);

/*
 * produced = published + excluded + in_flight + lost of the engine's causes, at this moment,
 * whatever producers are writing; if it is not, the engine's own counters are wrong.
 */
void fcd_pump_stats(struct fcd_pump *p, struct fcd_pump_stats *out);

#endif
