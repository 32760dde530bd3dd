// SPDX-License-Identifier: MIT
#include "engines/udig/trace/stop.h"

#include <linux/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include "engines/udig/trace/fill.h"
#include "engines/udig/trace/request.h"
#include "fill_table.h"

#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* Calls that are being made and will make a child, which has not been told of yet. */
static unsigned int cloning;

/* ---- go on ---- */

static bool is_group_stop(const struct trace_thread *t)
{
	int sig = WSTOPSIG(t->status);

	return t->status >> 16 == PTRACE_EVENT_STOP &&
	       (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU);
}

/*
 * It was killed, and is in the stop before its end already: that is reported on its own, and
 * must not be left before it was looked at.
 */
static bool is_at_its_end(const struct trace_thread *t)
{
	siginfo_t stop;

	return t->status >> 16 != PTRACE_EVENT_EXIT &&
	       !trace_request(PTRACE_GETSIGINFO, t->tid, 0, (uintptr_t)&stop) &&
	       stop.si_code == (SIGTRAP | PTRACE_EVENT_EXIT << 8);
}

/* To its next stop, with the signal that it was about to receive. A stopped one stays so. */
static void resume(const struct trace_thread *t)
{
	int sig = t->status >> 16 || WSTOPSIG(t->status) == SYSCALL_STOP ? 0 : WSTOPSIG(t->status);

	if (is_at_its_end(t))
		return;
	if (is_group_stop(t))
		trace_request(PTRACE_LISTEN, t->tid, 0, 0);
	else
		trace_request(PTRACE_SYSCALL, t->tid, 0, (uintptr_t)sig);
}

/* ---- new threads ---- */

/*
 * A child may stop before its creator tells of it. It is held until then: who its parent is,
 * is known only from the creator. If that was killed meanwhile nobody will tell: that is so
 * when no call is left that could.
 */
static void let_go(struct trace_producer *p, struct trace_thread *t)
{
	t->is_claimed = true;
	if (t->is_gone) {
		trace_thread_drop(t);
	} else if (t->is_held) {
		t->is_held = false;
		/* If it was killed since, that waits for its turn. */
		if (!t->is_stop_queued)
			trace_stop(p, t);
	}
}

static void let_go_unclaimed(struct trace_thread *t, void *ctx)
{
	if (t->is_claimed || !(t->is_held || t->is_gone))
		return;
	if (!t->is_gone)
		t->call = trace_call_of_child(t->tid);
	let_go(ctx, t);
}

static void set_cloning(struct trace_producer *p, struct trace_thread *t, bool is_cloning)
{
	if (t->is_cloning == is_cloning)
		return;
	t->is_cloning = is_cloning;
	cloning += is_cloning ? 1 : -1;
	if (!cloning)
		trace_thread_each(let_go_unclaimed, p);
}

static void claim(struct trace_producer *p, struct trace_thread *creator, pid_t tid)
{
	struct trace_thread *t = trace_thread_get(tid);

	if (!t)
		return;
	if (!t->pid)
		t->pid = trace_fill_pid(tid);
	if (!t->is_claimed)
		t->call = creator->call;
	t->is_subreaper = t->pid == creator->pid && creator->is_subreaper;
	t->creator = t->pid == creator->pid ? creator->creator : creator->tid;
	trace_call_unhide(&creator->call, creator->tid);
	if (!t->is_claimed)
		let_go(p, t);
}

/* Its first stop: it returns from the call that made it, and goes on from there. */
static void begin(struct trace_producer *p, struct trace_thread *t)
{
	t->has_begun = true;
	trace_call_unhide(&t->call, t->tid);
	trace_fill_call(p, t, 0);
}

/* ---- calls ---- */

static void enter(struct trace_producer *p, struct trace_thread *t,
		  const struct ptrace_syscall_info *info)
{
	t->call = trace_call_entered(info);
	t->is_in_call = true;
	set_cloning(p, t, trace_call_is_clone(&t->call));
	trace_call_hide(&t->call, t->tid);
	if (trace_producer_wants(p, t->call.nr))
		t->call.is_new = trace_fill_is_new(t);
}

static void mark_subreaper(struct trace_thread *t, void *ctx)
{
	const struct trace_thread *who = ctx;

	if (t->pid == who->pid)
		t->is_subreaper = who->call.args[1] != 0;
}

static void leave(struct trace_producer *p, struct trace_thread *t, int64_t result)
{
	t->is_in_call = false;
	trace_call_unhide(&t->call, t->tid);
	if (t->call.nr == FCD_NR_prctl && t->call.args[0] == PR_SET_CHILD_SUBREAPER && !result)
		trace_thread_each(mark_subreaper, t);
	if (!t->is_launching && !trace_call_is_replaced(&t->call, t->tid))
		trace_fill_call(p, t, result);
	set_cloning(p, t, false);
}

static void syscall_stop(struct trace_producer *p, struct trace_thread *t)
{
	struct ptrace_syscall_info info;

	if (trace_request(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter(p, t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->is_in_call)
		leave(p, t, info.exit.rval);
}

/* ---- a new image, the end ---- */

static void exits(struct trace_producer *p, struct trace_thread *t, int status, bool is_gone)
{
	if (!t->is_launching && !t->has_exited)
		trace_fill_exit(p, t, status, is_gone);
	t->has_exited = true;
	set_cloning(p, t, false);
}

/*
 * If another thread than the first executed, it has the first one's number from now on. Nobody
 * is told that the first one ended, if that did not stop before.
 */
static void exec(struct trace_producer *p, struct trace_thread *t, pid_t former)
{
	struct trace_thread *other = former != t->tid ? trace_thread_find(former) : NULL;

	if (other) {
		exits(p, t, 0, true);
		t->call = other->call;
		t->is_in_call = other->is_in_call;
		trace_thread_drop(other);
	}
	t->is_launching = t->has_exited = false;
	trace_fill_exec(p, t);
}

static void end(struct trace_producer *p, struct trace_thread *t)
{
	exits(p, t, t->status, true);
	t->is_gone = true;
	if (t->is_claimed || !cloning)
		trace_thread_drop(t);
}

/* ---- any stop ---- */

static void event_stop(struct trace_producer *p, struct trace_thread *t)
{
	unsigned long message = 0;

	if (trace_request(PTRACE_GETEVENTMSG, t->tid, 0, (uintptr_t)&message))
		return;
	switch (t->status >> 16) {
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		claim(p, t, (pid_t)message);
		set_cloning(p, t, false);
		break;
	case PTRACE_EVENT_EXEC:
		exec(p, t, (pid_t)message);
		break;
	case PTRACE_EVENT_EXIT:
		exits(p, t, (int)message, false);
		break;
	}
}

void trace_stop(struct trace_producer *p, struct trace_thread *t)
{
	if (!t->pid)
		t->pid = trace_fill_pid(t->tid);
	if (!WIFSTOPPED(t->status)) {
		end(p, t);
		return;
	}
	if (!t->is_claimed) {
		t->is_held = true;
		if (!cloning)
			let_go_unclaimed(t, p);
		return;
	}
	if (!t->has_begun)
		begin(p, t);
	if (t->status >> 16)
		event_stop(p, t);
	else if (WSTOPSIG(t->status) == SYSCALL_STOP)
		syscall_stop(p, t);
	else if (!t->is_launching)
		trace_fill_signal(p, t);
	resume(t);
}
