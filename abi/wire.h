/* SPDX-License-Identifier: MIT */
/*
 * wire.h - what a subscriber and the daemon share: the broadcast ring.
 *
 * The reply to a subscription with "format":"shm" carries two descriptors
 * (SCM_RIGHTS): the broadcast ring, which can only be mapped for reading, and
 * the subscriber's own page, which it maps for writing. The daemon copies each
 * record (event.h) once into the ring, whoever reads it. It never waits: a
 * reader that is too slow is overtaken and learns from `floor` how many events
 * it lost. docs/wire.md has the requests and replies.
 *
 * Ring: a header of one page, then `bytes` of data, then FCD_RING_SLACK. A
 * record begins at (position & (bytes - 1)), is contiguous and 8-byte aligned.
 *
 * Reading without tearing: copy from pos; fence; load floor. If floor <= pos the
 * copy is good, else what lies before floor was being overwritten: continue at
 * floor, and the sequence number there tells how many events were missed.
 */
#ifndef FCD_WIRE_H
#define FCD_WIRE_H

#include <stddef.h>

#include "event.h"
#include "ring.h"
#include "version.h"

#define FCD_CAST_MAGIC 0x3174736163646366ULL /* "fcdcast1" */

struct fcd_cast_header {
	__u64 magic;
	__u32 wire; /* FCD_WIRE */
	__u32 reserved;
	__u64 generation; /* differs after each start of the daemon */
	__u64 bytes;	  /* of data; a power of two */
	__u8 pad0[32];
	__u64 head;   /* bytes published since the ring began */
	__u64 seq;    /* number of the next event */
	__u64 closed; /* 1: nothing more will be published */
	__u8 pad1[40];
	/* Nothing before this is safe to read: a record's boundary, moved before
	 * what lies there is overwritten. */
	__u64 floor;
	__u8 pad2[56];
	__u64 lost[16]; /* by enum fcd_loss: totals before the next record */
};

#define FCD_CAST_DATA FCD_PAGE

/* The page that a subscriber writes. Hostile to the daemon. */
struct fcd_sub_page {
	__u64 asleep;	 /* send me a byte at the next record */
	__u64 pos;	 /* bytes read so far, for the daemon's books */
	__u64 delivered; /* events handed to the user */
	__u64 filtered;	 /* events passed over by the filter */
	__u64 overrun;	 /* events lost because the ring overtook the reader */
	__u8 pad[FCD_PAGE - 40];
};

FCD_CHECK(offsetof(struct fcd_cast_header, head) == 64, "a line of its own");
FCD_CHECK(offsetof(struct fcd_cast_header, floor) == 128, "a line of its own");
FCD_CHECK(sizeof(struct fcd_cast_header) <= FCD_PAGE, "one page");
FCD_CHECK(sizeof(struct fcd_sub_page) == FCD_PAGE, "one page");

#endif
