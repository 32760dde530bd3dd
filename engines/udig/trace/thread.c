// SPDX-License-Identifier: MIT
#include "engines/udig/trace/thread.h"

#include <stddef.h>
#include <stdlib.h>

/* Numbers are given out one after the other, so they spread by themselves. */
#define BUCKETS 4096

static struct trace_thread *bucket[BUCKETS];

static struct trace_thread **place(pid_t tid)
{
	struct trace_thread **at = &bucket[(unsigned int)tid % BUCKETS];

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	return at;
}

struct trace_thread *trace_thread_find(pid_t tid)
{
	return *place(tid);
}

struct trace_thread *trace_thread_get(pid_t tid)
{
	struct trace_thread **at = place(tid);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (*at)
			(*at)->tid = tid;
	}
	return *at;
}

void trace_thread_drop(struct trace_thread *t)
{
	struct trace_thread **at = place(t->tid);

	*at = t->next;
	free(t);
}

void trace_thread_each(void (*act)(struct trace_thread *t, void *ctx), void *ctx)
{
	struct trace_thread *t, *next;

	for (int i = 0; i < BUCKETS; i++) {
		for (t = bucket[i]; t; t = next) {
			next = t->next;
			act(t, ctx);
		}
	}
}
