/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * udig.h - between the userspace engine and whatever records system calls in user
 * space: a tracer, an instrumented program, a sandbox.
 *
 * Such a producer connects to the engine's socket (SOCK_SEQPACKET, the path of the
 * daemon's own with FCD_UDIG_SUFFIX behind it), and is given memory that it writes
 * events into:
 *
 *	producer -> engine	struct fcd_udig_hello, at once
 *	engine -> producer	struct fcd_udig_welcome: why not, or accepted; then a
 *				memfd comes with it by SCM_RIGHTS. It may be there
 *				although the greeting could not be sent any more
 *	producer -> engine	a message of one byte: records came while `asleep` was set
 *
 * The memory is the engine's, and producers send no descriptors: what is behind one of a
 * stranger's can block whoever closes it. It is one block (ring.h) with one ring and,
 * between head and ring, one page of this contract, struct fcd_udig_page. The engine
 * has laid it out, and its size is sealed. From then on the engine writes the consumer page
 * and its part of fcd_udig_page; all else is the producer's. Each side treats what the
 * other may write as hostile.
 *
 * A producer records what the page asks for at the time a call ends: an event whose
 * bit is not set is not written. Records are ordered by time, with CLOCK_BOOTTIME,
 * and carry pids as the producer's pid namespace numbers them. It stores a sign of
 * life once a second.
 *
 * Either side ends by closing the connection. What was published by then is read;
 * a producer that goes on without an engine has nobody to write for, and may connect
 * again. The engine takes events from root and from its own user: nobody else may open
 * the socket, or is told so if its mode was changed.
 *
 * Compatible as long as major is equal: structs grow at their end, `size` says how
 * much of one the other side knows.
 */
#ifndef FCD_UDIG_H
#define FCD_UDIG_H

#include "ring.h"
#include "version.h"

#define FCD_UDIG_MAJOR	1
#define FCD_UDIG_MINOR	0
#define FCD_UDIG_SUFFIX ".udig"

struct fcd_udig_hello {
	__u32 size;
	__u16 major, minor; /* FCD_UDIG_MAJOR, FCD_UDIG_MINOR of the producer */
	__u32 schema;	    /* FCD_SCHEMA_NUMBER */
	__u32 pid;	    /* its own, as it knows it; for the log */
	char name[32];	    /* of the program, NUL-terminated; for the log */
};

struct fcd_udig_welcome {
	__u32 size;
	__u16 major, minor; /* of the engine */
	__s32 status;	    /* 0: accepted; else a negative errno */
	__u32 reserved;
	__u64 bytes;	/* of the memfd: all of the block */
	char text[232]; /* why not, and what would help; NUL-terminated */
};

struct fcd_udig_page {
	/* Written by the engine. Words change one by one, at any time. */
	__u64 syscalls[8]; /* bit n: x86_64 system call n is wanted */
	__u64 tracepoints; /* FCD_TP_* of engine.h */
	__u64 hash_key[2]; /* for identities that all producers must agree on */
	__u32 snaplen;	   /* bytes of data kept of each read or write */
	__u32 reserved;
	__u8 pad0[128 - 96];
	/* Written by the producer. */
	__u64 alive_ns; /* CLOCK_BOOTTIME of its last sign of life */
	__u8 pad1[FCD_PAGE - 128 - 8];
};

FCD_CHECK(sizeof(struct fcd_udig_hello) == 48, "hello");
FCD_CHECK(sizeof(struct fcd_udig_welcome) == 256, "welcome");
FCD_CHECK(sizeof(struct fcd_udig_page) == FCD_PAGE, "a page");

/* Where the page lies in a block. */
#define FCD_UDIG_PAGE_AT FCD_BLOCK_HEAD

#endif
