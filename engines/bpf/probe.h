/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * probe.h - what the probe (BPF programs) and the engine that loads it share.
 *
 * A probe object at a path is accepted if its PROBE_VERSION is ours: it covers this
 * header, ring.h and event.h.
 */
#ifndef FCD_BPF_PROBE_H
#define FCD_BPF_PROBE_H

#include "abi/ring.h"

#define PROBE_VERSION  3
#define PROBE_SYSCALLS 512
#define PROBE_TMP      4096

/* The rings of a block. */
enum {
	PROBE_MAIN,
	PROBE_NESTED,	/* for an event inside an event */
	PROBE_PRIORITY, /* for events that must survive a flood of others: core/fill/lane.h */
	PROBE_RINGS
};

/* Elements of what is indexed by a ring's number, which the verifier sees as below this. */
#define PROBE_RINGS_ROOM 4
#define PROBE_RING(l)	 ((l) & (PROBE_RINGS_ROOM - 1))

/* Where an event being written stands. In map memory: see backend.bpf.h. */
struct probe_frame {
	__u64 pos;    /* end of the event so far */
	__u64 limit;  /* a variable part must end before */
	__u64 bad;    /* PROBE_CUT_*: a part did not fit */
	__u64 free;   /* bytes that the ring had */
	__u64 path;   /* start of a path in tmp, which is written backwards */
	__u64 compat; /* a 32-bit caller */
	__u64 dentry; /* the step that it has come to */
	__u64 mount;
};

/* The engine's own pages of a block. */
struct probe_private {
	struct probe_frame frame[PROBE_RINGS_ROOM];
	__u64 ring; /* that was taken last */
	__u8 tmp[PROBE_TMP + 512];
	__u8 pad[2 * FCD_PAGE - PROBE_RINGS_ROOM * 64 - 8 - PROBE_TMP - 512];
};

FCD_CHECK(sizeof(struct probe_frame) == 64, "a line");
FCD_CHECK(sizeof(struct probe_private) == 2 * FCD_PAGE, "whole pages");

/* Set before loading, constants to the verifier. */
struct probe_config {
	__u32 version;
	__u32 snaplen;
	__u32 by_perf; /* attached as perf tracepoints, not raw */
	__u32 pad;
	__u64 ring_offset[PROBE_RINGS_ROOM]; /* in the block */
	__u64 ring_mask[PROBE_RINGS_ROOM];
	__u64 offset_max; /* no record starts behind it */
	__u64 hash_key[2];
};

/* Mapped in the engine, live. */
struct probe_state {
	/*
	 * First look: a bit for each number that could be wanted, by a 64-bit or
	 * by a 32-bit caller.
	 */
	__u64 maybe[PROBE_SYSCALLS / 64];
	__u64 interest[PROBE_SYSCALLS / 64]; /* by 64-bit number */
	__u32 self; /* tgid whose calls are left out: the engine's process */
	__u32 pad;
	__u64 no_ring; /* events on CPUs without a block; atomic */
};

#endif
