/* SPDX-License-Identifier: MIT */
#include "child.h"
#include "call32.h"
#include "cgroup.h"
#include "expect.h"
#include "proc.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
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
static int is_by_32bit; /* the call that made it */

char child_stack[65536] __attribute__((aligned(16)));

void child_init(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	trace_need(shared != MAP_FAILED, "mmap");
}

static void child_reports(void)
{
	proc_read_self(&shared->child);
	__atomic_store_n(&shared->is_done, 1, __ATOMIC_RELEASE);
	call(SYS_futex, &shared->is_done, FUTEX_WAKE, 1);
	call(SYS_exit, 0);
}

/* Whatever stack the call gives to the child: it runs child_reports() on its own one. */
long child_spawn(long nr, long a, long b)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void (*r12)(void) __asm__("r12") = child_reports;
	register char *r13 __asm__("r13") = child_stack + sizeof(child_stack);
	long ret;

	shared->is_done = is_by_32bit = 0;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %%r13, %%rsp\n\t"
			 "call *%%r12\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(0L), "r"(r10), "r"(r8), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
}

long child_fork32(void)
{
	long ret;

	shared->is_done = 0;
	is_by_32bit = 1;
	ret = call32(2, 0, 0, 0, 0);
	if (!ret)
		child_reports();
	return ret;
}

static void begin(const char *type, const struct proc *p)
{
	expect_event_of(type, p->pid, p->tid);
	if (is_by_32bit)
		expect_json("compat", "true");
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

void expect_both(const char *type, long res, const struct proc *before, uint64_t flags,
		 int is_in_pidns)
{
	static struct proc after;

	proc_read_self(&after);
	begin(type, &after);
	expect_clone(res, before, &after, flags, is_in_pidns, after.pid);
	expect_int("pidns_init_start_ts", 0);
	expect_end();
	if (res < 0)
		return;
	begin(type, &shared->child);
	expect_clone(0, NULL, &shared->child, flags, is_in_pidns || flags & CLONE_NEWPID,
		     after.pid);
	expect_namespace_start(&shared->child, &after);
	expect_end();
}

void child_wait(long child, uint64_t flags)
{
	while (!__atomic_load_n(&shared->is_done, __ATOMIC_ACQUIRE))
		call(SYS_futex, &shared->is_done, FUTEX_WAIT, 0, NULL);
	if (!(flags & (CLONE_THREAD | CLONE_PARENT)))
		trace_need(waitpid(child, NULL, __WALL) == child, "waitpid");
}
