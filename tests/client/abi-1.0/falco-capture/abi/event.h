/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * event.h - a record: what engines write, the daemon publishes and subscribers read.
 *
 * A record is an envelope of 24 bytes and what its kind says, padded with
 * anything to a multiple of 8. An EVENT is followed by one event in Falco's
 * format (schema 4.5.1): a packed header of 26 bytes, one 16-bit length per
 * parameter, the parameters' bytes end to end. All numbers are little-endian.
 */
#ifndef FCD_EVENT_H
#define FCD_EVENT_H

#include <linux/types.h>

enum fcd_kind {
	FCD_EVENT = 1, /* struct fcd_event and its parameters */
	FCD_GAP = 2,   /* struct fcd_gap: events were lost here */
	FCD_MARK = 3,  /* struct fcd_mark: the wall clock was set here */
};

/* Bits of fcd_envelope.flags. */
#define FCD_LATE   0x0001 /* older than an event published before it */
#define FCD_COMPAT 0x0002 /* made by a 32-bit system call, translated */

struct fcd_envelope {
	__u32 bytes; /* of the record without padding */
	__u16 kind;  /* enum fcd_kind */
	__u16 flags;
	__u32 cpu;  /* where it happened */
	__u32 tgid; /* of the process it happened in, as the kernel numbers it */
	/*
	 * Events are numbered 0, 1, 2, ... as they are published. A GAP or MARK
	 * carries the number of the event that follows it. Engines write 0.
	 */
	__u64 seq;
};

/*
 * The event's own header. In a published record ts_ns is nanoseconds since the
 * Unix epoch; engines write CLOCK_BOOTTIME and the host adds the difference.
 */
struct fcd_event {
	__u64 ts_ns;
	__u64 tid;   /* as the kernel numbers it */
	__u32 bytes; /* of header, lengths and parameters */
	__u16 type;  /* event id of the schema */
	__u32 nparams;
} __attribute__((packed));

#define FCD_EVENT_HEADER       26
#define FCD_EVENT_MAX	       65536 /* larger events are dropped and counted */
#define FCD_PARAMS_MAX	       32
#define FCD_RECORD_MAX	       (24 + FCD_EVENT_MAX)
#define FCD_RECORD_STEP(bytes) (((bytes) + 7ULL) & ~7ULL)

/*
 * Since 1.1. A system call that no kernel has (vserver's number) and no program makes. The
 * host makes it while something is attached, to see that events arrive; an engine that leaves
 * the host's own calls out lets this one pass when it is in the interest.
 */
#define FCD_CANARY_CALL 236

/* Where and why events were lost. Numbers are stable, new ones come at the end. */
enum fcd_loss {
	FCD_LOSS_RING_FULL, /* engine: the ring had no room */
	FCD_LOSS_NESTED,    /* engine: every ring of the CPU was being written */
	FCD_LOSS_TOO_BIG,   /* engine: the event would exceed FCD_EVENT_MAX */
	FCD_LOSS_NO_RING,   /* engine: the CPU has no ring */
	FCD_LOSS_MISSED,    /* engine: the kernel did not run the probe's program */
	FCD_LOSS_BROKEN,    /* merge: the ring's content was malformed and was skipped */
	FCD_LOSS_OVERRUN,   /* subscriber: it read too slowly, the ring overtook it */
	FCD_LOSS_RESTART,   /* subscriber: from one daemon's end to the next; number not known, 0 */
	FCD_LOSSES
};

/* Follows the envelope of a GAP. Events of any type may be among the lost ones. */
struct fcd_gap {
	__u64 ts_ns; /* when it was noticed, since the epoch */
	__u64 lost;  /* events, since the last GAP of the same cause */
	__u64 total; /* of this cause since the ring began */
	__u32 cause; /* enum fcd_loss */
	__u32 reserved;
};

/* Follows the envelope of a MARK. */
struct fcd_mark {
	__u64 ts_ns;	/* first instant of the new time, since the epoch */
	__s64 shift_ns; /* new time minus old time */
};

#ifdef __cplusplus
#define FCD_CHECK(what, text) static_assert(what, text)
#else
#define FCD_CHECK(what, text) _Static_assert(what, text)
#endif

FCD_CHECK(sizeof(struct fcd_envelope) == 24, "envelope");
FCD_CHECK(sizeof(struct fcd_event) == FCD_EVENT_HEADER, "event header");
FCD_CHECK(sizeof(struct fcd_gap) == 32, "gap");
FCD_CHECK(sizeof(struct fcd_mark) == 16, "mark");

#endif
