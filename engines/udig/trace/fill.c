// SPDX-License-Identifier: MIT
#include "engines/udig/trace/fill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "abi/engine.h"
#include "engines/udig/trace/request.h"
#include "engines/udig/trace/types.h"
#include "fill_table.h"
#include "engines/udig/trace/proc.h"
#include "engines/udig/trace/backend.h"

static u64 task(struct fcd *c, enum fcd_task what);
static pid_t ns_first(struct fcd *c);

#include "engines/udig/trace/reaper.h"
#include "engines/udig/trace/task.h"
#include "engines/udig/trace/file.h"
#include "engines/udig/trace/sock.h"
#include "engines/udig/trace/cgroup.h"

#ifdef FCD_RUNTIME_CHECK
void fcd_bad_order(void);

void fcd_bad_order(void)
{
	abort();
}
#endif

/* ---- an event around a filler ---- */

/* One event at a time: a record in the making. */
static union {
	struct fcd_envelope envelope;
	u64 align;
	u8 bytes[sizeof(struct fcd_envelope) + FCD_EVENT_MAX + 8];
} record;

static struct fcd the_call;

static struct fcd *call_of(struct trace_producer *p, struct trace_thread *t)
{
	struct fcd *c = &the_call;

	c->producer = p;
	c->thread = t;
	c->ret = c->exit_code = 0;
	c->sock = -1;
	facts_of(&c->facts, t->pid, t->tid);
	return c;
}

static void event_begin(struct fcd *c, u32 nparams)
{
	memset(record.bytes + sizeof(record.envelope), 0, FCD_EVENT_HEADER + 2 * nparams);
	out_begin(c, record.bytes + sizeof(record.envelope), 2 * nparams, FCD_EVENT_MAX);
}

static void event_end(struct fcd *c, u32 type, u32 nparams, u32 flags)
{
	u32 bytes = sizeof(record.envelope) + c->out.pos;
	struct fcd_event head = {
		.tid = c->thread->tid, .bytes = c->out.pos, .type = type, .nparams = nparams
	};
	int cpu = sched_getcpu();

	memcpy(c->out.event, &head, sizeof(head));
	record.envelope = (struct fcd_envelope){ .bytes = bytes,
						 .kind = FCD_EVENT,
						 .flags = flags,
						 .cpu = cpu < 0 ? 0 : cpu,
						 .tgid = c->thread->pid };
	trace_producer_write(c->producer, &record.envelope,
			     c->out.is_cut ? FCD_RECORD_MAX + 1 : bytes);
	sock_forget(c);
}

#define FILLER(run, name, EV, condition, flags)                                                    \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	static void run(struct fcd *c)                                                             \
	{                                                                                          \
		unsigned int n = 0;                                                                \
		if (!(condition))                                                                  \
			return;                                                                    \
		event_begin(c, sizeof(struct ev_##EV));                                            \
		fill_##name(c, NULL, &n);                                                          \
		if (n != sizeof(struct ev_##EV))                                                   \
			fcd_bad_order();                                                           \
		event_end(c, FCD_ID_##EV, sizeof(struct ev_##EV), flags);                          \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))
#define COMPAT_FLAG		     (is_compat(c) ? FCD_COMPAT : 0)
#define FILL_IF(name, EV, condition) FILLER(run_##name, name, EV, condition, COMPAT_FLAG)
#define FILL(name, EV)		     FILL_IF(name, EV, true)
#define FILL_AT(hook, name, EV)	     FILLER(run_##name, name, EV, true, 0)
#define FILL_EACH(name, EV, count)                                                                 \
	static void each_##name(struct fcd *c);                                                    \
	static void run_##name(struct fcd *c)                                                      \
	{                                                                                          \
		for (c->turn = 0; c->turn < each_count(count); c->turn++)                          \
			each_##name(c);                                                            \
	}                                                                                          \
	FILLER(each_##name, name, EV, true, COMPAT_FLAG)

#include "core/fill/fillers.h"

/* ---- which event ---- */

/* A 32-bit call that cannot be translated is counted only where everything is wanted. */
static bool wants_untracked(const struct trace_producer *p)
{
	for (u32 nr = 0; nr < TRACE_CALLS; nr++)
		if (fcd_syscall_codes[nr] && !trace_producer_wants(p, nr))
			return false;
	return p->block != NULL;
}

void trace_fill_call(struct trace_producer *p, struct trace_thread *t, int64_t result)
{
	struct fcd *c;

	if (t->call.nr == TRACE_UNTRACKED && wants_untracked(p))
		FCD_STORE(&p->block->untracked, p->block->untracked + 1);
	if (t->call.nr >= TRACE_UNTRACKED || !trace_producer_wants(p, wanted_as(t->call.nr)))
		return;
	c = call_of(p, t);
	c->ret = result;
	/* NOLINTBEGIN(bugprone-branch-clone): calls that share a filler */
	switch (t->call.nr) {
#define CASE(name, filler)                                                                         \
	case FCD_NR_##name:                                                                        \
		run_##filler(c);                                                                   \
		break;
		FCD_FILLERS(CASE)
	default:
		run_generic(c);
	}
	/* NOLINTEND(bugprone-branch-clone) */
}

void trace_fill_exec(struct trace_producer *p, struct trace_thread *t)
{
	if (trace_producer_wants(p, FCD_NR_execve) || trace_producer_wants(p, FCD_NR_execveat))
		run_exec(call_of(p, t));
}

void trace_fill_exit(struct trace_producer *p, struct trace_thread *t, int status, bool is_gone)
{
	struct fcd *c;

	if (!trace_producer_wants_point(p, FCD_TP_PROCEXIT))
		return;
	c = call_of(p, t);
	c->exit_code = status;
	c->is_gone = is_gone;
	run_procexit(c);
}

void trace_fill_signal(struct trace_producer *p, struct trace_thread *t)
{
	siginfo_t info;
	struct fcd *c;

	if (!trace_producer_wants_point(p, FCD_TP_SIGNALDELIVER) ||
	    trace_request(PTRACE_GETSIGINFO, t->tid, 0, (uintptr_t)&info))
		return;
	c = call_of(p, t);
	c->signal = (struct fcd_signal){ info.si_signo, info.si_code, info.si_pid };
	run_signaldeliver(c);
}

/* ---- what must be asked while a call begins ---- */

struct opening {
	s32 dir;
	u64 name;
	struct fcd_open_how how;
};

/* What the call opens; false: nothing, or by another way than a name. */
static bool opens(struct trace_thread *t, struct opening *o)
{
	const struct trace_call *call = &t->call;

	switch (call->nr) {
	case FCD_NR_open:
		*o = (struct opening){ AT_FDCWD, call->args[0], { .flags = call->args[1] } };
		return true;
	case FCD_NR_openat:
		*o = (struct opening){ (s32)call->args[0],
				       call->args[1],
				       { .flags = call->args[2] } };
		return true;
	case FCD_NR_openat2:
		*o = (struct opening){ (s32)call->args[0], call->args[1], { 0 } };
		return !peek_user(call_of(NULL, t), &o->how, call->args[2], sizeof(o->how));
	default:
		return false;
	}
}

bool trace_fill_is_new(struct trace_thread *t)
{
	struct opening o;
	char name[PATH_LEN];
	struct fcd *c;
	long len;

	if (!opens(t, &o) || !(o.how.flags & O_CREAT) || o.how.flags & O_PATH)
		return false;
	if (o.how.flags & O_EXCL)
		return true;
	c = call_of(NULL, t);
	len = peek_user_str(c, name, o.name, sizeof(name));
	return len > 0 && len < (long)sizeof(name) &&
	       is_absent(c, o.dir, name, o.how.resolve & RESOLVE_IN_ROOT);
}

pid_t trace_fill_pid(pid_t tid)
{
	char status[4096];

	proc_read(status, sizeof(status), "/proc/%d/status", tid);
	return *status ? (pid_t)strtoul(status_line(status, "Tgid"), NULL, 10) : tid;
}
