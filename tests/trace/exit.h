/* SPDX-License-Identifier: MIT */
/* exit.h - processes and threads whose end is observed. */
#ifndef TRACE_EXIT_H
#define TRACE_EXIT_H

#include <sys/types.h>

/* What the processes of one case tell each other. Zero says: not yet. */
struct exit_shared {
	pid_t tid[2];	     /* of threads that run */
	pid_t orphan, dying; /* as the kernel numbers them */
	int is_orphaned;
	int is_free; /* who waits for it may end */
};

extern struct exit_shared *exit_shared;

void exit_set(int *flag, int value);
void exit_await(const int *flag);

/* fork, with all flags at zero. */
pid_t exit_child(void);
/* The status of a child that ended. */
int exit_reap(pid_t pid);

/* Returns when the thread runs and has set tid[which]. */
void exit_thread(void *(*main)(void *), long which);
/* Ends with status 7 once it is free. */
void *exit_when_free(void *which);

/* status is what wait() says of the process, or would of the thread. */
void expect_exit(pid_t pid, pid_t tid, int status, pid_t reaper);

#endif
