/* SPDX-License-Identifier: MIT */
/* kill.c - signals sent and refused. */
#include "either.h"
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

static void tkill_and_expect(uint64_t tid, uint64_t sig)
{
	long res = either(SYS_tkill, 238, tid, sig, 91, 92);

	either_event("tkill");
	expect_int("res", res);
	expect_int("arg_tid", (int)tid);
	expect_int("sig", (uint8_t)sig);
	expect_end();
}

static void tgkill_and_expect(uint64_t pid, uint64_t tid, uint64_t sig)
{
	long res = either(SYS_tgkill, 270, pid, tid, sig, 91);

	either_event("tgkill");
	expect_int("res", res);
	expect_int("arg_pid", (int)pid);
	expect_int("arg_tid", (int)tid);
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

static void threads(void)
{
	pid_t own = getpid();

	seen = 0;
	tkill_and_expect(own, SIGUSR1);
	trace_need(seen == SIGUSR1, "SIGUSR1");
	tkill_and_expect((5ULL << 32) | own, 0);
	tkill_and_expect(INT_MAX, SIGTERM);
	tkill_and_expect(-1, SIGTERM);
	tkill_and_expect(own, 256 + SIGUSR1);
	seen = 0;
	tgkill_and_expect(own, own, SIGUSR1);
	trace_need(seen == SIGUSR1, "SIGUSR1");
	tgkill_and_expect((5ULL << 32) | own, (6ULL << 32) | own, 0);
	tgkill_and_expect(1, own, SIGTERM);
	tgkill_and_expect(own, INT_MAX, SIGTERM);
	tgkill_and_expect(-1, own, 256 + SIGUSR1);
}

int main(int argc, char **argv)
{
	pid_t pid;

	trace_begin(argc, argv, "kill tkill tgkill");
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
	by_both(threads);
	not_permitted();
	return trace_end();
}
