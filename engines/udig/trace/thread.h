/* SPDX-License-Identifier: MIT */
/* thread.h - the threads that are traced, found by number. */
#ifndef FCD_TRACE_THREAD_H
#define FCD_TRACE_THREAD_H

#include "engines/udig/trace/call.h"

struct trace_thread {
	struct trace_thread *next;	/* of those that hash alike */
	struct trace_thread *next_stop; /* of those that wait to be looked at */
	pid_t tid, pid;
	pid_t creator; /* the thread that the kernel has as its parent; 0: unknown */
	int status;    /* as waitpid() gave it, of the stop that is to be looked at */
	bool is_stop_queued;
	bool is_claimed; /* its creator's event came, or none will */
	bool is_held;	 /* it has stopped, and is left so until it is claimed */
	bool is_gone;	 /* it ended before it was claimed */
	bool has_begun;	 /* it has run */
	bool is_in_call;
	bool is_cloning;   /* in a call that makes a child, whose event has not come */
	bool is_launching; /* not the command yet, but we */
	bool is_subreaper; /* its process adopts the orphans below it */
	bool has_exited;   /* its last event is written */
	struct trace_call call;
};

/* NULL: there is none of this number. */
struct trace_thread *trace_thread_find(pid_t tid);
/* The one of this number, made if there is none. NULL: no memory. */
struct trace_thread *trace_thread_get(pid_t tid);
void trace_thread_drop(struct trace_thread *t);
/* In no order. act may drop its thread. */
void trace_thread_each(void (*act)(struct trace_thread *t, void *ctx), void *ctx);

#endif
