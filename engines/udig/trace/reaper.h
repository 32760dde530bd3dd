/* SPDX-License-Identifier: MIT */
/*
 * reaper.h - who takes over the children of a thread that ends. The rules are the kernel's:
 * another thread of the process, the nearest subreaper above, the namespace's first process.
 */
#ifndef FCD_TRACE_REAPER_H
#define FCD_TRACE_REAPER_H

#define PF_EXITING_BIT 0x4

/* The first thread of the process that is not ending, and not `but`; 0: there is none. */
static pid_t live_thread(pid_t pid, pid_t but)
{
	u64 stat[PROC_STAT_FIELDS];
	struct dirent *entry;
	char path[64];
	pid_t tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !tid && (entry = readdir(dir))) {
		pid_t other = (pid_t)strtoul(entry->d_name, NULL, 10);

		snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, other);
		if (other && other != but && stat_parse(stat, path) &&
		    !(stat[STAT_FLAGS] & PF_EXITING_BIT))
			tid = other;
	}
	if (dir)
		closedir(dir);
	return tid;
}

struct subreaper {
	pid_t pid;
	bool is_traced, is_one;
};

static void look_at(struct trace_thread *t, void *ctx)
{
	struct subreaper *s = ctx;

	if (t->pid != s->pid)
		return;
	s->is_traced = true;
	s->is_one |= t->is_subreaper;
}

/*
 * Above: processes that we trace, of which we know who is a subreaper, then those that we do
 * not. We are an orphan from among the latter, so who adopts there has adopted us.
 */
static s64 adopting_ancestor(struct fcd *c)
{
	static char status[PROC_TEXT];
	struct subreaper s = { .pid = c->thread->pid };
	int own, levels;
	pid_t tid;

	innermost(status_of(&c->facts, "NSpid"), &own);
	for (;;) {
		proc_read(status, sizeof(status), "/proc/%d/status", s.pid);
		innermost(status_line(status, "NStgid"), &levels);
		if (levels != own)
			return ns_first(c);
		if (s.pid != c->thread->pid) {
			trace_thread_each(look_at, &s);
			if (!s.is_traced)
				return own == 1 ? getppid() : -1;
			tid = s.is_one ? live_thread(s.pid, 0) : 0;
			if (tid)
				return tid;
		}
		s = (struct subreaper){ .pid = (pid_t)strtoul(status_line(status, "PPid"), NULL,
							      10) };
	}
}

struct parent {
	pid_t tid;
	bool has_children;
};

static void look_for_child(struct trace_thread *t, void *ctx)
{
	struct parent *parent = ctx;

	if (t->creator == parent->tid && t->tid == t->pid)
		parent->has_children = true;
}

/* Of a thread that is gone: unknown, if it had children that live. */
static s64 reaper_of_gone(const struct fcd *c)
{
	struct parent parent = { .tid = c->thread->tid };

	trace_thread_each(look_for_child, &parent);
	return parent.has_children ? -1 : 0;
}

static s64 reaper(struct fcd *c)
{
	pid_t tid, pid = c->thread->pid;
	char children[32];

	if (c->is_gone)
		return reaper_of_gone(c);
	if (!proc_read(children, sizeof(children), "%s/children", c->facts.dir))
		return 0;
	tid = live_thread(pid, c->thread->tid);
	if (tid)
		return tid;
	return ns_first(c) == pid ? 0 : adopting_ancestor(c);
}

#endif
