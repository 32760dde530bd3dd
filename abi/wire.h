/* SPDX-License-Identifier: MIT */
/*
 * wire.h - what a subscriber and the daemon share: the broadcast ring.
 *
 * The reply to a subscription with "format":"shm" carries two descriptors
 * (SCM_RIGHTS): the broadcast ring, which can only be mapped for reading, and
 * the subscriber's own page, which it maps for writing. The daemon copies each
 * record (event.h) once into the ring, whoever reads it. It never waits: a
 * reader that is too slow is overtaken and learns from the numbers how many
 * events it lost. docs/wire.md has the requests and replies.
 *
 * The ring is a header of one page and two lanes under one sequence of numbers: what
 * starts and ends processes, changes what they may do or reaches outside goes into the
 * priority lane, all else, GAP and MARK too, into bulk. A flood of one lane overtakes
 * nobody in the other. In a lane, records lie one after the other; a record begins at
 * (position & (bytes - 1)), is contiguous and 8-byte aligned, and may run into the
 * FCD_RING_SLACK behind the lane.
 *
 * Reading in order: load `seq`, then look at both lanes. Every event with a lower number
 * is behind what you have read of its lane, before the lane's `head`, or gone. Take the
 * record with the lowest number; one that is not below the `seq` you loaded has to wait
 * until you loaded it again. A number that is left out was lost.
 *
 * Reading without tearing: copy from pos; fence; load the lane's floor. If floor <= pos
 * the copy is good, else what lies before floor was being overwritten: go on at floor.
 */
#ifndef FCD_WIRE_H
#define FCD_WIRE_H

#include <stddef.h>

#include "event.h"
#include "ring.h"
#include "version.h"

#define FCD_CAST_MAGIC 0x3274736163646366ULL /* "fcdcast2" */

enum fcd_lane { FCD_LANE_BULK, FCD_LANE_PRIORITY, FCD_LANES };

struct fcd_cast_lane {
	__u64 offset; /* of its data from the header's begin */
	__u64 bytes;  /* of data; a power of two */
	__u8 pad0[48];
	__u64 head; /* bytes published since the ring began */
	__u8 pad1[56];
	/* Nothing before this is safe to read: a record's boundary, moved before
	 * what lies there is overwritten. */
	__u64 floor;
	__u8 pad2[56];
};

struct fcd_cast_header {
	__u64 magic;
	__u32 wire;	  /* FCD_WIRE */
	__u32 lanes;	  /* FCD_LANES */
	__u64 generation; /* differs after each start of the daemon */
	__u8 pad0[40];
	__u64 seq;	 /* number of the next event; stored after the heads */
	__u64 published; /* bytes, the sum of the heads; stored last */
	__u64 closed;	 /* 1: nothing more will be published */
	__u8 pad1[40];
	struct fcd_cast_lane lane[FCD_LANES];
	__u64 lost[16]; /* by enum fcd_loss: totals before the next record */
};

#define FCD_CAST_DATA FCD_PAGE /* offset of the first lane */

/* What became of the events so far: seq - first = delivered + filtered + overrun. */
struct fcd_books {
	__u64 seq;	 /* number of the next event */
	__u64 delivered; /* events handed to the user */
	__u64 filtered;	 /* events passed over by the filter */
	__u64 overrun;	 /* events lost because the ring overtook the reader */
};

/* The page that a subscriber writes. Hostile to the daemon. */
struct fcd_sub_page {
	__u64 asleep;	/* send me a byte at the next record */
	__u64 first;	/* number of the first event that the books are about */
	__u64 version;	/* books[version & 1] are whole, the others may be being written: */
	__u64 reserved; /* a subscriber that dies there leaves books that are right */
	struct fcd_books books[2];
	__u8 pad[FCD_PAGE - 96];
};

FCD_CHECK(sizeof(struct fcd_cast_lane) == 192, "three lines");
FCD_CHECK(offsetof(struct fcd_cast_header, seq) == 64, "a line of its own");
FCD_CHECK(offsetof(struct fcd_cast_header, lane) == 128, "a line of its own");
FCD_CHECK(sizeof(struct fcd_cast_header) <= FCD_PAGE, "one page");
FCD_CHECK(sizeof(struct fcd_sub_page) == FCD_PAGE, "one page");

#endif
