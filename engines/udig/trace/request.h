/* SPDX-License-Identifier: MIT */
/*
 * request.h - ptrace(2) as the kernel has it. Any request fails with ESRCH when the thread was
 * killed meanwhile; that is normal, and what follows is its end.
 */
#ifndef FCD_TRACE_REQUEST_H
#define FCD_TRACE_REQUEST_H

#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <unistd.h>

static inline long trace_request(long request, pid_t tid, uintptr_t addr, uintptr_t data)
{
	return syscall(SYS_ptrace, request, tid, addr, data);
}

/* Give a new value to a register of a thread that is stopped, e.g. TRACE_REGISTER(rdi). */
#define TRACE_REGISTER(name) offsetof(struct user, regs.name)

static inline void trace_set_register(pid_t tid, size_t which, uint64_t value)
{
	trace_request(PTRACE_POKEUSR, tid, which, value);
}

/* Memory as the kernel takes it: addresses of another process are no pointers of ours. */
struct trace_span {
	uint64_t at, bytes;
};

/* All of it, or false. call is SYS_process_vm_readv or SYS_process_vm_writev. */
static inline bool trace_move_memory(long call, pid_t tid, void *own, uint64_t at, size_t bytes)
{
	const struct trace_span ours = { (uintptr_t)own, bytes }, theirs = { at, bytes };

	return syscall(call, tid, &ours, 1L, &theirs, 1L, 0L) == (long)bytes;
}

#endif
