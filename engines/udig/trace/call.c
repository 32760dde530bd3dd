// SPDX-License-Identifier: MIT
#include "engines/udig/trace/call.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include "engines/udig/trace/request.h"
#include "engines/udig/trace/types.h"
#include "fill_table.h"

#define bound(v, max) ((v) < (max) ? (v) : (max))
#include "core/fill/numbers.h"

/* 32-bit sigreturn and rt_sigreturn. */
#define IA32_SIGRETURN	  119
#define IA32_RT_SIGRETURN 173

static uint32_t number(const struct trace_call *c)
{
	if (c->own_nr >= TRACE_CALLS)
		return TRACE_NO_CALL;
	return c->is_compat ? ia32_nr(c->own_nr, (uint32_t)c->args[0]) : c->own_nr;
}

struct trace_call trace_call_entered(const struct ptrace_syscall_info *info)
{
	struct trace_call c = {
		.own_nr = info->entry.nr < TRACE_CALLS ? info->entry.nr : TRACE_CALLS,
		.is_compat = info->arch == AUDIT_ARCH_I386,
	};

	for (int i = 0; i < 6; i++)
		c.args[i] = c.is_compat ? (uint32_t)info->entry.args[i] : info->entry.args[i];
	c.nr = number(&c);
	return c;
}

struct trace_call trace_call_of_child(pid_t tid)
{
	struct ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };
	struct user_regs_struct r = { .orig_rax = TRACE_CALLS };

	trace_request(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), (uintptr_t)&info);
	trace_request(PTRACE_GETREGS, tid, 0, (uintptr_t)&r);
	info.entry.nr = r.orig_rax;
	if (info.arch == AUDIT_ARCH_I386) {
		const uint64_t args[] = { r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp };

		__builtin_memcpy(info.entry.args, args, sizeof(args));
	} else {
		const uint64_t args[] = { r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9 };

		__builtin_memcpy(info.entry.args, args, sizeof(args));
	}
	return trace_call_entered(&info);
}

bool trace_call_is_clone(const struct trace_call *c)
{
	return c->nr == FCD_NR_clone || c->nr == FCD_NR_clone3 || c->nr == FCD_NR_fork ||
	       c->nr == FCD_NR_vfork;
}

/* ---- CLONE_UNTRACED ---- */

static size_t first_register(const struct trace_call *c)
{
	return c->is_compat ? TRACE_REGISTER(rbx) : TRACE_REGISTER(rdi);
}

/* clone3 has its flags in memory, first of all. */
static bool get_flags(const struct trace_call *c, pid_t tid, uint64_t *flags)
{
	return trace_move_memory(SYS_process_vm_readv, tid, flags, c->args[0], sizeof(*flags));
}

static bool set_flags(const struct trace_call *c, pid_t tid, uint64_t flags)
{
	return trace_move_memory(SYS_process_vm_writev, tid, &flags, c->args[0], sizeof(flags));
}

void trace_call_hide(struct trace_call *c, pid_t tid)
{
	uint64_t flags;

	if (c->nr == FCD_NR_clone && c->args[0] & CLONE_UNTRACED) {
		trace_set_register(tid, first_register(c), c->args[0] & ~(uint64_t)CLONE_UNTRACED);
		c->is_hidden = true;
	} else if (c->nr == FCD_NR_clone3 && get_flags(c, tid, &flags) && flags & CLONE_UNTRACED) {
		c->is_hidden = set_flags(c, tid, flags & ~(uint64_t)CLONE_UNTRACED);
	}
}

void trace_call_unhide(struct trace_call *c, pid_t tid)
{
	uint64_t flags;

	if (!c->is_hidden)
		return;
	c->is_hidden = false;
	if (c->nr == FCD_NR_clone)
		trace_set_register(tid, first_register(c), c->args[0]);
	else if (get_flags(c, tid, &flags))
		set_flags(c, tid, flags | CLONE_UNTRACED);
}

bool trace_call_is_replaced(const struct trace_call *c, pid_t tid)
{
	bool may_be = c->is_compat ? c->own_nr == IA32_SIGRETURN || c->own_nr == IA32_RT_SIGRETURN
				   : c->own_nr == FCD_NR_rt_sigreturn;

	/* The kernel's PEEKUSR stores where its last argument points. */
	uint64_t nr = 0;

	return may_be &&
	       (trace_request(PTRACE_PEEKUSR, tid, TRACE_REGISTER(orig_rax), (uintptr_t)&nr) ||
		nr == (uint64_t)-1);
}
