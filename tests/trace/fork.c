/* SPDX-License-Identifier: MIT */
/* fork.c - processes begun by fork and vfork, as caller and child see them. */
#include "child.h"
#include "expect.h"
#include "proc.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* These calls take no arguments: what would be flags of clone is not looked at. */
static long by(const char *type, long nr, int is_in_pidns)
{
	static struct proc before;
	long res;

	proc_read_self(&before);
	res = child_spawn(nr, CLONE_FILES | CLONE_NEWNET, CLONE_FS);
	if (res > 0)
		child_wait(res, 0);
	expect_both(type, res, &before, 0, is_in_pidns);
	return res;
}

static void by_each(int is_in_pidns)
{
	by("fork", SYS_fork, is_in_pidns);
	by("vfork", SYS_vfork, is_in_pidns);
}

/* Effective user and group have other numbers than the real ones, and than each other. */
static void as_somebody(void)
{
	trace_need(!setresgid(1, 4711, 1) && !setresuid(2, 4712, 2), "setresuid");
	by_each(0);
}

/* It is outside, but its children are not; the first is their init. */
static void into_a_namespace(void)
{
	trace_need(!unshare(CLONE_NEWPID), "unshare");
	by("vfork", SYS_vfork, 1);
}

static void within_a_namespace(void)
{
	pid_t pid;

	trace_need(!unshare(CLONE_NEWPID), "unshare");
	pid = fork();
	if (!pid) { /* the init: its children are numbered twice */
		by_each(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void refused(void)
{
	const struct rlimit none = { 0, 0 };

	trace_need(!setrlimit(RLIMIT_NPROC, &none) && !setresuid(NOBODY, NOBODY, NOBODY),
		   "RLIMIT_NPROC");
	trace_need(by("fork", SYS_fork, 0) < 0 && by("vfork", SYS_vfork, 0) < 0, "a refusal");
}

/* In a process that fork of the C library makes, by clone. */
static void apart(void (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		act();
		_exit(0);
	}
	trace_need(waitpid(pid, &status, 0) == pid && !status, "a process of its own");
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "fork vfork");
	proc_need_init_namespaces();
	child_init();
	by_each(0);
	apart(as_somebody);
	apart(into_a_namespace);
	apart(within_a_namespace);
	apart(refused);
	return trace_end();
}
