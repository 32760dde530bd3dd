/* SPDX-License-Identifier: MIT */
/* child.h - a child that tells what it sees of itself, and the two events of the call that made it. */
#ifndef TRACE_CHILD_H
#define TRACE_CHILD_H

#include <stdint.h>
#include "proc.h"

/* Where every child runs; its parent does something else meanwhile, or waits. */
extern char child_stack[65536];

/* Before the first one. */
void child_init(void);
/* Call nr(a, b), of which a child returns 0. */
long child_spawn(long nr, long a, long b);
/* The same by 32-bit fork. */
long child_fork32(void);
/* Until it has told; flags: those that it was made with. */
void child_wait(long child, uint64_t flags);

/*
 * The caller's event and, if there is a child, the child's. is_in_pidns: children of the caller
 * are in another pid namespace than the first.
 */
void expect_both(const char *type, long res, const struct proc *before, uint64_t flags,
		 int is_in_pidns);

#endif
