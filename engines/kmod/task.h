/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* task.h - the running thread of core/fill/interface.h, for the module. */
#ifndef FCD_KMOD_TASK_H
#define FCD_KMOD_TASK_H

#define KB_PER_PAGE (PAGE_SIZE / 1024)

/* ---- process ids ---- */

/* As its own namespace numbers it. */
FCD_FN int own_nr(struct pid *p)
{
	return p ? p->numbers[p->level].nr : 0;
}

FCD_FN u64 ns_start(struct pid *p)
{
	return ns_of_pid(p)->child_reaper->start_time;
}

FCD_FN bool in_pidns(struct task_struct *t)
{
	struct pid *p = task_pid(t);

	return p->level || t->nsproxy->pid_ns_for_children != ns_of_pid(p);
}

/* ---- memory ---- */

FCD_FN u64 mm_kb(struct mm_struct *mm, int kind)
{
	return mm ? get_mm_counter(mm, kind) * KB_PER_PAGE : 0;
}

/* ---- credentials ---- */

#define CAPS_KNOWN ((1ull << 41) - 1)

/* The filesystem group is among them, which the fillers asked for before. */
FCD_FN bool task_in_group(struct fcd *c, u32 gid)
{
	return in_group_p(KGIDT_INIT(gid));
}

FCD_FN bool task_maps(struct fcd *c, u32 uid, u32 gid)
{
	struct user_namespace *ns = current_user_ns();

	return from_kuid(ns, KUIDT_INIT(uid)) != (uid_t)-1 &&
	       (gid == -1u || from_kgid(ns, KGIDT_INIT(gid)) != (gid_t)-1);
}

/* ---- who inherits the children of a dying thread ---- */

/* A thread of the group that lives on; 0: none, -1: too far to look. */
FCD_FN s64 live_thread(struct signal_struct *sig)
{
	struct task_struct *t;
	int i = 0;

	list_for_each_entry_rcu(t, &sig->thread_head, thread_node)
	{
		if (i++ == 30)
			return -1;
		if (!(READ_ONCE(t->flags) & PF_EXITING))
			return t->pid;
	}
	return 0;
}

FCD_FN u32 pid_level(struct task_struct *t)
{
	struct pid *p = READ_ONCE(t->thread_pid);

	return p ? p->level : 0;
}

/* The nearest ancestor that adopts; -1: too far to look, or it is dying too. */
FCD_FN s64 adopting_ancestor(struct task_struct *t, struct task_struct *init)
{
	struct task_struct *p = t;
	s64 tid = 0;
	int i;

	for (i = 0; i < 60; i++) {
		p = rcu_dereference(p->real_parent);
		if (p == init || pid_level(p) != pid_level(t))
			return init->pid;
		if (p->signal->is_child_subreaper) {
			tid = live_thread(p->signal);
			break;
		}
	}
	return tid ? tid : -1;
}

static noinline s64 reaper(struct task_struct *t)
{
	struct task_struct *init = ns_of_pid(task_pid(t))->child_reaper;
	s64 tid;

	if (list_empty(&t->children))
		return 0;
	tid = live_thread(t->signal);
	if (tid)
		return tid;
	if (init == t)
		return 0;
	if (!t->signal->has_child_subreaper)
		return init->pid;
	return adopting_ancestor(t, init);
}

/* ---- one number ---- */

FCD_FN u64 task_tty(struct task_struct *t)
{
	struct tty_struct *tty = READ_ONCE(t->signal->tty);
	struct tty_driver *driver = tty ? PEEK(tty->driver) : NULL;

	if (!driver)
		return 0;
	return new_encode_dev(
		MKDEV(PEEK(driver->major), PEEK(driver->minor_start) + PEEK(tty->index)));
}

FCD_FN u64 task(struct fcd *c, enum fcd_task what)
{
	struct task_struct *t = current;
	const struct cred *cred = current_cred();
	struct mm_struct *mm = t->mm;

	switch (what) {
	case TASK_TID:
		return t->pid;
	case TASK_PID:
		return t->tgid;
	case TASK_PTID:
		return rcu_dereference(t->real_parent)->pid;
	case TASK_FDLIMIT:
		return READ_ONCE(t->signal->rlim[RLIMIT_NOFILE].rlim_cur);
	case TASK_MAJ_FLT:
		return t->maj_flt;
	case TASK_MIN_FLT:
		return t->min_flt;
	case TASK_VM_SIZE:
		return mm ? mm->total_vm * KB_PER_PAGE : 0;
	case TASK_VM_RSS:
		return mm_kb(mm, MM_FILEPAGES) + mm_kb(mm, MM_ANONPAGES) + mm_kb(mm, MM_SHMEMPAGES);
	case TASK_VM_SWAP:
		return mm_kb(mm, MM_SWAPENTS);
	case TASK_TTY:
		return task_tty(t);
	case TASK_PGID:
		return pid_nr(READ_ONCE(t->signal->pids[PIDTYPE_PGID]));
	case TASK_VPGID:
		return own_nr(READ_ONCE(t->signal->pids[PIDTYPE_PGID]));
	case TASK_VTID:
		return own_nr(task_pid(t));
	case TASK_VPID:
		return own_nr(READ_ONCE(t->signal->pids[PIDTYPE_TGID]));
	case TASK_LOGINUID:
		return audit_get_loginuid(t).val;
	case TASK_UID:
		return cred->euid.val;
	case TASK_GID:
		return cred->egid.val;
	case TASK_FSUID:
		return cred->fsuid.val;
	case TASK_FSGID:
		return cred->fsgid.val;
	case TASK_CAP_INH:
		return fcd_cap_bits(&cred->cap_inheritable) & CAPS_KNOWN;
	case TASK_CAP_PRM:
		return fcd_cap_bits(&cred->cap_permitted) & CAPS_KNOWN;
	case TASK_CAP_EFF:
		return fcd_cap_bits(&cred->cap_effective) & CAPS_KNOWN;
	case TASK_ARG_START:
		return mm ? mm->arg_start : 0;
	case TASK_ARG_END:
		return mm ? mm->arg_end : 0;
	case TASK_ENV_START:
		return mm ? mm->env_start : 0;
	case TASK_ENV_END:
		return mm ? mm->env_end : 0;
	case TASK_IN_PIDNS:
		return in_pidns(t);
	case TASK_PIDNS_START:
		return ns_start(READ_ONCE(t->signal->pids[PIDTYPE_TGID]));
	case TASK_EXIT_CODE:
		return t->exit_code;
	case TASK_REAPER:
		return reaper(t);
	}
	return 0;
}

/* ---- whole values ---- */

FCD_FN void out_comm(struct fcd *c)
{
	out_kstr(c, current->comm, TASK_COMM_LEN);
}

FCD_FN void out_exec_name(struct fcd *c)
{
	out_kstr(c, c->bprm->filename, PATH_LEN);
}

/* Six innermost components. kernfs_path() takes a lock, which may sleep on some kernels. */
static noinline void out_cgroup_path(struct fcd *c, struct kernfs_node *kn)
{
	struct kernfs_node *k[6];
	char *name = scratch(c);
	int i;

	for (i = 0; i < 6; i++) {
		k[i] = kn;
		kn = kn ? fcd_kernfs_parent(kn) : NULL;
	}
	for (i = 5; i >= 0; i--) {
		if (!k[i])
			continue;
		if (!fcd_kernfs_parent(k[i])) { /* the root has no name */
			if (i == 0)
				out_int(c, '/', 1);
			continue;
		}
		out_int(c, '/', 1);
		/* A rename may free the name meanwhile. */
		peek_bytes(name, READ_ONCE(k[i]->name), 255);
		out_mem(c, name, strlen(name));
	}
}

static noinline void out_cgroup(struct fcd *c, int id)
{
	struct cgroup_subsys_state *css = task_css_set(current)->subsys[id];

	if (!css)
		return;
	out_mem(c, css->ss->name, strlen(css->ss->name));
	out_int(c, '=', 1);
	out_cgroup_path(c, css->cgroup->kn);
	out_int(c, 0, 1);
}

FCD_FN void out_cgroups(struct fcd *c)
{
#ifdef CONFIG_CPUSETS
	out_cgroup(c, cpuset_cgrp_id);
#endif
#ifdef CONFIG_CGROUP_SCHED
	out_cgroup(c, cpu_cgrp_id);
#endif
#ifdef CONFIG_CGROUP_CPUACCT
	out_cgroup(c, cpuacct_cgrp_id);
#endif
#ifdef CONFIG_BLK_CGROUP
	out_cgroup(c, io_cgrp_id);
#endif
#ifdef CONFIG_MEMCG
	out_cgroup(c, memory_cgrp_id);
#endif
}

/* ---- the signal that it is given ---- */

FCD_FN void signal_get(struct fcd *c, struct fcd_signal *s)
{
	*s = (struct fcd_signal){ .sig = c->sig };
	if (c->info > SEND_SIG_PRIV) { /* that and SEND_SIG_NOINFO are no pointers */
		s->code = c->info->si_code;
		s->sender = c->info->si_pid;
	}
}

#endif
