// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * probe.bpf.c - the probe: one program per hook, in which each filler is a function;
 * one object for every kernel since 5.10 and for both ways to attach.
 *
 * Attached raw (tp_btf), a program's context is the tracepoint's arguments. As a perf
 * tracepoint it is the trace record, and registers come from the task. Which one is a
 * constant that the engine sets before loading; the other branch is dead code.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#define FCD_FN	 static __always_inline
#define FCD_PURE __noinline
/*
 * What gives the same each time, in one place: where the kernel makes instructions of a helper it
 * moves all of the program behind, and hundreds of such places take longer than the verifier's look.
 */
#define FCD_ONCE static __noinline __attribute__((const))
#include "engines/bpf/kernel_types.bpf.h"
#include "engines/bpf/probe.h"
#include "fill_table.h" /* generated from the event table */

const volatile struct probe_config config SEC(".rodata.config") = { .version = PROBE_VERSION };
struct probe_state state SEC(".data.state") = { 0 };

#define FCD_TABLE static const volatile
#include "core/fill/interface.h"
#include "engines/bpf/ring.bpf.h"
#include "engines/bpf/backend.bpf.h"
#include "core/fill/numbers.h"

#define TS_COMPAT 0x2

FCD_FN bool task_compat(struct task_struct *t)
{
	return KT(t, thread_info.status) & TS_COMPAT;
}

FCD_FN u32 compat_nr(struct pt_regs *regs)
{
	return ia32_nr((u32)regs->orig_ax, (u32)regs->bx);
}

FCD_FN u32 call_nr(struct fcd *c)
{
	return is_compat(c) ? compat_nr(c->regs) : (u32)c->regs->orig_ax;
}

FCD_FN u32 caller_nr(struct fcd *c)
{
	return c->regs->orig_ax;
}

FCD_FN u32 turn(struct fcd *c)
{
	return c->turn;
}

#include "engines/bpf/file.bpf.h"
#include "engines/bpf/task.bpf.h"

/* ---- contexts of the hooks ---- */

struct sys_exit_record { /* as perf tracepoint */
	u64 common;
	s64 id, ret;
};

struct exec_record {
	u64 common;
	u32 filename; /* its offset in the record in the low 16 bits */
	s32 pid, old_pid;
};

FCD_FN struct pt_regs *exit_regs(u64 *ctx)
{
	if (config.by_perf)
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return (void *)ctx[0];
}

/* The barriers keep clang from making one load of both, at a computed offset. */
FCD_FN s64 exit_ret(u64 *ctx)
{
	s64 v;

	if (config.by_perf) {
		v = ((struct sys_exit_record *)ctx)->ret;
		asm volatile("" : "+r"(v));
	} else {
		v = ctx[1];
		asm volatile("" : "+r"(v));
	}
	return v;
}

FCD_FN void out_exec_name(struct fcd *c)
{
	if (config.by_perf) {
		struct exec_record *r = c->ctx;

		out_kstr(c, c->ctx + (r->filename & 0xffff), PATH_LEN);
	} else {
		struct linux_binprm *b = (void *)((u64 *)c->ctx)[2];

		out_name(c, (u64)K(b, filename), PATH_LEN);
	}
}

/*
 * In place of the siginfo there may be 0 or 1, from where nothing is read. The verifier would take
 * it as a pointer that is valid, so it is made a number first.
 */
FCD_FN void signal_get(struct fcd *c, struct fcd_signal *s)
{
	u64 *args = c->ctx, at = args[1];
	struct kernel_siginfo info;

	bpf_probe_read_kernel(&at, sizeof(at), &at);
	bpf_probe_read_kernel(&info, sizeof(info), (void *)at);
	*s = (struct fcd_signal){ args[0], info.si_code, info.si_pid };
}

/* Names that libbpf does not know: the engine gives the programs their type. */
#define SEC_sys_exit SEC("hook/sys_exit")
#define SEC_exec     SEC("hook/sched_process_exec")
#define SEC_exit     SEC("hook/sched_process_exit")
#define SEC_signal   SEC("raw/signal_deliver")

/* ---- an event around a filler ---- */

/* A call that a seccomp filter answers with an errno comes here as any other. */
#define EVENT_OF(name, EV, flags)                                                                  \
	do {                                                                                       \
		unsigned int n_ = 0;                                                               \
		if (!event_begin(c, FCD_FIXED_##EV, FCD_ID_##EV, sizeof(struct ev_##EV), flags))   \
			break;                                                                     \
		fill_##name(c, 0, &n_);                                                            \
		if (n_ != sizeof(struct ev_##EV))                                                  \
			fcd_bad_order();                                                           \
		event_close(c, FCD_FIXED_##EV);                                                    \
	} while (0)

#define CALL_FLAGS(nr)                                                                             \
	((is_priority_call(nr) ? EVENT_PRIORITY : 0) | ((nr) == FCD_CANARY_CALL ? EVENT_OF_ALL : 0))

/* What programs do most: a few nanoseconds less are worth a longer look of the verifier. */
#define IS_HOT(nr)                                                                                 \
	(__builtin_constant_p(nr) && ((nr) == FCD_NR_read || (nr) == FCD_NR_write ||               \
				      (nr) == FCD_NR_close || (nr) == FCD_NR_openat))

/* A filler of a system call: a function of the one program at its exit. */
#define FILL_IF(name, EV, condition)                                                               \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	static __noinline int call_##name(struct task_struct *task, struct pt_regs *regs,          \
					  s64 result, u64 compat)                                  \
	{                                                                                          \
		struct fcd cc = { .task = task, .regs = regs, .ret = result, .compat = compat },   \
			   *c = &cc;                                                               \
		c->is_hot = IS_HOT(FCD_NR_##name);                                                 \
		if (!(condition))                                                                  \
			return 0;                                                                  \
		EVENT_OF(name, EV, CALL_FLAGS(FCD_NR_##name));                                     \
		return 0;                                                                          \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))
#define FILL(name, EV) FILL_IF(name, EV, true)

/* Several events of a call: looked at once, as one function. */
#define FILL_EACH(name, EV, count)                                                                 \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	__noinline int each_##name(u64 first, u64 second, s64 result, u32 turn, u32 compat)        \
	{                                                                                          \
		struct fcd cc = { .task = current_task(),                                          \
				  .two = { first, second },                                        \
				  .ret = result,                                                   \
				  .turn = turn,                                                    \
				  .compat = compat,                                                \
				  .is_each = true },                                               \
			   *c = &cc;                                                               \
		EVENT_OF(name, EV, CALL_FLAGS(FCD_NR_##name));                                     \
		return 0;                                                                          \
	}                                                                                          \
	static __noinline int call_##name(struct task_struct *task, struct pt_regs *regs,          \
					  s64 result, u64 compat)                                  \
	{                                                                                          \
		struct fcd cc = { .task = task, .regs = regs, .ret = result, .compat = compat },   \
			   *c = &cc;                                                               \
		u64 first = arg(c, 0), second = arg(c, 1);                                         \
		u32 n = each_count(count);                                                         \
		for (u32 i = 0; i < EACH_MAX; i++) {                                               \
			if (i >= n)                                                                \
				break;                                                             \
			each_##name(first, second, result, i, compat != 0);                        \
		}                                                                                  \
		return 0;                                                                          \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))

/* A filler of another hook: its program. */
#define FILL_AT(hook, name, EV)                                                                    \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	SEC_##hook int p_##name(u64 *ctx)                                                          \
	{                                                                                          \
		struct fcd cc = { .task = current_task(), .ctx = ctx }, *c = &cc;                  \
		EVENT_OF(name, EV, FCD_PRIORITY_##hook ? EVENT_PRIORITY : 0);                      \
		return 0;                                                                          \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))

#include "core/fill/fillers.h"

/* ---- the exit of a system call ---- */

FCD_FN bool has_bit(u64 *bits, u32 nr)
{
	return bits[bound(nr >> 6, PROBE_SYSCALLS / 64 - 1)] >> (nr & 63) & 1;
}

/* A 32-bit call without a 64-bit counterpart. Left by a 64-bit exec into a 32-bit image: none. */
FCD_FN int untracked(struct pt_regs *regs, s64 ret)
{
	struct block *b = block_get();

	if ((regs->orig_ax == FCD_NR_execve || regs->orig_ax == FCD_NR_execveat) && !ret)
		return 0;
	if (b)
		b->shared.untracked++;
	return 0;
}

SEC_sys_exit int on_sys_exit(u64 *ctx)
{
	struct pt_regs *regs = exit_regs(ctx);
	struct task_struct *task;
	u32 nr = regs->orig_ax;
	u64 compat; /* regs as a number, or 0 */
	s64 ret;

	if (nr >= PROBE_SYSCALLS || !has_bit(state.maybe, nr))
		return 0;
	ret = exit_ret(ctx);
	task = current_task_typed();
	compat = task_compat(task);
	if (compat) {
		bpf_probe_read_kernel(&compat, sizeof(compat), &regs);
		nr = compat_nr(regs);
		if (nr == IA32_NONE)
			return untracked(regs, ret);
	}
	if (!has_bit(state.interest, wanted_as(nr)))
		return 0;
	switch (nr) {
#define CASE(name, filler)                                                                         \
	case FCD_NR_##name:                                                                        \
		return call_##filler(task, regs, ret, compat);
		FCD_FILLERS(CASE)
	default:
		return call_generic(task, regs, ret, compat);
	}
}

/* ---- what the engine asks once ---- */

/* Run by the engine itself: who are we, as the kernel numbers processes? */
SEC("raw_tracepoint/sys_enter") int who_am_i(void *ctx)
{
	state.self = bpf_get_current_pid_tgid() >> 32;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
