/* SPDX-License-Identifier: MIT */
/* proc.h - a thread as /proc shows it. */
#ifndef TRACE_PROC_H
#define TRACE_PROC_H

#include <stdint.h>
#include <sys/types.h>

#define AREA_BYTES 8192 /* of argv and of the environment: what an event can hold, twice */

struct proc {
	pid_t pid, tid, ppid, pgid;
	pid_t vpid, vtid, vpgid; /* in the thread's own pid namespace */
	unsigned int tty;
	uint64_t min_flt, maj_flt;
	uint64_t start_ticks;
	uint64_t brk_start;
	uint64_t vm_size, vm_rss, vm_peak_rss, vm_swap; /* KB */
	uint64_t cap_inh, cap_prm, cap_eff;
	unsigned int euid, egid, loginuid;
	uint64_t fd_limit;
	char comm[64];
	char args[AREA_BYTES]; /* NUL-terminated strings, argv[0] first */
	size_t args_len;
};

/* Of the calling thread, or of another one. */
void proc_read_self(struct proc *p);
void proc_read(struct proc *p, pid_t pid, pid_t tid);
/* A whole file of /proc or its beginning; the length. */
size_t proc_file(const char *path, char *out, size_t cap);
/* What follows "Key:" in a status file, as a number of that base. */
uint64_t proc_field(const char *status, const char *key, int base);

/* Skip unless pids, users and cgroups are what the kernel calls them. */
void proc_need_init_namespaces(void);

/* A session of the caller's own, and a terminal for it. */
void proc_take_terminal(void);

/*
 * Parameters that clone and exec have in common, tid to cgroups. Before and after are taken by
 * the caller around the call; a new process has no before.
 */
void expect_process(const struct proc *before, const struct proc *after);
/* Of these the sizes of its memory. */
void expect_vm(const struct proc *before, const struct proc *after);
/* exe and args: the first string, and the rest of what fits. */
void expect_image(const char *args, size_t len);

#endif
