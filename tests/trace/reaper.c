/* SPDX-License-Identifier: MIT */
/* reaper.c - threads that leave children behind, and who takes them over. */
#include "exit.h"
#include "expect.h"
#include "proc.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t own_number(void)
{
	static struct proc p;

	proc_read_self(&p);
	return p.pid;
}

/* In a process that is about to end: have a child that stays. */
static void beget(void)
{
	if (!fork()) {
		exit_set(&exit_shared->orphan, own_number());
		for (;;)
			pause();
	}
	exit_await(&exit_shared->orphan);
	exit_shared->dying = own_number();
}

/* Who the child belongs to now, as /proc says. */
static pid_t new_parent(void)
{
	static struct proc p;

	proc_read(&p, exit_shared->orphan, exit_shared->orphan);
	return p.ppid;
}

static void end_orphan(void)
{
	call(SYS_tgkill, exit_shared->orphan, exit_shared->orphan, SIGKILL);
}

static void to_init(void)
{
	pid_t pid = exit_child();

	if (!pid) {
		beget();
		call(SYS_exit_group, 1);
	}
	exit_reap(pid);
	expect_exit(pid, pid, 1 << 8, new_parent());
	end_orphan();
}

/* To an ancestor that asked for it, past one that did not. */
static void to_subreaper(void)
{
	pid_t pid;

	trace_need(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	pid = exit_child();
	if (!pid) {
		pid = fork();
		if (!pid) {
			beget();
			call(SYS_exit_group, 2);
		}
		exit_reap(pid);
		call(SYS_exit_group, 0);
	}
	exit_reap(pid);
	expect_exit(exit_shared->dying, exit_shared->dying, 2 << 8, getpid());
	expect_exit(pid, pid, 0, 0);
	trace_need(new_parent() == getpid(), "the orphan is ours");
	end_orphan();
	exit_reap(exit_shared->orphan);
	expect_exit(exit_shared->orphan, exit_shared->orphan, SIGKILL, 0);
	trace_need(!prctl(PR_SET_CHILD_SUBREAPER, 0), "PR_SET_CHILD_SUBREAPER");
}

/* The first thread ends before the other one does. */
static int is_zombie(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, pid);
	proc_file(path, text, sizeof(text));
	return !strncmp(strrchr(text, ')'), ") Z", 3);
}

static void to_thread(void)
{
	pid_t pid = exit_child();

	if (!pid) {
		exit_thread(exit_when_free, 0);
		beget();
		call(SYS_exit, 3);
	}
	exit_await(&exit_shared->tid[0]);
	while (!is_zombie(pid)) /* nothing announces that */
		sched_yield();
	exit_set(&exit_shared->is_free, 1);
	exit_reap(pid);
	expect_exit(pid, pid, 3 << 8, exit_shared->tid[0]);
	expect_exit(pid, exit_shared->tid[0], 7 << 8, new_parent());
	end_orphan();
}

/* The first process in there takes all children, and nobody takes its own. */
static void in_namespace(void)
{
	pid_t pid = exit_child(), first;

	if (!pid) {
		trace_need(!unshare(CLONE_NEWPID), "unshare");
		pid = fork();
		if (pid) {
			exit_reap(pid);
			call(SYS_exit_group, 0);
		}
		pid = fork();
		if (!pid) {
			beget();
			call(SYS_exit_group, 4);
		}
		exit_reap(pid);
		exit_set(&exit_shared->is_orphaned, 1);
		exit_await(&exit_shared->is_free);
		call(SYS_exit_group, 5);
	}
	exit_await(&exit_shared->is_orphaned);
	first = new_parent();
	exit_set(&exit_shared->is_free, 1);
	exit_reap(pid);
	expect_exit(exit_shared->dying, exit_shared->dying, 4 << 8, first);
	expect_exit(first, first, 5 << 8, 0);
	expect_exit(exit_shared->orphan, exit_shared->orphan, SIGKILL, 0);
	expect_exit(pid, pid, 0, 0);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "procexit");
	proc_need_init_namespaces();
	to_init();
	to_subreaper();
	to_thread();
	in_namespace();
	return trace_end();
}
