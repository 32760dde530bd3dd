/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* task.bpf.h - the running thread of core/fill/interface.h, for BPF programs. */
#ifndef FCD_BPF_TASK_H
#define FCD_BPF_TASK_H

#define PIDTYPE_TGID	    1
#define PIDTYPE_PGID	    2
#define RLIMIT_NOFILE_INDEX 7
#define PF_EXITING_BIT	    0x4
#define KB_PER_PAGE	    4

/* ---- process ids ---- */

FCD_FN struct upid *pid_number(struct pid *p, u32 level)
{
	return (void *)p + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

FCD_FN int pid_nr(struct pid *p, bool own_ns)
{
	u32 level = own_ns ? K(p, level) : 0;
	struct upid *u = pid_number(p, level);

	return p ? K(u, nr) : 0;
}

FCD_FN struct pid_namespace *pid_ns(struct pid *p)
{
	struct upid *u = pid_number(p, K(p, level));

	return K(u, ns);
}

FCD_FN u64 ns_start(struct pid *p)
{
	struct pid_namespace *ns = pid_ns(p);

	return K(ns, child_reaper, start_time);
}

FCD_FN bool in_pidns(struct task_struct *t)
{
	struct pid *p = K(t, thread_pid);

	return K(p, level) || K(t, nsproxy, pid_ns_for_children) != pid_ns(p);
}

/* ---- memory ---- */

__noinline u64 mm_counter_once(u64 of, u32 kind)
{
	struct mm_struct *mm = (void *)of;
	s64 v = 0;
	void *at;

	if (bpf_core_type_exists(struct mm_rss_stat)) {
		at = (void *)mm + bpf_core_field_offset(struct mm_struct___old, rss_stat) +
		     8 * kind;
	} else {
		at = (void *)mm + bpf_core_field_offset(struct mm_struct, rss_stat) +
		     kind * bpf_core_type_size(struct percpu_counter) +
		     bpf_core_field_offset(struct percpu_counter, count);
	}
	if (mm)
		bpf_probe_read_kernel(&v, 8, at);
	return v > 0 ? v : 0;
}

FCD_FN u64 mm_counter(struct mm_struct *mm, u32 kind)
{
	return mm_counter_once((u64)mm, kind);
}

/* Files, anonymous memory, shared memory. */
FCD_FN u64 mm_resident(struct mm_struct *mm)
{
	return mm_counter(mm, 0) + mm_counter(mm, 1) + mm_counter(mm, 3);
}

/* ---- credentials ---- */

#define CAPS_KNOWN ((1ull << 41) - 1)

/* One number, or two halves before 6.3: the same bytes. */
FCD_FN u64 caps_at(struct task_struct *t, u32 offset)
{
	u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps), (void *)K(t, cred) + offset);
	return caps & CAPS_KNOWN;
}

__noinline int group_has(u32 gid)
{
	struct group_info *g = K(current_task(), cred, group_info);
	void *at = (void *)g + bpf_core_field_offset(struct group_info, gid);
	u32 low = 0, high = g ? K(g, ngroups) : 0;

	for (int i = 0; i < 17; i++) { /* sorted; at most 65536 */
		u32 mid = (low + high) / 2, v = 0;

		if (low >= high)
			return false;
		bpf_probe_read_kernel(&v, 4, at + 4 * (u64)mid);
		if (v == gid)
			return true;
		if (v < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

FCD_FN bool task_in_group(struct fcd *c, u32 gid)
{
	return group_has(gid);
}

/* Does the map name this id? More than five extents lie elsewhere: taken as a yes. */
FCD_FN bool map_has(struct uid_gid_map *map, u32 id)
{
	u32 count = K(map, nr_extents);
	void *at = (void *)map + bpf_core_field_offset(struct uid_gid_map, extent);

	if (count > 5)
		return true;
	for (u32 i = 0; i < 5; i++) {
		struct {
			u32 first, lower_first, count;
		} x;

		if (i >= count || bpf_probe_read_kernel(&x, sizeof(x), at + i * sizeof(x)))
			break;
		if (id >= x.lower_first && id - x.lower_first < x.count)
			return true;
	}
	return false;
}

__noinline int ns_maps(u32 uid, u32 gid)
{
	void *ns = K(current_task(), cred, user_ns);

	if (!map_has(ns + bpf_core_field_offset(struct user_namespace, uid_map), uid))
		return false;
	return gid == -1u ||
	       map_has(ns + bpf_core_field_offset(struct user_namespace, gid_map), gid);
}

FCD_FN bool task_maps(struct fcd *c, u32 uid, u32 gid)
{
	return ns_maps(uid, gid);
}

/* ---- who inherits the children of a dying thread ---- */

/* A thread of the group that lives on; 0: none, -1: too far to look. */
FCD_FN s64 live_thread(struct signal_struct *sig)
{
	void *head = (void *)sig + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *l = 0;

	bpf_probe_read_kernel(&l, 8, head); /* head.next */
	for (int i = 0; i < 30; i++) {
		struct task_struct *t =
			(void *)l - bpf_core_field_offset(struct task_struct, thread_node);

		if ((void *)l == head)
			return 0;
		if (!(K(t, flags) & PF_EXITING_BIT))
			return K(t, pid);
		bpf_probe_read_kernel(&l, 8, l);
	}
	return -1;
}

/* The nearest ancestor that adopts; -1: too far to look, or it is dying too. */
FCD_FN s64 adopting_ancestor(struct task_struct *t, struct task_struct *init)
{
	u32 level = K(t, thread_pid, level);
	struct signal_struct *sig = 0;
	struct task_struct *p = t;
	s64 tid;

	for (int i = 0; i < 60; i++) {
		p = K(p, real_parent);
		if (p == init || K(p, thread_pid, level) != level)
			return K(init, pid);
		sig = K(p, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(sig, is_child_subreaper))
			break;
		sig = 0;
	}
	tid = sig ? live_thread(sig) : 0;
	return tid ? tid : -1;
}

FCD_FN s64 reaper(struct task_struct *t)
{
	void *children = (void *)t + bpf_core_field_offset(struct task_struct, children);
	struct pid_namespace *ns = pid_ns(K(t, thread_pid));
	struct signal_struct *sig = K(t, signal);
	struct task_struct *init;
	void *first = 0;
	s64 tid;

	bpf_probe_read_kernel(&first, 8, children);
	if (first == children)
		return 0;
	tid = live_thread(sig);
	if (tid)
		return tid;
	init = K(ns, child_reaper);
	if (init == t)
		return 0;
	if (!BPF_CORE_READ_BITFIELD_PROBED(sig, has_child_subreaper))
		return K(init, pid);
	return adopting_ancestor(t, init);
}

/* ---- one number ---- */

FCD_FN u64 task_tty(struct task_struct *t)
{
	struct tty_struct *tty = K(t, signal, tty);

	if (!tty)
		return 0;
	return dev_encode(K(tty, driver, major), K(tty, driver, minor_start) + K(tty, index));
}

FCD_FN u64 task(struct fcd *c, enum fcd_task what)
{
	struct task_struct *t = c->task;

	switch (what) {
	case TASK_TID:
		return K(t, pid);
	case TASK_PID:
		return K(t, tgid);
	case TASK_PTID:
		return K(t, real_parent, pid);
	case TASK_FDLIMIT:
		return K(t, signal, rlim[RLIMIT_NOFILE_INDEX].rlim_cur);
	case TASK_MAJ_FLT:
		return K(t, maj_flt);
	case TASK_MIN_FLT:
		return K(t, min_flt);
	case TASK_VM_SIZE:
		return K(t, mm, total_vm) * KB_PER_PAGE;
	case TASK_VM_RSS:
		return mm_resident(K(t, mm)) * KB_PER_PAGE;
	case TASK_VM_SWAP:
		return mm_counter(K(t, mm), 2) * KB_PER_PAGE;
	case TASK_TTY:
		return task_tty(t);
	case TASK_PGID:
		return pid_nr(K(t, signal, pids[PIDTYPE_PGID]), false);
	case TASK_VPGID:
		return pid_nr(K(t, signal, pids[PIDTYPE_PGID]), true);
	case TASK_VTID:
		return pid_nr(K(t, thread_pid), true);
	case TASK_VPID:
		return pid_nr(K(t, signal, pids[PIDTYPE_TGID]), true);
	case TASK_LOGINUID:
		return bpf_core_field_exists(t->loginuid) ? K(t, loginuid.val) : -1u;
	case TASK_UID:
		return K(t, cred, euid.val);
	case TASK_GID:
		return K(t, cred, egid.val);
	case TASK_FSUID:
		return K(t, cred, fsuid.val);
	case TASK_FSGID:
		return K(t, cred, fsgid.val);
	case TASK_CAP_INH:
		return caps_at(t, bpf_core_field_offset(struct cred, cap_inheritable));
	case TASK_CAP_PRM:
		return caps_at(t, bpf_core_field_offset(struct cred, cap_permitted));
	case TASK_CAP_EFF:
		return caps_at(t, bpf_core_field_offset(struct cred, cap_effective));
	case TASK_ARG_START:
		return K(t, mm, arg_start);
	case TASK_ARG_END:
		return K(t, mm, arg_end);
	case TASK_ENV_START:
		return K(t, mm, env_start);
	case TASK_ENV_END:
		return K(t, mm, env_end);
	case TASK_IN_PIDNS:
		return in_pidns(t);
	case TASK_PIDNS_START:
		return ns_start(K(t, signal, pids[PIDTYPE_TGID]));
	case TASK_EXIT_CODE:
		return K(t, exit_code);
	case TASK_REAPER:
		return reaper(t);
	}
	return 0;
}

/* ---- whole values ---- */

FCD_FN void out_comm(struct fcd *c)
{
	out_kstr(c, c->task->comm, 16);
}

__noinline u64 kn_parent_once(u64 node)
{
	struct kernfs_node *n = (void *)node;

	return (u64)(bpf_core_field_exists(n->__parent) ? K(n, __parent) : K(n, parent));
}

FCD_FN struct kernfs_node *kn_parent(struct kernfs_node *kn)
{
	return (void *)kn_parent_once((u64)kn);
}

/* Six innermost components; an array that only unrolled code indexes stays out of memory. */
FCD_PART(out_cgroup_path, FCD_ARGS(u64 leaf), FCD_ARGS(leaf))
{
	struct kernfs_node *k[6], *kn = (void *)leaf;

#pragma unroll
	for (int i = 0; i < 6; i++) {
		k[i] = kn;
		kn = kn ? kn_parent(kn) : 0;
	}
#pragma unroll
	for (int i = 5; i >= 0; i--) {
		if (!k[i])
			continue;
		if (!kn_parent(k[i])) { /* the root has no name */
			if (i == 0)
				out_int(c, '/', 1);
			continue;
		}
		out_int(c, '/', 1);
		out_name(c, (u64)K(k[i], name), 256);
		pos_add(c, -1); /* over the NUL */
	}
	return 0;
}

FCD_FN int cgroup_id(int i)
{
	switch (i) {
	case 0:
		return bpf_core_enum_value(enum cgroup_subsys_id, cpuset_cgrp_id);
	case 1:
		return bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id);
	case 2:
		return bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id);
	case 3:
		return bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id);
	default:
		return bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	}
}

FCD_FN bool cgroup_exists(int i)
{
	switch (i) {
	case 0:
		return bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuset_cgrp_id);
	case 1:
		return bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id);
	case 2:
		return bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuacct_cgrp_id);
	case 3:
		return bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id);
	default:
		return bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id);
	}
}

FCD_PART(out_cgroups, , )
{
	void *set = (void *)K(c->task, cgroups) + bpf_core_field_offset(struct css_set, subsys);

#pragma unroll
	for (int i = 0; i < 5; i++) {
		struct cgroup_subsys_state *css = 0;

		if (!cgroup_exists(i))
			continue;
		bpf_probe_read_kernel(&css, 8, set + 8 * cgroup_id(i));
		if (!css)
			continue;
		out_name(c, (u64)K(css, ss, name), 32);
		pos_add(c, -1);
		out_int(c, '=', 1);
		out_cgroup_path(c, (u64)K(css, cgroup, kn));
		out_int(c, 0, 1);
	}
	return 0;
}

#endif
