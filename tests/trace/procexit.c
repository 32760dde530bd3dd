/* SPDX-License-Identifier: MIT */
/* procexit.c - threads that end, by themselves and with their group. */
#include "exit.h"
#include "expect.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process alone, with this code or by this signal. */
static void ends(int code, int sig)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	pid_t pid = exit_child();
	int status;

	if (!pid) {
		trace_need(!chdir(trace_dir()), trace_dir());
		setrlimit(RLIMIT_CORE, &core);
		if (sig)
			call(SYS_tgkill, getpid(), gettid(), sig);
		call(SYS_exit_group, code);
	}
	status = exit_reap(pid);
	trace_need(sig ? WIFSIGNALED(status) : WIFEXITED(status), "how it ended");
	expect_exit(pid, pid, status, 0);
}

/* Three threads, one status. */
static void group(int sig)
{
	pid_t pid = exit_child();
	int status;

	if (!pid) {
		exit_thread(exit_when_free, 0);
		exit_thread(exit_when_free, 1);
		if (sig)
			call(SYS_tgkill, getpid(), gettid(), sig);
		call(SYS_exit_group, 3);
	}
	status = exit_reap(pid);
	expect_exit(pid, pid, status, 0);
	expect_exit(pid, exit_shared->tid[0], status, 0);
	expect_exit(pid, exit_shared->tid[1], status, 0);
}

/* Two threads, each with its own status. */
static void one_by_one(void)
{
	pid_t pid = exit_child();

	if (!pid) {
		exit_thread(exit_when_free, 0);
		exit_set(&exit_shared->is_free, 1);
		call(SYS_exit, 5);
	}
	exit_reap(pid); /* kernels differ in whose status that is */
	expect_exit(pid, pid, 5 << 8, 0);
	expect_exit(pid, exit_shared->tid[0], 7 << 8, 0);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "procexit");
	trace_dir();
	ends(0, 0);
	ends(5, 0);
	ends(255, 0);
	ends(256 + 9, 0);
	ends(0, SIGKILL);
	ends(0, SIGTERM);
	ends(0, SIGRTMAX);
	ends(0, SIGABRT); /* with a core, if the system has them written */
	unlink(trace_path("core"));
	group(0);
	group(SIGKILL);
	one_by_one();
	return trace_end();
}
