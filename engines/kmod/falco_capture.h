/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * falco_capture.h - /dev/falco_capture: what the module and the engine over it share.
 *
 *	HELLO		any file: which revision is loaded, and who has the device
 *	ACQUIRE		this file becomes the consumer; blocks (ring.h) are made for the CPUs
 *	INTEREST	what is recorded from now on; nothing at first
 *	mmap		a block, read-only; and by an offset of its own its consumer page
 *	poll		readable after a producer met `asleep` and when blocks were added
 *	WOKEN		not readable again until the next such time
 *	STATUS		how many blocks there are, and other numbers
 *
 * There is one consumer; closing its file, and unmapping, ends everything. Arguments are of
 * fixed width, the same for 32-bit callers. What is reserved is 0.
 */
#ifndef FCD_KMOD_FALCO_CAPTURE_H
#define FCD_KMOD_FALCO_CAPTURE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Covers this header, ring.h and event.h. HELLO is the same in every revision. */
#define FCD_KMOD_REVISION 3
#define FCD_KMOD_NAME	  "falco_capture"

/* The rings of a block. */
enum {
	FCD_KMOD_MAIN,
	FCD_KMOD_NESTED,   /* for an event inside an event */
	FCD_KMOD_PRIORITY, /* for events that must survive a flood of others: core/fill/lane.h */
	FCD_KMOD_RINGS
};

#define FCD_KMOD_SYSCALLS     512
#define FCD_KMOD_RING_LEAST   (256 << 10)
#define FCD_KMOD_RING_MOST    (1 << 30)
#define FCD_KMOD_SNAPLEN_MOST 65000

struct fcd_kmod_hello {
	__u32 revision; /* out: the module's */
	__u32 holder;  /* out: process id of the consumer, 0: none (or none that the caller sees) */
	__u32 is_held; /* out */
	__u32 reserved;
};

/* -EPROTONOSUPPORT: another revision. -EBUSY: another file is the consumer; holder says whose. */
struct fcd_kmod_acquire {
	__u32 revision;	   /* in: the caller's */
	__u32 holder;	   /* out */
	__u64 ring_bytes;  /* in: of a main ring, a power of two */
	__u64 hash_key[2]; /* in: identities of unix sockets are hashed with it */
	__u32 snaplen;	   /* in: bytes of data kept of a read or write */
	__u32 reserved;
	__u64 map_bytes;	     /* out: of a block */
	__u64 place[FCD_KMOD_RINGS]; /* out: where its rings begin */
	__u64 bytes[FCD_KMOD_RINGS]; /* out: their sizes */
};

/* FCD_TP_* of engine.h */
#define FCD_KMOD_PROCEXIT      0x1
#define FCD_KMOD_SIGNALDELIVER 0x2

/* When it returns, no probe runs for what is wanted no longer. */
struct fcd_kmod_interest {
	__u64 syscalls[FCD_KMOD_SYSCALLS / 64]; /* bit n: x86_64 system call n */
	__u64 tracepoints;			/* FCD_KMOD_PROCEXIT, ... */
};

struct fcd_kmod_status {
	__u32 attached; /* out: tracepoints */
	__u32 blocks;	/* out */
	__u64 no_ring;	/* out: events on CPUs without a block */
};

#define FCD_KMOD_HELLO	  _IOWR(0xfc, 0, struct fcd_kmod_hello)
#define FCD_KMOD_ACQUIRE  _IOWR(0xfc, 1, struct fcd_kmod_acquire)
#define FCD_KMOD_INTEREST _IOW(0xfc, 2, struct fcd_kmod_interest)
#define FCD_KMOD_WOKEN	  _IO(0xfc, 3)
#define FCD_KMOD_STATUS	  _IOR(0xfc, 4, struct fcd_kmod_status)

/* mmap: offset of block i, and of its consumer page, which alone may be mapped writable. */
#define FCD_KMOD_BLOCK(i)    ((__u64)(i) << 32)
#define FCD_KMOD_CONSUMER(i) (FCD_KMOD_BLOCK(i) | 1ULL << 61)

#endif
