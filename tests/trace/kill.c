/* SPDX-License-Identifier: MIT */
/* kill.c - signals sent and refused. */
#include "expect.h"

#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void kill_and_expect(uint64_t pid, uint64_t sig)
{
	long res = call(SYS_kill, pid, sig);

	expect_event("kill");
	expect_int("res", res);
	expect_int("arg_pid", (int)pid);
	expect_int("sig", (uint8_t)sig);
	expect_end();
}

static volatile sig_atomic_t seen;

static void on_signal(int sig)
{
	seen = sig;
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	trace_need(pid >= 0, "fork");
	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void not_permitted(void)
{
	pid_t pid = fork();

	trace_need(pid >= 0, "fork");
	if (!pid) {
		trace_need(!setresuid(65534, 65534, 65534), "setresuid");
		kill_and_expect(1, SIGTERM);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	pid_t pid;

	trace_begin(argc, argv, "kill");
	setpgid(0, 0);
	signal(SIGUSR1, on_signal);
	kill_and_expect(getpid(), SIGUSR1);
	trace_need(seen == SIGUSR1, "SIGUSR1");
	pid = sleeper();
	kill_and_expect(pid, 0);
	kill_and_expect((5ULL << 32) | pid, SIGKILL);
	waitpid(pid, NULL, 0);
	kill_and_expect(pid, 0);
	kill_and_expect(0, 0);
	kill_and_expect(-getpid(), 0);
	signal(SIGRTMAX, SIG_IGN);
	kill_and_expect(getpid(), SIGRTMAX);
	kill_and_expect(INT_MAX, SIGTERM);
	kill_and_expect(getpid(), 65);
	kill_and_expect(getpid(), 256 + SIGUSR1);
	kill_and_expect(getpid(), UINT64_MAX);
	not_permitted();
	return trace_end();
}
