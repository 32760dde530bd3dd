/* SPDX-License-Identifier: MIT */
/*
 * proctable.h - the processes of this host, as of a place in the stream of events: what
 * /proc said when the table began, and what events have changed since.
 *
 * Pids are the kernel's own numbers, as in events. A program in a pid namespace of its own
 * has another numbering in its /proc, which is therefore not read: then the table knows
 * what it learned from events.
 *
 * What no event tells is not noticed: a process that another one names (/proc/PID/comm) or
 * puts into another cgroup, until it executes a program.
 */
#ifndef FCD_PROCTABLE_H
#define FCD_PROCTABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/event.h"

struct fcd_proctable;

struct fcd_process {
	uint32_t pid, ppid;
	uint32_t uid; /* effective; UINT32_MAX: not known */
	char comm[16];
	const char *cgroup;    /* path (cgroup.h); "": not known */
	const char *container; /* the first 12 digits of its id, or its name; "": none */
};

/* Empty. -ENOMEM. */
int fcd_proctable_new(struct fcd_proctable **out);
void fcd_proctable_free(struct fcd_proctable *t);

/*
 * Read every process from /proc: 0.1 ms for each, so not on a thread that has others waiting.
 * What is known already stays. The stream has to begin before this does: what then ends or
 * changes between the two is told by its events.
 */
void fcd_proctable_seed(struct fcd_proctable *t);

/* The system calls and tracepoints whose events it learns from, NULL at the end. */
extern const char *const fcd_proctable_events[];
/*
 * Learn from an event, before anything is asked about it. The processes that ended last are
 * still there, for events may come late.
 */
void fcd_proctable_event(struct fcd_proctable *t, const struct fcd_envelope *record);

/*
 * A process; one that is not known is looked for in /proc, once. NULL: there is none. Valid until
 * the next call of any of these.
 */
const struct fcd_process *fcd_proctable_find(struct fcd_proctable *t, uint32_t pid);
/* Is it `root`, or a child of a child ... of it? */
bool fcd_proctable_is_below(struct fcd_proctable *t, uint32_t pid, uint32_t root);

/* How many live. */
uint32_t fcd_proctable_count(const struct fcd_proctable *t);

#endif
