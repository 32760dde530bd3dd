/* SPDX-License-Identifier: MIT */
/* stop.h - what is done when a thread stops, or ends. */
#ifndef FCD_TRACE_STOP_H
#define FCD_TRACE_STOP_H

#include "engines/udig/trace/producer.h"
#include "engines/udig/trace/thread.h"

/* t->status says how. A thread that stopped runs again afterwards; one that ended is dropped. */
void trace_stop(struct trace_producer *p, struct trace_thread *t);

#endif
