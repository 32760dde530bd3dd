// SPDX-License-Identifier: GPL-2.0 OR MIT
/* hooks.c - the tracepoints: found, on and off; and in each the fillers. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/audit.h>
#include <linux/binfmts.h>
#include <linux/cgroup.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/ipv6.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/uaccess.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <asm/syscall.h>
#include "engines/kmod/compat.h"
#include "engines/kmod/ring.h"
#include "fill_table.h" /* generated from the event table */

#define FCD_FN	  static __always_inline
#define FCD_TABLE static const
#include "core/fill/interface.h"
#include "engines/kmod/backend.h"
#include "engines/kmod/file.h"
#include "engines/kmod/task.h"

/* RUN(c): one event, or none. */
#define FILL_OF(run, name, EV, condition, is_priority)                                             \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	static noinline void run(struct fcd *c)                                                    \
	{                                                                                          \
		unsigned int n = 0;                                                                \
		if (!(condition) ||                                                                \
		    !event_begin(c, FCD_FIXED_##EV, sizeof(struct ev_##EV), is_priority))          \
			return;                                                                    \
		fill_##name(c, NULL, &n);                                                          \
		if (n != sizeof(struct ev_##EV))                                                   \
			fcd_bad_order();                                                           \
		event_end(c, FCD_ID_##EV, sizeof(struct ev_##EV));                                 \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))
#define FILL_IF(name, EV, condition)                                                               \
	FILL_OF(run_##name, name, EV, condition, is_priority_call(FCD_NR_##name))
#define FILL(name, EV)		FILL_IF(name, EV, true)
#define FILL_AT(hook, name, EV) FILL_OF(run_##name, name, EV, true, FCD_PRIORITY_##hook)
#define FILL_EACH(name, EV, count)                                                                 \
	static void each_##name(struct fcd *c);                                                    \
	static void run_##name(struct fcd *c)                                                      \
	{                                                                                          \
		for (c->turn = 0; c->turn < each_count(count); c->turn++)                          \
			each_##name(c);                                                            \
	}                                                                                          \
	FILL_OF(each_##name, name, EV, true, is_priority_call(FCD_NR_##name))

#include "core/fill/fillers.h"

/* ---- the probes ---- */

static bool wants(const struct fcd_consumer *k, u32 nr)
{
	return READ_ONCE(k->interest[nr / 64]) >> (nr % 64) & 1;
}

/* A 32-bit call without a 64-bit counterpart. Left by a 64-bit exec into a 32-bit image: none. */
static noinline void untracked(struct fcd_consumer *k, u32 nr, long result)
{
	struct fcd_cpu *cpu = smp_load_acquire(&k->by_cpu[raw_smp_processor_id()]);

	if ((nr == FCD_NR_execve || nr == FCD_NR_execveat) && !result)
		return;
	if (cpu && READ_ONCE(k->counts_untracked))
		cpu->block->untracked++;
}

static void run_call(struct fcd *c, u32 nr)
{
	switch (nr) {
#define CASE(name, filler)                                                                         \
	case FCD_NR_##name:                                                                        \
		run_##filler(c);                                                                   \
		break;
		FCD_FILLERS(CASE)
	default:
		run_generic(c);
	}
}

static void call_left(struct fcd_consumer *k, struct pt_regs *regs, long result)
{
	struct fcd c = { .consumer = k, .regs = regs, .ret = result };
	u32 nr = regs->orig_ax;

	/* A canary that a seccomp filter answers with an errno comes here as any other. */
	if (nr >= FCD_KMOD_SYSCALLS || (current->tgid == k->self && nr != FCD_CANARY_CALL))
		return;
	if (in_ia32_syscall()) {
		c.compat = true;
		nr = ia32_nr(nr, regs->bx);
		if (nr == IA32_NONE) {
			untracked(k, regs->orig_ax, result);
			return;
		}
	}
	if (wants(k, wanted_as(nr)))
		run_call(&c, nr);
}

/*
 * Preemption is off for what the fillers and rings take as given, whether or not the kernel
 * has it off inside tracepoints; and while it is off, memory that is freed by RCU stays.
 */
static void enter(void)
{
	preempt_disable_notrace();
	rcu_read_lock();
}

static void leave(void)
{
	rcu_read_unlock();
	preempt_enable_notrace();
}

static void on_sys_exit(void *data, struct pt_regs *regs, long result)
{
	enter();
	call_left(data, regs, result);
	leave();
}

static void on_exec(void *data, struct task_struct *t, pid_t old, struct linux_binprm *bprm)
{
	struct fcd c = { .consumer = data, .bprm = bprm };

	enter();
	if (current->tgid != c.consumer->self)
		run_exec(&c);
	leave();
}

static void on_exit(void *data, struct task_struct *t)
{
	struct fcd c = { .consumer = data };

	enter();
	if (current->tgid != c.consumer->self)
		run_procexit(&c);
	leave();
}

static void on_signal(void *data, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	struct fcd c = { .consumer = data, .info = info, .sig = sig };

	enter();
	if (current->tgid != c.consumer->self)
		run_signaldeliver(&c);
	leave();
}

/* ---- on and off ---- */

enum { HOOK_SYS_EXIT, HOOK_EXEC, HOOK_EXIT, HOOK_SIGNAL, HOOKS };

static struct {
	const char *name;
	void *probe;
	struct tracepoint *tp; /* the kernel exports no other way to it */
} hook[HOOKS] = {
	[HOOK_SYS_EXIT] = { "sys_exit", on_sys_exit },
	[HOOK_EXEC] = { "sched_process_exec", on_exec },
	[HOOK_EXIT] = { "sched_process_exit", on_exit },
	[HOOK_SIGNAL] = { "signal_deliver", on_signal },
};

static void find(struct tracepoint *tp, void *priv)
{
	int i;

	for (i = 0; i < HOOKS; i++)
		if (!strcmp(tp->name, hook[i].name))
			hook[i].tp = tp;
}

int __init fcd_hooks_setup(void)
{
	int i;

	for_each_kernel_tracepoint(find, NULL);
	for (i = 0; i < HOOKS; i++) {
		if (hook[i].tp)
			continue;
		pr_err("the kernel has no tracepoint %s\n", hook[i].name);
		return -ENOENT;
	}
	return 0;
}

/* Take probes off, and wait until none of them runs. */
static void detach(struct fcd_consumer *k, u32 hooks)
{
	int i;

	for (i = 0; i < HOOKS; i++)
		if (hooks >> i & 1)
			tracepoint_probe_unregister(hook[i].tp, hook[i].probe, k);
	if (hooks)
		tracepoint_synchronize_unregister();
	k->attached &= ~hooks;
}

static int attach(struct fcd_consumer *k, u32 hooks)
{
	u32 before = k->attached;
	int i, err;

	for (i = 0; i < HOOKS; i++) {
		if (!(hooks >> i & 1))
			continue;
		err = tracepoint_probe_register(hook[i].tp, hook[i].probe, k);
		if (err) {
			detach(k, k->attached & ~before);
			return err;
		}
		k->attached |= 1u << i;
	}
	return 0;
}

static bool has_bit(const u64 *bits, u32 nr)
{
	return bits[nr / 64] >> (nr % 64) & 1;
}

static u32 hooks_for(const struct fcd_kmod_interest *i)
{
	u32 wanted = 0;
	int w;

	for (w = 0; w < FCD_KMOD_SYSCALLS / 64; w++)
		if (i->syscalls[w])
			wanted |= 1u << HOOK_SYS_EXIT;
	if (has_bit(i->syscalls, FCD_NR_execve) || has_bit(i->syscalls, FCD_NR_execveat))
		wanted |= 1u << HOOK_EXEC;
	if (i->tracepoints & FCD_KMOD_PROCEXIT)
		wanted |= 1u << HOOK_EXIT;
	if (i->tracepoints & FCD_KMOD_SIGNALDELIVER)
		wanted |= 1u << HOOK_SIGNAL;
	return wanted;
}

/* A 32-bit call that cannot be translated is counted only where everything is wanted. */
static bool wants_all(const u64 *interest)
{
	u32 nr;

	for (nr = 0; nr < FCD_KMOD_SYSCALLS; nr++)
		if (fcd_syscall_codes[nr] && !has_bit(interest, nr))
			return false;
	return true;
}

static void interest_write(struct fcd_consumer *k, const u64 *interest)
{
	int w;

	for (w = 0; w < FCD_KMOD_SYSCALLS / 64; w++)
		WRITE_ONCE(k->interest[w], interest[w]);
	WRITE_ONCE(k->counts_untracked, wants_all(interest));
}

/* The bits before the hooks, so that a hook that is new finds what it is for. */
int fcd_hooks_set(struct fcd_consumer *k, const struct fcd_kmod_interest *i)
{
	u64 before[FCD_KMOD_SYSCALLS / 64];
	u32 wanted = hooks_for(i);
	int err;

	memcpy(before, k->interest, sizeof(before));
	interest_write(k, i->syscalls);
	err = attach(k, wanted & ~k->attached);
	if (err) {
		interest_write(k, before);
		return err;
	}
	detach(k, k->attached & ~wanted);
	return 0;
}
