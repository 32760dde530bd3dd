/* SPDX-License-Identifier: MIT */
/* clone.c - processes and threads begun by clone and clone3, as caller and child see them. */
#include "cgroup.h"
#include "expect.h"
#include "proc.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct bit_name clone_bits[] = {
	{ CLONE_VM, "CLONE_VM" },
	{ CLONE_FS, "CLONE_FS" },
	{ CLONE_FILES, "CLONE_FILES" },
	{ CLONE_SIGHAND, "CLONE_SIGHAND" },
	{ CLONE_PTRACE, "CLONE_PTRACE" },
	{ CLONE_VFORK, "CLONE_VFORK" },
	{ CLONE_PARENT, "CLONE_PARENT" },
	{ CLONE_THREAD, "CLONE_THREAD" },
	{ CLONE_NEWNS, "CLONE_NEWNS" },
	{ CLONE_SYSVSEM, "CLONE_SYSVSEM" },
	{ CLONE_SETTLS, "CLONE_SETTLS" },
	{ CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID" },
	{ CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID" },
	{ CLONE_UNTRACED, "CLONE_UNTRACED" },
	{ CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID" },
	{ CLONE_NEWCGROUP, "CLONE_NEWCGROUP" },
	{ CLONE_NEWUTS, "CLONE_NEWUTS" },
	{ CLONE_NEWIPC, "CLONE_NEWIPC" },
	{ CLONE_NEWUSER, "CLONE_NEWUSER" },
	{ CLONE_NEWPID, "CLONE_NEWPID" },
	{ CLONE_NEWNET, "CLONE_NEWNET" },
	{ CLONE_IO, "CLONE_IO" },
	{ 0, NULL },
};

/* What a child says of itself, in memory that it shares with its parent. */
struct shared {
	struct proc child;
	int is_done;
};

static struct shared *shared;

static char stack[65536] __attribute__((aligned(16)));
static void child_reports(void)
{
	proc_read_self(&shared->child);
	__atomic_store_n(&shared->is_done, 1, __ATOMIC_RELEASE);
	call(SYS_futex, &shared->is_done, FUTEX_WAKE, 1);
	call(SYS_exit, 0);
}

/* The child runs child_reports() on its own stack. */
static long spawn(long nr, long a, long b)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void (*r12)(void) __asm__("r12") = child_reports;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "call *%%r12\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(0L), "r"(r10), "r"(r8), "r"(r12)
			 : "rcx", "r11", "memory");
	return ret;
}

/* alive: a process that is in the same cgroups and still there. */
static void expect_clone(long res, const struct proc *before, const struct proc *after,
			 uint64_t flags, int is_in_pidns, pid_t alive)
{
	if (res >= 0)
		expect_image(after->args, after->args_len);
	expect_int("res", res);
	expect_process(before, after);
	expect_cgroups(alive);
	expect_bits("flags", clone_bits, flags, is_in_pidns ? "CLONE_CHILD_IN_PIDNS" : NULL);
	expect_u64("uid", after->euid);
	expect_u64("gid", after->egid);
	expect_int("vtid", after->vtid);
	expect_int("vpid", after->vpid);
}

/*
 * When the first process of the child's pid namespace began. /proc has it in ticks of a clock
 * that went on while the system slept, events in ns of one that did not. The kernel reads the
 * two one after the other; when process 1 began they still moved by jiffies, of 10 ms at most.
 */
static void expect_namespace_start(const struct proc *child, const struct proc *caller)
{
	uint64_t tick = 1000000000 / sysconf(_SC_CLK_TCK), from, asleep;
	struct timespec boot, up;
	struct proc first = child->vpid == 1 ? *child : *caller;

	if (child->vpid == child->pid)
		proc_read(&first, 1, 1);
	clock_gettime(CLOCK_MONOTONIC, &up);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	asleep = (boot.tv_sec - up.tv_sec) * 1000000000 + boot.tv_nsec - up.tv_nsec;
	asleep += 10000000;
	from = first.start_ticks * tick;
	expect_range("pidns_init_start_ts", from > asleep ? from - asleep : 0, from + tick,
		     "/proc has ticks");
}

/* The caller's event and, if there is one, the child's. */
static void expect_both(const char *type, long res, const struct proc *before, uint64_t flags,
			int is_in_pidns)
{
	static struct proc after;

	proc_read_self(&after);
	expect_event_of(type, after.pid, after.tid);
	expect_clone(res, before, &after, flags, is_in_pidns, after.pid);
	expect_int("pidns_init_start_ts", 0);
	expect_end();
	if (res < 0)
		return;
	expect_event_of(type, shared->child.pid, shared->child.tid);
	expect_clone(0, NULL, &shared->child, flags, is_in_pidns || flags & CLONE_NEWPID,
		     after.pid);
	expect_namespace_start(&shared->child, &after);
	expect_end();
}

static void wait_for(long child, uint64_t flags)
{
	while (!__atomic_load_n(&shared->is_done, __ATOMIC_ACQUIRE))
		call(SYS_futex, &shared->is_done, FUTEX_WAIT, 0, NULL);
	if (!(flags & (CLONE_THREAD | CLONE_PARENT)))
		trace_need(waitpid(child, NULL, __WALL) == child, "waitpid");
}

/* is_in_pidns: children of the caller are in another pid namespace than the first. */
static void by_clone(uint64_t flags, int is_in_pidns)
{
	static struct proc before;
	long res;

	shared->is_done = 0;
	proc_read_self(&before);
	res = spawn(SYS_clone, flags, (long)(stack + sizeof(stack)));
	if (res > 0)
		wait_for(res, flags);
	expect_both("clone", res, &before, flags, is_in_pidns);
}

static void by_clone3(uint64_t flags, uint64_t signal, size_t size)
{
	struct clone_args args = { .flags = flags,
				   .exit_signal = signal,
				   .stack = (uint64_t)stack,
				   .stack_size = sizeof(stack) };
	static struct proc before;
	long res;

	shared->is_done = 0;
	proc_read_self(&before);
	res = spawn(SYS_clone3, (long)&args, size);
	if (res > 0)
		wait_for(res, flags);
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
	expect_both("clone3", spawn(SYS_clone3, 0, sizeof(struct clone_args)), &before, 0, 0);
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
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	trace_need(shared != MAP_FAILED, "mmap");
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
