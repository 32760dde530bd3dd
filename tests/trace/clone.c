/* SPDX-License-Identifier: MIT */
/* clone.c - processes and threads begun by clone and clone3, as caller and child see them. */
#include "child.h"
#include "expect.h"
#include "proc.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* is_in_pidns: children of the caller are in another pid namespace than the first. */
static void by_clone(uint64_t flags, int is_in_pidns)
{
	static struct proc before;
	long res;

	proc_read_self(&before);
	res = child_spawn(SYS_clone, flags, (long)(child_stack + sizeof(child_stack)));
	if (res > 0)
		child_wait(res, flags);
	expect_both("clone", res, &before, flags, is_in_pidns);
}

static void by_clone3(uint64_t flags, uint64_t signal, size_t size)
{
	struct clone_args args = { .flags = flags,
				   .exit_signal = signal,
				   .stack = (uint64_t)child_stack,
				   .stack_size = sizeof(child_stack) };
	static struct proc before;
	long res;

	proc_read_self(&before);
	res = child_spawn(SYS_clone3, (long)&args, size);
	if (res > 0)
		child_wait(res, flags);
	expect_both("clone3", res, &before, flags, 0);
}

static void pid_namespaces(void)
{
	pid_t pid;

	by_clone(CLONE_NEWPID | SIGCHLD, 0);
	by_clone3(CLONE_NEWPID | CLONE_NEWUTS, SIGCHLD, sizeof(struct clone_args));
	pid = call(SYS_fork);
	if (!pid) {
		trace_need(!unshare(CLONE_NEWPID), "unshare");
		pid = call(SYS_fork);
		if (!pid) /* the first in there: its children are numbered twice */
			by_clone(SIGCHLD, 1);
		else
			waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	pid = call(SYS_fork);
	if (!pid) { /* outside, but its child is not */
		trace_need(!unshare(CLONE_NEWPID), "unshare");
		by_clone(SIGCHLD, 1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Effective user and group have other numbers than the real ones, and than each other. */
static void as_somebody(void)
{
	pid_t pid = call(SYS_fork);
	int status;

	if (!pid) {
		trace_need(!setresgid(1, 4711, 1) && !setresuid(2, 4712, 2), "setresuid");
		by_clone(SIGCHLD, 0);
		_exit(0);
	}
	trace_need(waitpid(pid, &status, 0) == pid && !status, "another user");
}

/* A process may say that its arguments lie elsewhere, and its environment not behind them. */
static void moved_arguments(void)
{
	static const char args[] = "moved\0by\0itself";
	struct prctl_mm_map map = { .exe_fd = -1 };
	char *area = trace_edge() - 100; /* /proc shows anonymous memory only */
	char text[1024];
	pid_t pid = call(SYS_fork);
	int status;

	if (pid) {
		trace_need(waitpid(pid, &status, 0) == pid && !status, "moved arguments");
		return;
	}
	proc_file("/proc/self/stat", text, sizeof(text));
	trace_need(sscanf(strrchr(text, ')') + 2,
			  "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			  "%*d %*u %*u %*d %*u %llu %llu %llu %*u %*u %*u %*u %*u %*u %*u %*u %*u "
			  "%*d %*d %*u %*u %*u %*u %*d %llu %llu %llu",
			  &map.start_code, &map.end_code, &map.start_stack, &map.start_data,
			  &map.end_data, &map.start_brk) == 6,
		   "/proc/self/stat");
	map.brk = (uintptr_t)sbrk(0);
	memcpy(area, args, sizeof(args));
	map.arg_start = (uintptr_t)area;
	map.arg_end = map.arg_start + sizeof(args);
	map.env_start = map.arg_end + 10;
	map.env_end = map.env_start + 10;
	trace_need(!prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0), "PR_SET_MM_MAP");
	by_clone(SIGCHLD, 0);
	_exit(0);
}

static void refused(void)
{
	static struct proc before;

	/* A thread of another group: each flag by itself. */
	for (int i = 0; i < 32; i++)
		by_clone(1ULL << i | CLONE_THREAD, 0);
	by_clone(~0ULL, 0);
	by_clone3(CLONE_SIGHAND, SIGCHLD, sizeof(struct clone_args));
	by_clone3(CLONE_VM, 0x100, sizeof(struct clone_args));
	by_clone3(CLONE_FS, SIGCHLD, 8);
	proc_read_self(&before);
	expect_both("clone3", child_spawn(SYS_clone3, 0, sizeof(struct clone_args)), &before, 0, 0);
}

int main(int argc, char **argv)
{
	static char big[8 << 20];
	const uint64_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;

	memset(big, 1, sizeof(big)); /* to show in vm_rss, and what is not in it */
	trace_need(mmap(NULL, 1 << 28, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED,
		   "mmap");
	trace_begin(argc, argv, "clone clone3");
	proc_need_init_namespaces();
	child_init();
	by_clone(SIGCHLD, 0);
	by_clone(CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD, 0);
	by_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0);
	by_clone(thread | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM, 0);
	by_clone(CLONE_PARENT | SIGCHLD, 0);
	by_clone3(0, SIGCHLD, sizeof(struct clone_args));
	by_clone3(thread | CLONE_VFORK | CLONE_PARENT, 0, sizeof(struct clone_args));
	by_clone3(CLONE_IO | CLONE_NEWNS | CLONE_NEWIPC, SIGCHLD, sizeof(struct clone_args));
	pid_namespaces();
	as_somebody();
	moved_arguments();
	refused();
	return trace_end();
}
