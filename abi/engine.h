/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * engine.h - what a capture engine is to the daemon.
 *
 * An engine is a shared object that exports one function, fcd_engine(), and
 * carries one ELF note (FCD_ENGINE_NOTE) that the host reads before a line of
 * the engine runs. It hands over rings (ring.h), not events: nothing here is
 * called per event or per batch.
 *
 *	probe				can it work here? no side effects
 *	open				load everything; the last privileged act
 *	start				from now on it may produce
 *	configure, rings, poll_fd, stats	any number of times
 *	stop				nothing is produced after this returns
 *	(the host drains the rings)
 *	close				allowed in every state
 *
 * Threads: all slots of an instance are called from one thread at a time, with
 * the last call's effects visible to the next; the host may move it between
 * threads. The host's own services may be called from any thread.
 *
 * Structs that cross begin with their size in bytes as the writer knows it, grow
 * only at their end, and have no holes; arrays have a stride. A reader takes the
 * fields that both sides know and leaves the rest at zero. Bits that the reader
 * does not know are -EINVAL, and so is a size below that of version 1.0. What a
 * call is given is the caller's: a copy is made of what is to last. `reserved` is
 * written as 0 and not read. A call in a state that is not its own is refused or
 * harmless. Errors are negative errno; what a person needs to know goes into
 * struct fcd_err, which is never NULL. An engine never prints, exits or aborts, and
 * keeps its state in the instance.
 *
 * Versions. Host and engine work together if FCD_ABI_MAJOR is the same, whichever
 * minor is older; the schema of the events has a number of its own and must be equal.
 *
 *	A minor version may add: fields at the end of a struct that has a size,
 *	operations at the end of the table, bits, values of an enum, names, inline
 *	functions, and counters in the zeroed rest of a block's pages.
 *	Anything else is a major version: another meaning, width, place or order, a
 *	field or operation that goes, one that may be missing and then may not.
 *
 *	The host knows the engine's minor from its note. It takes operations beyond
 *	ops->size as NULL, accepts the shorter structs of 1.0, and does not rely on
 *	what is younger than the engine.
 *	The engine is told the host's minor by fcd_engine(). It serves every one, writes
 *	no further than `size` and `stride` of the host say, and uses no bit or value
 *	that is younger than the host.
 *
 * These headers (engine.h, ring.h, ring_io.h, event.h, snapshot.h, version.h) are 1.1 and keep
 * these promises; tests/conformance tries an engine, tests/abi/layout.txt has each
 * struct's layout.
 */
#ifndef FCD_ENGINE_H
#define FCD_ENGINE_H

#include <stddef.h>
#include <stdint.h>
#include "ring.h"
#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Text for a person: what failed, on what, why, and in hint what would fix it. */
struct fcd_err {
	char text[384];
	char hint[384];
};

enum fcd_log_level { FCD_LOG_ERROR, FCD_LOG_WARNING, FCD_LOG_INFO, FCD_LOG_DEBUG };

/* Services of the host. Valid until the instance is closed. */
struct fcd_host {
	uint32_t size;
	uint32_t reserved;
	void *ctx;
	/* [any thread] text is one line without newline; the host copies it. */
	void (*log)(void *ctx, uint32_t level, const char *text);
	/* Path that the host listens on, for an engine that listens beside it; NULL: none. */
	const char *socket;
};

/* ---- options: the engine's own keys in the config, under its name ---- */

enum fcd_option_type { FCD_OPTION_NUMBER = 1, FCD_OPTION_TEXT = 2, FCD_OPTION_BOOL = 3 };

struct fcd_option_info {
	uint32_t size;
	uint32_t type; /* enum fcd_option_type */
	const char *name;
	const char *fallback; /* default as text; "" is none */
	const char *help;     /* one line */
	uint64_t min, max;    /* of a number */
};

/* A value that the host checked against the option's type and range. */
struct fcd_option {
	uint32_t size;
	uint32_t reserved;
	const char *name;
	const char *text; /* as in the config; "true" or "false" for a bool */
	uint64_t number;  /* of a number or bool */
};

struct fcd_options {
	uint32_t size;
	uint32_t count;	 /* every option once, in the order of options() */
	uint32_t stride; /* bytes from one to the next */
	uint32_t reserved;
	const struct fcd_option *first;
};

static inline const struct fcd_option *fcd_options_at(const struct fcd_options *o, uint32_t i)
{
	return (const struct fcd_option *)(const void *)((const char *)o->first +
							 (size_t)o->stride * i);
}

/* ---- interest: what somebody wants to see ---- */

#define FCD_SYSCALLS_MAX 512

/* Bits of fcd_interest.tracepoints: events that no system call's exit makes. */
#define FCD_TP_PROCEXIT	     0x1 /* a thread ends */
#define FCD_TP_SIGNALDELIVER 0x2 /* a thread is given a signal; since 1.1 */

struct fcd_interest {
	uint32_t size;
	uint32_t reserved;
	uint64_t syscalls[FCD_SYSCALLS_MAX / 64]; /* bit n: x86_64 system call n */
	uint64_t tracepoints;			  /* FCD_TP_* */
};

/* ---- rings ---- */

/* Bits of fcd_ring_desc.flags. */
#define FCD_RING_UNTRUSTED 0x1 /* its producer may change what it published */
#define FCD_RING_ENDED	   0x2 /* its producer is gone: what is in it is the last of it */

/*
 * One slot of the engine's table of rings. A ring that was described is mapped in the
 * host until close or, if the engine has the operation, until retire. The sizes are
 * what the engine validated, not what the block says.
 */
struct fcd_ring_desc {
	uint32_t size;
	uint32_t flags;
	const struct fcd_block *block; /* producer page is read; NULL: the slot has no ring */
	struct fcd_block *consumer;    /* same block; only page 1 is writable through it */
	const uint8_t *data;	       /* bytes + FCD_RING_SLACK are mapped */
	uint64_t bytes;		       /* a power of two */
	uint32_t ring;		       /* index in the block */
	uint32_t cpu;
};

/* ---- what only the engine can count ---- */

struct fcd_engine_stats {
	uint32_t size;
	uint32_t attached; /* hooks attached, or producers connected, now */
	uint64_t no_ring;  /* events on CPUs without a block */
	uint64_t missed;   /* probe runs that the kernel skipped */
	/* since 1.1 */
	uint32_t flags; /* FCD_STATS_* */
	uint32_t reserved;
};

/* Bits of fcd_engine_stats.flags. */
#define FCD_STATS_SEES_HOST 0x1 /* FCD_CANARY_CALL is recorded when the host itself makes it */

struct fcd_engine;

struct fcd_engine_ops {
	uint32_t size;
	uint32_t reserved;
	const char *name; /* as in the note */

	/*
	 * [no instance] The engine's config keys; the array is static and has
	 * *count elements of *stride bytes. NULL slot: it has none.
	 */
	const struct fcd_option_info *(*options)(uint32_t *count, uint32_t *stride);

	/*
	 * [no instance] 0: open is expected to succeed. Otherwise why not, and
	 * what would fix it. Changes nothing on the system.
	 */
	int (*probe)(const struct fcd_host *host, const struct fcd_options *options,
		     struct fcd_err *err);

	/* [-> open] On success *out is the instance; on failure nothing is left behind. */
	int (*open)(const struct fcd_host *host, const struct fcd_options *options,
		    struct fcd_engine **out, struct fcd_err *err);

	/*
	 * [open -> started] With the interest last configured, or none. Whether an
	 * instance that was stopped can be started again is the engine's to say.
	 */
	int (*start)(struct fcd_engine *e, struct fcd_err *err);

	/*
	 * [open, started] Replace the interest. When it returns 0 in state
	 * started, every wanted call that begins later is recorded. An empty
	 * interest costs the traced system nothing. On failure the old one holds.
	 */
	int (*configure)(struct fcd_engine *e, const struct fcd_interest *interest,
			 struct fcd_err *err);

	/*
	 * [open, started, stopped] Describe up to max slots into an array whose
	 * elements are stride bytes apart. Returns how many there are, which
	 * may be more than max. A ring keeps its slot; a slot that was retired
	 * may hold another one later. The host asks after each woken(), and once
	 * a second.
	 */
	int (*rings)(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		     uint32_t max);

	/*
	 * [open, started, stopped] A descriptor of the engine's that polls
	 * readable after a producer met `asleep`, and when rings came or ended.
	 * The host calls woken() before it looks at the rings.
	 */
	int (*poll_fd)(struct fcd_engine *e);
	void (*woken)(struct fcd_engine *e);

	/* [open, started, stopped] out->size is set by the caller. */
	int (*stats)(struct fcd_engine *e, struct fcd_engine_stats *out);

	/* [started -> stopped] Nothing is attached and no head moves after it. */
	int (*stop)(struct fcd_engine *e, struct fcd_err *err);

	/* [any state, or NULL] Releases everything, the rings' memory too. */
	void (*close)(struct fcd_engine *e);

	/*
	 * [open, started, stopped] The host reads the ring in this slot no more:
	 * it has ended and was read to its end, or its content is broken. The
	 * engine unmaps it and lets its producer go. NULL slot: rings stay.
	 */
	void (*retire)(struct fcd_engine *e, uint32_t slot);

	/*
	 * [open, started, stopped] Since 1.1. A descriptor that reads as what there is on this
	 * host while it is read, to its end: records of one kind (enum fcd_snapshot_kind,
	 * snapshot.h). It is the host's, which reads it on any thread, and after close too.
	 * -ENOTSUP: it does not know the kind, or the kernel cannot say this. NULL slot: the
	 * engine has none.
	 */
	int (*snapshot)(struct fcd_engine *e, uint32_t kind, struct fcd_err *err);
};

/*
 * The one exported symbol. NULL if the engine cannot serve this ABI version.
 * abi is FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR of the host.
 */
#define FCD_ENGINE_SYMBOL "fcd_engine"
typedef const struct fcd_engine_ops *fcd_engine_fn(uint32_t abi);

#ifdef __cplusplus
}
#endif

/* ---- the ELF note ---- */

#define FCD_NOTE_OWNER	 "falco-capture"
#define FCD_NOTE_TYPE	 1
#define FCD_NOTE_SECTION ".note.falco-capture"

struct fcd_note {
	uint16_t abi_major, abi_minor;
	uint32_t schema;  /* FCD_SCHEMA_NUMBER */
	char name[16];	  /* of the engine, NUL-terminated */
	char version[16]; /* of its build, NUL-terminated */
};

struct fcd_note_section {
	uint32_t namesz, descsz, type;
	char owner[16];
	struct fcd_note note;
};

FCD_CHECK(sizeof(struct fcd_note) == 40, "note");
FCD_CHECK(sizeof(struct fcd_note_section) == 12 + 16 + 40, "note section");

/* Once per engine, at file scope. */
#define FCD_ENGINE_NOTE(engine_name)                                                               \
	__attribute__((section(FCD_NOTE_SECTION), used,                                            \
		       aligned(4))) static const struct fcd_note_section fcd_note_section = {      \
		sizeof(FCD_NOTE_OWNER),                                                            \
		sizeof(struct fcd_note),                                                           \
		FCD_NOTE_TYPE,                                                                     \
		FCD_NOTE_OWNER,                                                                    \
		{ FCD_ABI_MAJOR, FCD_ABI_MINOR, FCD_SCHEMA_NUMBER, engine_name, FCD_VERSION }      \
	}

#define FCD_EXPORT __attribute__((visibility("default")))

#endif
