/* SPDX-License-Identifier: MIT */
/* task.h - the running thread of core/fill/interface.h. */
#ifndef FCD_TRACE_TASK_H
#define FCD_TRACE_TASK_H

#define CAPS_KNOWN ((1ull << 41) - 1)
#define NS_PER_S   1000000000ull

/* ---- pid namespaces ---- */

static bool in_pidns(struct facts *f)
{
	char own[64] = "", next[64] = "";
	int levels;

	innermost(status_of(f, "NSpid"), &levels);
	if (levels > 1)
		return true;
	if (readlink(path_in(f, "ns/pid"), own, sizeof(own) - 1) < 0)
		return false;
	/* A namespace without its first process cannot be read. */
	return readlink(path_in(f, "ns/pid_for_children"), next, sizeof(next) - 1) < 0 ||
	       strcmp(own, next);
}

/* The first process of the thread's namespace, as we number it; 0: not found. */
static pid_t ns_first(struct fcd *c)
{
	static char status[PROC_TEXT];
	pid_t pid = c->thread->pid;
	int own, levels = 0;

	innermost(status_of(&c->facts, "NSpid"), &own);
	if (own == 1)
		return 1;
	for (;;) {
		proc_read(status, sizeof(status), "/proc/%d/status", pid);
		if (innermost(status_line(status, "NStgid"), &levels) == 1 && levels == own)
			return pid;
		if (levels != own) /* it was put in there from outside */
			return 0;
		pid = (pid_t)strtoul(status_line(status, "PPid"), NULL, 10);
	}
}

/* /proc has ticks of a clock that went on while the system slept, events ns of one that did not. */
static u64 ns_start(struct fcd *c)
{
	u64 stat[PROC_STAT_FIELDS], start, slept;
	pid_t first = ns_first(c);
	struct timespec boot, up;
	char dir[32];

	snprintf(dir, sizeof(dir), "/proc/%d", first);
	if (!first || !stat_parse(stat, dir))
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &up);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	slept = (boot.tv_sec - up.tv_sec) * NS_PER_S + boot.tv_nsec - up.tv_nsec;
	start = stat[STAT_START] * (NS_PER_S / sysconf(_SC_CLK_TCK));
	return start > slept ? start - slept : 0;
}

/* ---- credentials ---- */

FCD_FN bool task_in_group(struct fcd *c, u32 gid)
{
	const char *at = status_of(&c->facts, "Groups");
	char *end;

	for (; *at && *at != '\n'; at = end) {
		u64 id = strtoull(at, &end, 10);

		if (end == at)
			break;
		if (id == gid)
			return true;
	}
	return false;
}

/* Lines of a map: first, first outside, count. */
static bool map_has(struct fcd *c, const char *name, u32 id)
{
	static char map[PROC_TEXT];
	char *at = map, *end;

	proc_read(map, sizeof(map), "%s/%s", c->facts.dir, name);
	for (;;) {
		u64 outside, count;

		strtoull(at, &end, 10);
		outside = strtoull(end, &at, 10);
		count = strtoull(at, &end, 10);
		if (end == at)
			return false;
		if (id >= outside && id - outside < count)
			return true;
		at = end;
	}
}

FCD_FN bool task_maps(struct fcd *c, u32 uid, u32 gid)
{
	return map_has(c, "uid_map", uid) && (gid == -1u || map_has(c, "gid_map", gid));
}

/* ---- one number ---- */

/* The thread that made it, while its process is still the parent. */
static pid_t parent(struct fcd *c)
{
	pid_t ppid = (pid_t)stat_field(&c->facts, STAT_PPID);
	struct trace_thread *t = trace_thread_find(c->thread->creator);

	return t && t->pid == ppid ? t->tid : ppid;
}

/* prlimit(2) is for those who may change it, this file for all. */
static u64 fd_limit(struct facts *f)
{
	static const char name[] = "\nMax open files ";
	char text[4096], *at;

	proc_read(text, sizeof(text), "%s/limits", f->dir);
	at = strstr(text, name);
	if (!at)
		return 0;
	at += strlen(name);
	at += strspn(at, " ");
	return strncmp(at, "unlimited", 9) ? strtoull(at, NULL, 10) : RLIM_INFINITY;
}

static u64 credential(struct facts *f, enum fcd_task what)
{
	switch (what) {
	case TASK_LOGINUID:
		return number_in(f->dir, "loginuid", -1u);
	case TASK_UID:
		return status_id(f, "Uid", 1);
	case TASK_GID:
		return status_id(f, "Gid", 1);
	case TASK_FSUID:
		return status_id(f, "Uid", 3);
	case TASK_FSGID:
		return status_id(f, "Gid", 3);
	case TASK_CAP_INH:
		return status_number(f, "CapInh", 16) & CAPS_KNOWN;
	case TASK_CAP_PRM:
		return status_number(f, "CapPrm", 16) & CAPS_KNOWN;
	case TASK_CAP_EFF:
		return status_number(f, "CapEff", 16) & CAPS_KNOWN;
	default:
		return 0;
	}
}

static u64 task(struct fcd *c, enum fcd_task what)
{
	struct facts *f = &c->facts;

	switch (what) {
	case TASK_TID:
		return c->thread->tid;
	case TASK_PID:
		return c->thread->pid;
	case TASK_PTID:
		return parent(c);
	case TASK_FDLIMIT:
		return fd_limit(f);
	case TASK_MAJ_FLT:
		return stat_field(f, STAT_MAJ_FLT);
	case TASK_MIN_FLT:
		return stat_field(f, STAT_MIN_FLT);
	case TASK_VM_SIZE:
		return status_number(f, "VmSize", 10);
	case TASK_VM_RSS:
		return status_number(f, "VmRSS", 10);
	case TASK_VM_SWAP:
		return status_number(f, "VmSwap", 10);
	case TASK_TTY:
		return stat_field(f, STAT_TTY);
	case TASK_PGID:
		return stat_field(f, STAT_PGRP);
	case TASK_VPGID:
		return own_number(f, "NSpgid");
	case TASK_VTID:
		return own_number(f, "NSpid");
	case TASK_VPID:
		return own_number(f, "NStgid");
	case TASK_ARG_START:
		return stat_field(f, STAT_ARG_START);
	case TASK_ARG_END:
		return stat_field(f, STAT_ARG_END);
	case TASK_ENV_START:
		return stat_field(f, STAT_ENV_START);
	case TASK_ENV_END:
		return stat_field(f, STAT_ENV_END);
	case TASK_IN_PIDNS:
		return in_pidns(f);
	case TASK_PIDNS_START:
		return ns_start(c);
	case TASK_EXIT_CODE:
		return c->exit_code;
	case TASK_REAPER:
		return reaper(c);
	default:
		return credential(f, what);
	}
}

/* ---- whole values ---- */

FCD_FN void out_comm(struct fcd *c)
{
	char comm[64];
	size_t len = proc_read(comm, sizeof(comm), "%s/comm", c->facts.dir);

	if (len)
		comm[len - 1] = 0; /* a newline that the file adds */
	out_kstr(c, comm, 16);
}

#define AUX_PAIRS  64
#define AUX_EXECFN 31

/* Where the new image has the name that it was executed by; 0: not found. */
static u64 exec_name_at(struct fcd *c)
{
	union {
		char bytes[AUX_PAIRS * 16];
		u64 wide[2 * AUX_PAIRS];
		u32 narrow[4 * AUX_PAIRS];
	} aux;
	size_t n = proc_read(aux.bytes, sizeof(aux), "%s/auxv", c->facts.dir);
	/* Kinds are small numbers, and the first one has a value. */
	bool is_wide = n >= sizeof(u64) && aux.wide[0] >> 32 == 0;

	n /= is_wide ? sizeof(u64) : sizeof(u32);
	for (size_t i = 0; i + 1 < n; i += 2)
		if ((is_wide ? aux.wide[i] : aux.narrow[i]) == AUX_EXECFN)
			return is_wide ? aux.wide[i + 1] : aux.narrow[i + 1];
	return 0;
}

FCD_FN void out_exec_name(struct fcd *c)
{
	out_ustr(c, exec_name_at(c), PATH_LEN);
}

/* ---- the signal that it is given ---- */

FCD_FN void signal_get(struct fcd *c, struct fcd_signal *s)
{
	*s = c->signal;
}

#endif
