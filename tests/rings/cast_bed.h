/* SPDX-License-Identifier: MIT */
/* cast_bed.h - one broadcast ring, events put into it, and what a reader is to see. */
#ifndef FCD_CAST_BED_H
#define FCD_CAST_BED_H

#include "tests/rings/bed.h"

#define EPOCH 1000000

extern struct fcd_cast *cast; /* of this test; lanes of CAST_BYTES */
extern struct fcd_sub_page page;
extern uint64_t record[FCD_RECORD_MAX / 8];

void cast_setup(void);
void cast_teardown(void);
struct fcd_cast_reader *reader_new(uint64_t first_seq);

/* Copy in the event with this number; its seed is its number, its size depends on it. */
void put(uint64_t seq);
/* The same, of the priority lane. */
void put_priority(uint64_t seq);
/* And publish them. */
void put_many(uint64_t from, uint64_t to);

void expect_event(struct fcd_cast_reader *r, uint64_t seq);
void expect_gap(struct fcd_cast_reader *r, uint32_t cause, uint64_t lost);
void expect_nothing(struct fcd_cast_reader *r);

#endif
