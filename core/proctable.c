// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/decode.h"
#include "core/process_map.h"
#include "core/procfs.h"
#include "core/table_data.h"

#define THREADS_MAX 256

/* Of the schema. */
#define OPTION_SET_NAME	  15
#define CLONE_PARENT_BIT  0x100
#define CLONE_THREAD_BIT  0x2000
#define CLONE_NEWUSER_BIT 0x100000

enum action { IGNORE, CLONED, EXECUTED, EXITED, SET_UID, SET_EUID, CONTROLLED, UNTOLD };

struct fcd_proctable {
	struct fcd_process_map map;
	/* The processes of threads that have children, at tid % THREADS_MAX. */
	struct {
		uint32_t tid, tgid;
	} threads[THREADS_MAX];
	bool has_proc;
	uint8_t action[FCD_EVENTS_COUNT];
	uint64_t untold[FCD_SYSCALLS_MAX / 64]; /* of GENERIC events: what changed is in /proc */
};

const char *const fcd_proctable_events[] = { "clone",	  "clone3",   "fork",	 "vfork",
					     "execve",	  "execveat", "setuid",	 "setreuid",
					     "setresuid", "prctl",    "unshare", "setns",
					     "procexit",  NULL };

static struct fcd_process_entry *known(const struct fcd_proctable *t, uint32_t pid)
{
	struct fcd_process_entry *e = fcd_process_map_find(&t->map, pid);

	return e && e->state != FCD_ABSENT ? e : NULL;
}

/* ---- what /proc says ---- */

static void take_facts(struct fcd_proctable *t, struct fcd_process_entry *e,
		       const struct fcd_procfs_process *facts)
{
	e->p.ppid = facts->ppid;
	e->p.uid = facts->uid;
	e->is_mapped = facts->is_mapped;
	memcpy(e->p.comm, facts->comm, sizeof(e->p.comm));
	fcd_process_map_set_cgroup(&t->map, e, facts->cgroup);
}

static struct fcd_process_entry *look(struct fcd_proctable *t, uint32_t pid)
{
	struct fcd_procfs_process facts;
	int err = fcd_procfs_read(pid, &facts);
	struct fcd_process_entry *e = fcd_process_map_begin(&t->map, pid);

	if (!e)
		return NULL;
	if (err)
		fcd_process_map_end(&t->map, e, FCD_ABSENT);
	else
		take_facts(t, e, &facts);
	return known(t, pid);
}

/* What an event did not tell, of a process that still lives. */
static void look_again(struct fcd_proctable *t, struct fcd_process_entry *e)
{
	struct fcd_procfs_process facts;

	if (e && t->has_proc && !fcd_procfs_read(e->p.pid, &facts))
		take_facts(t, e, &facts);
}

/* The process of a thread, 0: not known. */
static uint32_t tgid_of(struct fcd_proctable *t, uint32_t tid)
{
	uint32_t i = tid % THREADS_MAX, tgid;

	if (known(t, tid))
		return tid;
	if (t->threads[i].tid == tid)
		return t->threads[i].tgid;
	tgid = tid && t->has_proc ? fcd_procfs_tgid(tid) : 0;
	if (tgid) {
		t->threads[i].tid = tid;
		t->threads[i].tgid = tgid;
	}
	return tgid;
}

/* ---- what events say ---- */

static int64_t number(const struct fcd_view *v, const char *name)
{
	return fcd_param_int(fcd_view_param(v, name));
}

static void set_comm(struct fcd_process_entry *e, const char *comm)
{
	memset(e->p.comm, 0, sizeof(e->p.comm));
	memcpy(e->p.comm, comm, strnlen(comm, sizeof(e->p.comm) - 1));
}

/* An event tells less of a cgroup than is known, unless the process has changed it. */
static void check_cgroup(struct fcd_proctable *t, struct fcd_process_entry *e,
			 const struct fcd_view *v)
{
	const struct fcd_param *p = fcd_view_param(v, "cgroups");
	struct fcd_slice seen = fcd_cgroup_of_event((const char *)p->data, p->len), now = { "", 0 };
	char text[FCD_PROCFS_TEXT];

	if (fcd_cgroup_agrees(e->p.cgroup, seen))
		return;
	if (t->has_proc)
		now = fcd_procfs_cgroup(e->p.pid, text);
	fcd_process_map_set_cgroup(&t->map, e, now.len ? now : seen);
}

/* The event is of the child (then ppid is a guess from its ptid), or of the caller. */
static void add_child(struct fcd_proctable *t, uint32_t pid, uint32_t ppid,
		      const struct fcd_view *v)
{
	struct fcd_process_entry *e = fcd_process_map_begin(&t->map, pid), *parent = known(t, ppid);

	if (!e)
		return;
	e->p.ppid = ppid;
	e->p.uid = (uint32_t)number(v, "uid");
	e->is_mapped = number(v, "flags") & CLONE_NEWUSER_BIT;
	set_comm(e, fcd_param_text(fcd_view_param(v, "comm")));
	if (parent) {
		e->is_mapped |= parent->is_mapped;
		fcd_process_map_set_cgroup(&t->map, e,
					   (struct fcd_slice){ parent->p.cgroup,
							       strlen(parent->p.cgroup) });
	}
	check_cgroup(t, e, v);
}

static void learn_child(struct fcd_proctable *t, const struct fcd_envelope *r,
			const struct fcd_view *v)
{
	/* By then it may have executed something. */
	if (r->flags & FCD_LATE && known(t, r->tgid))
		return;
	add_child(t, r->tgid, tgid_of(t, (uint32_t)number(v, "ptid")), v);
}

/* Which of the two events comes first is not defined. */
static void learn_caller(struct fcd_proctable *t, const struct fcd_envelope *r,
			 const struct fcd_view *v)
{
	uint32_t child = (uint32_t)number(v, "res"), ppid = r->tgid;
	struct fcd_process_entry *e = known(t, child), *caller = known(t, r->tgid);

	if (v->tid != r->tgid) {
		t->threads[v->tid % THREADS_MAX].tid = (uint32_t)v->tid;
		t->threads[v->tid % THREADS_MAX].tgid = r->tgid;
	}
	/* In a pid namespace the call returned a number of that namespace. */
	if (number(v, "vtid") != (int64_t)v->tid)
		return;
	if (number(v, "flags") & CLONE_PARENT_BIT)
		ppid = caller ? caller->p.ppid : 0;
	if (e && e->state == FCD_LIVING && (!e->p.ppid || e->p.ppid == ppid))
		e->p.ppid = ppid;
	else if (!e ||
		 e->state == FCD_LIVING) /* new, or its end was lost and the number is used again */
		add_child(t, child, ppid, v);
}

static void learn_clone(struct fcd_proctable *t, const struct fcd_envelope *r,
			const struct fcd_view *v)
{
	int64_t res = number(v, "res");

	if (res < 0 || number(v, "flags") & CLONE_THREAD_BIT)
		return;
	if (res)
		learn_caller(t, r, v);
	else
		learn_child(t, r, v);
}

static void learn_exec(struct fcd_proctable *t, const struct fcd_envelope *r,
		       const struct fcd_view *v)
{
	uint32_t ptid = (uint32_t)number(v, "ptid"), ppid;
	struct fcd_process_entry *e = known(t, r->tgid);

	if (number(v, "res") < 0)
		return;
	ppid = e && e->p.ppid == ptid ? ptid : tgid_of(t, ptid);
	if (!e)
		e = fcd_process_map_begin(&t->map, r->tgid);
	if (!e)
		return;
	/* Another thread than the main one, which has ended by that, may have called it. */
	fcd_process_map_revive(&t->map, e);
	if (ppid)
		e->p.ppid = ppid;
	e->p.uid = (uint32_t)number(v, "uid");
	set_comm(e, fcd_param_text(fcd_view_param(v, "comm")));
	check_cgroup(t, e, v);
}

static void learn_exit(struct fcd_proctable *t, const struct fcd_envelope *r,
		       const struct fcd_view *v)
{
	int64_t reaper_tid = number(v, "reaper_tid");
	uint32_t reaper, i;
	struct fcd_process_entry *e;

	/* 0: it has no children; below: the engine did not find out. */
	reaper = reaper_tid < 0 ? 1 : tgid_of(t, (uint32_t)reaper_tid);
	if (reaper && reaper != r->tgid)
		for (i = 0; i < t->map.size; i++)
			if (t->map.at[i].p.ppid == r->tgid)
				t->map.at[i].p.ppid = reaper;
	if (t->threads[v->tid % THREADS_MAX].tid == v->tid)
		t->threads[v->tid % THREADS_MAX].tid = 0;
	/* Its threads may live on: what they do still finds it, for a while without /proc. */
	e = v->tid == r->tgid ? known(t, r->tgid) : NULL;
	if (e)
		fcd_process_map_end(&t->map, e, FCD_ENDED);
}

/* Threads have users of their own; /proc shows that of the main one. */
static void learn_uid(struct fcd_proctable *t, const struct fcd_envelope *r,
		      const struct fcd_view *v, const char *name)
{
	struct fcd_process_entry *e = v->tid == r->tgid ? known(t, r->tgid) : NULL;
	uint32_t uid = (uint32_t)number(v, name);

	if (!e || number(v, "res") < 0)
		return;
	if (e->is_mapped)
		look_again(t, e);
	else if (uid != UINT32_MAX && !(r->flags & FCD_COMPAT && uid == UINT16_MAX))
		e->p.uid = uid;
}

static void learn_name(struct fcd_proctable *t, const struct fcd_envelope *r,
		       const struct fcd_view *v)
{
	struct fcd_process_entry *e = v->tid == r->tgid ? known(t, r->tgid) : NULL;
	const struct fcd_param *comm = fcd_view_param(v, "arg2_str");

	if (e && comm->len && number(v, "option") == OPTION_SET_NAME && !number(v, "res"))
		set_comm(e, fcd_param_text(comm));
}

static void learn_untold(struct fcd_proctable *t, const struct fcd_envelope *r)
{
	int nr = fcd_generic_nr(r + 1, r->bytes - sizeof(*r));

	if (nr >= 0 && t->untold[nr / 64] >> nr % 64 & 1)
		look_again(t, known(t, r->tgid));
}

static void learn(struct fcd_proctable *t, enum action action, const struct fcd_envelope *r)
{
	struct fcd_view v;

	if (fcd_decode(r + 1, r->bytes - sizeof(*r), &v))
		return;
	switch (action) {
	case CLONED:
		learn_clone(t, r, &v);
		break;
	case EXECUTED:
		learn_exec(t, r, &v);
		break;
	case EXITED:
		learn_exit(t, r, &v);
		break;
	case SET_UID:
		learn_uid(t, r, &v, "uid");
		break;
	case SET_EUID:
		learn_uid(t, r, &v, "euid");
		break;
	default:
		learn_name(t, r, &v);
	}
}

/* ---- the table ---- */

static void init_actions(struct fcd_proctable *t)
{
	static const struct {
		const char *code;
		enum action action;
	} actions[] = {
		{ "GENERIC_X", UNTOLD },
		{ "SYSCALL_CLONE_20_X", CLONED },
		{ "SYSCALL_CLONE3_X", CLONED },
		{ "SYSCALL_FORK_20_X", CLONED },
		{ "SYSCALL_VFORK_20_X", CLONED },
		{ "SYSCALL_EXECVE_19_X", EXECUTED },
		{ "PROCEXIT_1_E", EXITED },
		{ "SYSCALL_SETUID_X", SET_UID },
		{ "SYSCALL_SETREUID_X", SET_EUID },
		{ "SYSCALL_SETRESUID_X", SET_EUID },
		{ "SYSCALL_PRCTL_X", CONTROLLED },
	};
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		t->action[fcd_event_by_code(actions[i].code)->id] = (uint8_t)actions[i].action;
	for (i = 0; fcd_proctable_events[i]; i++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_name(fcd_proctable_events[i]);

		if (call)
			t->untold[call->nr / 64] |= 1ULL << call->nr % 64;
	}
}

int fcd_proctable_new(struct fcd_proctable **out)
{
	struct fcd_proctable *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (fcd_process_map_init(&t->map)) {
		free(t);
		return -ENOMEM;
	}
	t->has_proc = fcd_procfs_is_global();
	init_actions(t);
	*out = t;
	return 0;
}

void fcd_proctable_free(struct fcd_proctable *t)
{
	if (!t)
		return;
	fcd_process_map_fini(&t->map);
	free(t);
}

void fcd_proctable_seed(struct fcd_proctable *t)
{
	DIR *proc = t->has_proc ? opendir("/proc") : NULL;
	struct dirent *d;

	while (proc && (d = readdir(proc))) {
		uint32_t pid = (uint32_t)strtoul(d->d_name, NULL, 10);

		if (pid && !known(t, pid))
			look(t, pid);
	}
	if (proc)
		closedir(proc);
}

void fcd_proctable_event(struct fcd_proctable *t, const struct fcd_envelope *record)
{
	const struct fcd_event *event = (const struct fcd_event *)(record + 1);
	enum action action;

	if (record->bytes < sizeof(*record) + sizeof(*event) || event->type >= FCD_EVENTS_COUNT)
		return;
	action = t->action[event->type];
	if (action == UNTOLD)
		learn_untold(t, record);
	else if (action != IGNORE)
		learn(t, action, record);
}

const struct fcd_process *fcd_proctable_find(struct fcd_proctable *t, uint32_t pid)
{
	struct fcd_process_entry *e = fcd_process_map_find(&t->map, pid);

	if (!e && pid && t->has_proc)
		e = look(t, pid);
	return e && e->state != FCD_ABSENT ? &e->p : NULL;
}

bool fcd_proctable_is_below(struct fcd_proctable *t, uint32_t pid, uint32_t root)
{
	const struct fcd_process *p;
	uint32_t steps = FCD_LIVING_MAX; /* a parent that was not told may have closed a circle */

	for (; pid && pid != root && steps; steps--) {
		p = fcd_proctable_find(t, pid);
		pid = p ? p->ppid : 0;
	}
	return pid && pid == root;
}

uint32_t fcd_proctable_count(const struct fcd_proctable *t)
{
	return t->map.living;
}
