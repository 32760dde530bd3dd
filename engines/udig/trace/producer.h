/* SPDX-License-Identifier: MIT */
/*
 * producer.h - the tracer as a producer of the userspace engine (abi/udig.h): the connection
 * and the ring. It comes and goes with the daemon; without one nothing is wanted.
 */
#ifndef FCD_TRACE_PRODUCER_H
#define FCD_TRACE_PRODUCER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "abi/ring_io.h"
#include "abi/udig.h"
#include "engines/udig/trace/err.h"

#define TRACE_PATHS 2

struct trace_producer {
	char path[TRACE_PATHS][PATH_MAX]; /* daemons' sockets, tried in this order */
	int paths;
	int fd;			 /* -1: there is no connection */
	struct fcd_block *block; /* NULL: no ring, not welcomed yet */
	uint64_t map_bytes;
	struct fcd_udig_page *page;
	struct fcd_ring_writer writer;
};

/* With the socket that a person named, or NULL: where daemons are usually found. */
void trace_producer_init(struct trace_producer *p, const char *socket);

/* Is a path of it relative to the working folder? */
bool trace_producer_is_relative(const struct trace_producer *p);

/* Connect and wait until the daemon has answered. */
int trace_producer_open(struct trace_producer *p, struct trace_err *err);
void trace_producer_close(struct trace_producer *p);

/* Once a second: say that we live; see whether the daemon has gone, or has come back. */
void trace_producer_tick(struct trace_producer *p);
/* Has a daemon that came back answered? From then on there is a ring. */
void trace_producer_take_answer(struct trace_producer *p);

/* Before events are written. */
static inline void trace_producer_look(struct trace_producer *p)
{
	if (p->fd >= 0 && !p->block)
		trace_producer_take_answer(p);
}

static inline bool trace_producer_wants(const struct trace_producer *p, uint32_t nr)
{
	return p->block && nr < 512 && FCD_LOAD(&p->page->syscalls[nr / 64]) >> (nr % 64) & 1;
}

static inline bool trace_producer_wants_point(const struct trace_producer *p, uint64_t bit)
{
	return p->block && FCD_LOAD(&p->page->tracepoints) & bit;
}

/*
 * Write a record of `bytes`, time missing, aligned to 8. More than FCD_RECORD_MAX: it is only
 * counted, as too big.
 */
void trace_producer_write(struct trace_producer *p, struct fcd_envelope *record, uint32_t bytes);

#endif
