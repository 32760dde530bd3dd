/* SPDX-License-Identifier: MIT */
/* fill.h - the events of a thread that is stopped, written by the fillers of core/fill/. */
#ifndef FCD_TRACE_FILL_H
#define FCD_TRACE_FILL_H

#include "engines/udig/trace/producer.h"
#include "engines/udig/trace/thread.h"

/* Its call ended with this result. */
void trace_fill_call(struct trace_producer *p, struct trace_thread *t, int64_t result);
/* It has a new image. */
void trace_fill_exec(struct trace_producer *p, struct trace_thread *t);
/* It ends with this status, a wait status, or is gone already. */
void trace_fill_exit(struct trace_producer *p, struct trace_thread *t, int status, bool is_gone);
/* It is about to be given a signal. */
void trace_fill_signal(struct trace_producer *p, struct trace_thread *t);

/* Is there no file yet that a call that opens one would create? */
bool trace_fill_is_new(struct trace_thread *t);

/* The process that the thread belongs to; its own number if it is gone. */
pid_t trace_fill_pid(pid_t tid);

#endif
