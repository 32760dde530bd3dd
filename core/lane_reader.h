/* SPDX-License-Identifier: MIT */
/*
 * lane_reader.h - one lane of the broadcast ring, reading side: copies a batch, then makes
 * sure that none of it was overwritten meanwhile, so no torn record is ever seen.
 */
#ifndef FCD_LANE_READER_H
#define FCD_LANE_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/wire.h"

#define FCD_LANE_BATCH FCD_RECORD_MAX

struct fcd_lane_reader {
	const struct fcd_cast_lane *shared;
	const uint8_t *data;
	uint64_t bytes;
	struct fcd_envelope *next; /* set by peek: the record at `at` of the batch */
	uint64_t base;		   /* position of the batch in the lane */
	uint32_t at;
	uint32_t starts; /* records begin before this, */
	uint32_t ends;	 /* and end before this */
	bool is_broken;	 /* what is in the lane is none of our writer's */
	bool is_unsure;	 /* next is NULL because the writer was faster, not because none is there */
	uint64_t batch[FCD_LANE_BATCH / 8];
};

/* The lane of a header that is mapped with map_bytes. -EPROTO: it does not fit. */
int fcd_lane_reader_init(struct fcd_lane_reader *l, const struct fcd_cast_header *h, uint32_t lane,
			 uint64_t map_bytes);

/* The next record, also in l->next, or NULL: none is there, or is_unsure, or is_broken. */
struct fcd_envelope *fcd_lane_reader_peek(struct fcd_lane_reader *l);
/* Go on at a position where a record begins, at or before the head. */
void fcd_lane_reader_seek(struct fcd_lane_reader *l, uint64_t pos);

/* Go on behind the record that was peeked; it stays where it is until the next peek. */
static inline void fcd_lane_reader_pass(struct fcd_lane_reader *l)
{
	l->at += FCD_RECORD_STEP(l->next->bytes);
}

/* How far it has come: bytes since the lane began. */
static inline uint64_t fcd_lane_reader_pos(const struct fcd_lane_reader *l)
{
	return l->base + l->at;
}

/* Was something overwritten that is not even in the batch? */
static inline bool fcd_lane_reader_is_overtaken(const struct fcd_lane_reader *l)
{
	return __atomic_load_n(&l->shared->floor, __ATOMIC_RELAXED) > l->base + l->ends;
}

#endif
