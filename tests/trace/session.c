/* SPDX-License-Identifier: MIT */
/* session.c - process groups and sessions begun, joined and refused. */
#include "expect.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH (5ull << 32) /* the kernel looks at the lower half of an argument */

static void group(uint64_t pid, uint64_t pgid)
{
	long res = call(SYS_setpgid, pid, pgid, 92, 93, 94, 95);

	expect_event("setpgid");
	expect_int("res", res);
	expect_int("arg_pid", (int)pid);
	expect_int("pgid", (int)pgid);
	expect_end();
}

static void session(void)
{
	long res = call(SYS_setsid, 91);

	expect_event("setsid");
	expect_int("res", res);
	expect_end();
}

static void lead(void)
{
	pid_t child;

	group(0, 0);
	session(); /* the leader of a group may not */
	child = fork();
	if (!child) {
		session();
		group(0, 0);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	group(child, child);
	group(HIGH | child, HIGH | getpid());
	call(SYS_tgkill, child, child, SIGKILL);
	waitpid(child, NULL, 0);
	group(child, 0);
	group(0, -1);
	group(-7, 3);
}

int main(int argc, char **argv)
{
	pid_t pid;

	trace_begin(argc, argv, "setpgid setsid");
	pid = fork(); /* who began this may have made it a leader already */
	trace_need(pid >= 0, "fork");
	if (!pid) {
		lead();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return trace_end();
}
