/* SPDX-License-Identifier: MIT */
/* call.h - a system call that a thread is in. */
#ifndef FCD_TRACE_CALL_H
#define FCD_TRACE_CALL_H

#include <linux/ptrace.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACE_CALLS 512

/* Values of nr that stand for no 64-bit call. */
#define TRACE_UNTRACKED 0xffff	/* of 32-bit x86, without a 64-bit counterpart */
#define TRACE_NO_CALL	0x10000 /* none, or one that is not reported */

struct trace_call {
	uint32_t nr;	 /* in the 64-bit table */
	uint32_t own_nr; /* in the caller's table */
	bool is_compat;	 /* made by the 32-bit way in */
	bool is_new;	 /* of an open: there was no such file when it began */
	bool is_hidden;	 /* its CLONE_UNTRACED was taken away, and is to be put back */
	uint64_t args[6];
};

/* The call that is being entered. */
struct trace_call trace_call_entered(const struct ptrace_syscall_info *info);
/* The call that a new thread returns from, by its own registers. */
struct trace_call trace_call_of_child(pid_t tid);

bool trace_call_is_clone(const struct trace_call *c);

/*
 * A call that would make a child that nobody may trace: let it make one that we do. unhide()
 * restores what the call was given, in a thread that was in it.
 */
void trace_call_hide(struct trace_call *c, pid_t tid);
void trace_call_unhide(struct trace_call *c, pid_t tid);

/* Has a signal handler's return put other registers in the place of the call's? */
bool trace_call_is_replaced(const struct trace_call *c, pid_t tid);

#endif
