/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ring.h - the one layout of an engine's rings, whoever writes them: a BPF
 * program, the kernel module, a process in a memfd.
 *
 * A block belongs to one producer context (a CPU, or a traced tree):
 *
 *	page 0		producer page: a pair of lines per ring, counters, geometry
 *	page 1		consumer page: a line per ring, then `asleep`.
 *			The only page that the consumer writes
 *	...		what the engine keeps for itself, if anything
 *	rings		for each ring its bytes, then FCD_RING_SLACK
 *
 * head and tail count bytes since the start and never wrap. A record
 * (event.h) begins at (head & (bytes - 1)), is contiguous and may run into the
 * slack; the bytes at the ring's start that it stands for stay unused.
 *
 * What a ring is for is the engine's own affair. A producer that finds one busy has
 * interrupted the writing of another event on this CPU and takes another.
 */
#ifndef FCD_RING_H
#define FCD_RING_H

#include "event.h"

#define FCD_RING_MAGIC	0x31676e6972646366ULL /* "fcdring1" */
#define FCD_PAGE	4096
#define FCD_BLOCK_RINGS 8
#define FCD_BLOCK_HEAD	(2 * FCD_PAGE)
#define FCD_RING_SLACK	(FCD_EVENT_MAX + FCD_PAGE)

/* Two cache lines that the producer writes; the consumer polls the first. */
struct fcd_ring_prod {
	__u64 head; /* bytes published */
	__u64 pad0[7];
	__u64 busy;	    /* not 0: a record is being written */
	__u64 tail_seen;    /* producer's copy of the consumer's tail */
	__u64 published;    /* events */
	__u64 drop_full;    /* events: no room */
	__u64 drop_too_big; /* events: over FCD_EVENT_MAX */
	__u64 pad1[3];
};

/* A cache line that the consumer writes. Hostile to the producer. */
struct fcd_ring_cons {
	__u64 tail; /* bytes released */
	__u64 pad[7];
};

struct fcd_ring_place {
	__u64 offset; /* of the ring's bytes in the block */
	__u64 bytes;  /* a power of two */
};

struct fcd_block {
	struct fcd_ring_prod prod[FCD_BLOCK_RINGS];
	__u64 magic;
	__u32 rings;
	__u32 cpu;
	struct fcd_ring_place place[FCD_BLOCK_RINGS];
	__u64 produced;	   /* events begun, counted before space is taken */
	__u64 drop_nested; /* events: all rings were busy */
	__u64 faults;	   /* parameters left empty: memory was not readable */
	__u64 untracked;   /* 32-bit calls without a 64-bit counterpart */
	__u64 wakes;	   /* times that the consumer was woken */
	__u8 pad0[FCD_PAGE - 128 * FCD_BLOCK_RINGS - 16 - 16 * FCD_BLOCK_RINGS - 40];
	struct fcd_ring_cons cons[FCD_BLOCK_RINGS];
	__u64 asleep; /* consumer: wake me at the next record */
	__u8 pad1[FCD_PAGE - 64 * FCD_BLOCK_RINGS - 8];
};

FCD_CHECK(sizeof(struct fcd_ring_prod) == 128, "two lines");
FCD_CHECK(sizeof(struct fcd_ring_cons) == 64, "one line");
FCD_CHECK(sizeof(struct fcd_block) == FCD_BLOCK_HEAD, "two pages");

#endif
