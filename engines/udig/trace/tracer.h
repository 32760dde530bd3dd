/* SPDX-License-Identifier: MIT */
/* tracer.h - the process beside the command, which sees every stop of it and of its children. */
#ifndef FCD_TRACE_TRACER_H
#define FCD_TRACE_TRACER_H

#include <sys/types.h>
#include "engines/udig/trace/producer.h"

/*
 * Begin with the process that is about to execute the command, and that blocks in some call.
 * Afterwards it goes on, and is traced.
 */
int trace_begin(struct trace_producer *p, pid_t command, struct trace_err *err);

/* Until nobody is left. */
void trace_run(struct trace_producer *p);

#endif
