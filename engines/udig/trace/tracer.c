// SPDX-License-Identifier: MIT
#include "engines/udig/trace/tracer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "engines/udig/trace/request.h"
#include "engines/udig/trace/stop.h"
#include "engines/udig/trace/thread.h"

#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |   \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXIT)

/* ---- the clock ---- */

static volatile sig_atomic_t is_due;

static void on_alarm(int sig)
{
	(void)sig;
	is_due = 1;
}

/* Only SIGALRM can arrive, and only while we wait: then no other call is interrupted. */
static void clock_begin(sigset_t *waiting)
{
	const struct itimerval second = { { 1, 0 }, { 1, 0 } };
	const struct sigaction action = { .sa_handler = on_alarm };
	sigset_t all;

	sigfillset(&all);
	*waiting = all;
	sigdelset(waiting, SIGALRM);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &second, NULL);
}

/*
 * One that comes just before the wait begins is noticed when the next one comes: nothing needs
 * the exact second.
 */
static pid_t wait_or_alarm(int *status, const sigset_t *waiting)
{
	sigset_t before;
	int err;
	pid_t tid;

	sigprocmask(SIG_SETMASK, waiting, &before);
	tid = waitpid(-1, status, __WALL);
	err = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return tid;
}

/* ---- the stops ---- */

/*
 * Those that have stopped are taken off the kernel's list before any goes on: it looks for one
 * in the same order each time, and a busy thread would keep those behind it from their turn.
 */
struct queue {
	struct trace_thread *first, **last;
};

static void look_at_all(struct trace_producer *p, struct queue *q)
{
	struct trace_thread *t;

	while ((t = q->first)) {
		q->first = t->next_stop;
		t->is_stop_queued = false;
		trace_stop(p, t);
	}
	q->last = &q->first;
}

static void put(struct trace_producer *p, struct queue *q, pid_t tid, int status)
{
	struct trace_thread *t = trace_thread_get(tid);

	if (!t) { /* no memory for it: let it go, untraced */
		trace_request(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	/* It was killed in the stop that was not looked at yet. */
	if (t->is_stop_queued)
		look_at_all(p, q);
	t = trace_thread_get(tid);
	if (!t)
		return;
	t->status = status;
	t->is_stop_queued = true;
	t->next_stop = NULL;
	*q->last = t;
	q->last = &t->next_stop;
}

void trace_run(struct trace_producer *p)
{
	struct queue q = { .last = &q.first };
	sigset_t waiting;
	int status;
	pid_t tid;

	clock_begin(&waiting);
	while ((tid = wait_or_alarm(&status, &waiting)) > 0 || errno == EINTR) {
		for (; tid > 0; tid = waitpid(-1, &status, __WALL | WNOHANG))
			put(p, &q, tid, status);
		trace_producer_look(p);
		look_at_all(p, &q);
		if (is_due) {
			is_due = 0;
			trace_producer_tick(p);
		}
	}
}

/* ---- the beginning ---- */

int trace_begin(struct trace_producer *p, pid_t command, struct trace_err *err)
{
	struct trace_thread *t = trace_thread_get(command);
	int code;

	if (!t)
		return trace_fail(err, -ENOMEM, "no memory");
	if (trace_request(PTRACE_SEIZE, command, 0, OPTIONS) ||
	    trace_request(PTRACE_INTERRUPT, command, 0, 0)) {
		code = -errno;
		return trace_fail(
			err, code,
			"ptrace is not permitted: %s (is kernel.yama.ptrace_scope above 1, "
			"or does a seccomp filter or a security module forbid it? already "
			"traced?)",
			strerror(-code));
	}
	if (waitpid(command, &t->status, __WALL) != command || !WIFSTOPPED(t->status))
		return trace_fail(err, -ESRCH, "the process of the command is gone");
	t->is_claimed = t->has_begun = t->is_launching = true;
	trace_stop(p, t);
	return 0;
}
