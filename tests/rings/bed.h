/* SPDX-License-Identifier: MIT */
/* bed.h - what the tests of rings stand on: blocks in memory, a pump, a cast and a reader. */
#ifndef FCD_TEST_BED_H
#define FCD_TEST_BED_H

#include <check.h>
#include "abi/ring_io.h"
#include "core/cast.h"
#include "core/cast_reader.h"
#include "core/pump.h"

#define SECOND	   1000000000ULL
#define CAST_BYTES (256ULL << 10) /* of each lane */

/* A block with one ring, zeroed. */
struct fcd_block *block_new(uint64_t bytes);
void block_free(struct fcd_block *b);
struct fcd_ring_reader block_reader(struct fcd_block *b);
struct fcd_ring_desc block_desc(struct fcd_block *b, uint32_t flags);

/*
 * A valid event of `bytes` (header and one parameter, at least 28), each byte of the
 * parameter made from seed. The record is sizeof(struct fcd_envelope) longer.
 */
void event_fill(struct fcd_envelope *e, uint32_t bytes, uint32_t tgid, uint64_t ts_ns,
		uint64_t seed);
/* Is every byte behind the header as event_fill() made it? */
bool event_is_whole(const struct fcd_envelope *e, uint64_t seed);
/* Write one into a block's ring. False: no room. */
bool block_write(struct fcd_block *b, uint32_t bytes, uint32_t tgid, uint64_t ts_ns, uint64_t seed);

static inline const struct fcd_event *event_of(const struct fcd_envelope *e)
{
	return (const struct fcd_event *)(e + 1);
}

static inline const struct fcd_gap *gap_of(const struct fcd_envelope *e)
{
	return (const struct fcd_gap *)(e + 1);
}

/* What a reader met. */
struct seen {
	uint64_t events, late, lost[FCD_LOSSES], gaps;
};

/* A pump over a cast that one reader reads. */
struct bed {
	struct fcd_cast *cast;
	struct fcd_pump *pump;
	struct fcd_cast_reader *reader;
	struct fcd_sub_page page;
	struct fcd_clock clock; /* the epoch is 0 */
};

void bed_init(struct bed *b, uint64_t cast_bytes, uint64_t hold_ns);
void bed_fini(struct bed *b);
/* One pass; returns what it took. */
uint32_t bed_run(struct bed *b);
/* Read everything that is there and add it up. */
void bed_read(struct bed *b, struct seen *seen);
/* Assert produced = published + excluded + in flight + lost. */
void bed_check_ledger(struct bed *b, struct fcd_pump_stats *stats);

#endif
