/* SPDX-License-Identifier: MIT */
/*
 * capture.h - the thread that owns the engine, its rings and the pump.
 *
 * The others tell it what they want and it tells them what it did: both are states,
 * not queues. A want replaces the one before it, whether that was seen or not; a
 * report says how far the thread has come.
 */
#ifndef FCD_CAPTURE_H
#define FCD_CAPTURE_H

#include <stdbool.h>
#include "core/cast.h"
#include "core/pump.h"
#include "daemon/canary.h"
#include "daemon/iterators.h"

struct fcd_capture;

/* A subscriber, as the capture thread sees it. */
struct fcd_sink {
	struct fcd_sub_page *page;
	int fd;	       /* gets one byte when it sleeps and there is something; -1: notify() */
	uint32_t tgid; /* the process whose events are left out; 0: none */
};

struct fcd_capture_report {
	uint64_t seen;	    /* the newest want taken over: sinks that are not in it are not used */
	uint64_t applied;   /* the newest want whose interest the engine has ... */
	uint64_t seq;	    /* ... and the number of the first event under it */
	uint64_t failed;    /* the newest want whose interest the engine refused ... */
	struct fcd_err err; /* ... and why; the interest before it holds */
	uint64_t asked;	    /* newest fcd_capture_ask() that these are younger than: */
	struct fcd_pump_stats pump;
	struct fcd_engine_stats engine;
	struct fcd_interest interest; /* that the engine has */
	enum fcd_canary_state canary;
	bool ended; /* the thread is done: everything is published, the ring is closed */
};

struct fcd_capture_setup {
	const struct fcd_engine_ops *ops;
	struct fcd_engine *engine; /* opened */
	uint32_t abi_minor;	   /* of its note */
	uint64_t broadcast_bytes, priority_bytes, hold_ms;
	void (*notify)(
		void *ctx); /* [capture thread] there is a new report, or events for a sink */
	void *ctx;
};

/* Start the thread and the engine in it. The engine stays the caller's to close. */
int fcd_capture_new(struct fcd_capture **out, const struct fcd_capture_setup *setup,
		    struct fcd_err *err);
/* Waits for the thread, which was told to stop. NULL is allowed. */
void fcd_capture_free(struct fcd_capture *c);

/* The broadcast ring. Its descriptor and header may be used by any thread. */
struct fcd_cast *fcd_capture_cast(struct fcd_capture *c);

/*
 * Replace what is wanted. The sinks are copied; what they point to is used until a report has
 * seen the next want without them. *number is this want's. -ENOMEM: nothing has changed.
 */
int fcd_capture_want(struct fcd_capture *c, const struct fcd_interest *interest,
		     const struct fcd_sink *sinks, uint32_t count, uint64_t *number);
/*
 * Ask for fresh numbers in the report, and for the engine's descriptors for a snapshot, or NULL.
 * Both are there when report.asked is what this returned; `i` is the capture thread's until then.
 */
uint64_t fcd_capture_ask(struct fcd_capture *c, struct fcd_iterators *i);
/* Stop the engine, publish what is in the rings, close the broadcast ring, end. */
void fcd_capture_stop(struct fcd_capture *c);

void fcd_capture_report(struct fcd_capture *c, struct fcd_capture_report *out);

#endif
