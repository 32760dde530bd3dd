/* SPDX-License-Identifier: MIT */
/*
 * signaldeliver.c - signals that threads are given. All are blocked but while one is awaited, so
 * that each comes in its turn.
 */
#include "exit.h"
#include "expect.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MADE_UP_SENDER 4242
#define FIRST_RT       32 /* of the kernel */

static siginfo_t seen; /* as the handler had it last */
static sigjmp_buf after_fault;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen = *info;
	if (sig == SIGSEGV && info->si_code == SEGV_MAPERR)
		siglongjmp(after_fault, 1);
}

/* Two signals the C library keeps for itself: as the kernel has it, and as that of SIGHUP is. */
static void handle_kept(int sig)
{
	struct {
		uint64_t handler, flags, restorer, mask;
	} a;

	trace_need(!call(SYS_rt_sigaction, SIGHUP, NULL, &a, sizeof(a.mask)) &&
			   !call(SYS_rt_sigaction, sig, &a, NULL, sizeof(a.mask)),
		   "rt_sigaction");
}

static void handle(int sig)
{
	struct sigaction a = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	if (sig >= FIRST_RT && sig < SIGRTMIN) {
		handle_kept(sig);
		return;
	}
	sigfillset(&a.sa_mask);
	trace_need(!sigaction(sig, &a, NULL), "sigaction");
}

static void expect_given_to(pid_t pid, pid_t tid, int sig, pid_t sender)
{
	expect_event_of("signaldeliver", pid, tid);
	expect_int("spid", sender);
	expect_int("dpid", tid);
	expect_int("sig", sig);
	expect_end();
}

static void expect_given(int sig, pid_t sender)
{
	expect_given_to(getpid(), gettid(), sig, sender);
}

/* Wait for it alone, and see that it is what the kernel's manual says. */
static void await(int sig, int code)
{
	sigset_t others;

	memset(&seen, 0, sizeof(seen));
	sigfillset(&others);
	sigdelset(&others, sig);
	sigsuspend(&others);
	trace_need(seen.si_signo == sig && seen.si_code == code, strsignal(sig));
}

static int send(int sig, int code)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_pid = MADE_UP_SENDER;
	return call(SYS_rt_sigqueueinfo, getpid(), sig, &info);
}

static void child_ended(pid_t pid, int code)
{
	await(SIGCHLD, code);
	trace_need(seen.si_pid == pid, "whose end SIGCHLD tells");
	expect_given(SIGCHLD, pid);
	exit_reap(pid);
}

/* ---- who is told as the sender ---- */

static int names_its_sender(int sig, int code)
{
	switch (sig) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGTSTP:
		return code <= 0;
	}
	return sig == SIGCHLD || sig >= FIRST_RT;
}

static void every_signal(void)
{
	static const int codes[] = { SI_USER, SI_QUEUE, 1, SI_KERNEL };

	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		handle(sig);
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			if (sig == SIGSEGV && codes[i] == SEGV_MAPERR) /* that is a fault's */
				continue;
			trace_need(!send(sig, codes[i]), "rt_sigqueueinfo");
			await(sig, codes[i]);
			expect_given(sig, names_its_sender(sig, codes[i]) ? seen.si_pid : 0);
		}
	}
}

static void by_another_process(void)
{
	const int signals[] = { SIGUSR1, SIGTERM, SIGINT, SIGRTMIN + 1 };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int sig = signals[i];
		pid_t pid = exit_child();

		if (!pid) {
			call(SYS_kill, getppid(), sig);
			call(SYS_exit_group, 0);
		}
		await(sig, SI_USER);
		trace_need(seen.si_pid == pid, "who sent it");
		expect_given(sig, sig == SIGUSR1 ? 0 : pid);
		child_ended(pid, CLD_EXITED);
	}
}

static void by_itself(void)
{
	call(SYS_tgkill, getpid(), gettid(), SIGQUIT);
	await(SIGQUIT, SI_TKILL);
	expect_given(SIGQUIT, getpid());
	raise(SIGUSR2);
	await(SIGUSR2, SI_TKILL);
	expect_given(SIGUSR2, 0);
}

static void by_the_kernel(void)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 1 } };
	sigset_t fault;

	setitimer(ITIMER_REAL, &soon, NULL);
	await(SIGALRM, SI_KERNEL);
	expect_given(SIGALRM, 0);
	sigemptyset(&fault);
	sigaddset(&fault, SIGSEGV);
	if (!sigsetjmp(after_fault, 1)) {
		sigprocmask(SIG_UNBLOCK, &fault, NULL);
		*(volatile char *)8 = 0;
	}
	trace_need(seen.si_signo == SIGSEGV, "SIGSEGV");
	expect_given(SIGSEGV, 0);
}

/* ---- to whom, and when ---- */

static void *thread(void *arg)
{
	exit_set(&exit_shared->tid[0], gettid());
	call(SYS_tgkill, getpid(), gettid(), SIGINT);
	await(SIGINT, SI_TKILL);
	expect_given(SIGINT, getpid());
	return arg;
}

static void to_a_thread(void)
{
	pthread_t other;

	trace_need(!pthread_create(&other, NULL, thread, NULL), "pthread_create");
	pthread_join(other, NULL);
}

/* Twice while it is blocked: once. */
static void blocked(void)
{
	sigset_t pending;

	raise(SIGTERM);
	raise(SIGTERM);
	trace_need(!sigpending(&pending) && sigismember(&pending, SIGTERM), "it is pending");
	await(SIGTERM, SI_TKILL);
	expect_given(SIGTERM, getpid());
	trace_need(!sigpending(&pending) && !sigismember(&pending, SIGTERM), "it was one");
}

/* ---- what a tracer changes (ptrace(2)) ---- */

static int is_traced(void)
{
	char line[128];
	FILE *status = fopen("/proc/self/status", "re");
	int tracer = 0;

	trace_need(!!status, "/proc/self/status");
	while (fgets(line, sizeof(line), status))
		sscanf(line, "TracerPid: %d", &tracer);
	fclose(status);
	return tracer;
}

/* It is not sent at all; but to a tracer. */
static void ignored(int traced)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	signal(SIGTERM, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	raise(SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	if (traced)
		expect_given(SIGTERM, getpid());
	handle(SIGTERM);
}

/*
 * What ends a process the kernel makes a SIGKILL of, which has no sender, for all threads of it.
 * One that is blocked first stays what it is, and to a tracer it is shown as it was sent; of SIGKILL no tracer is told.
 */
static void deadly(int sig, int traced)
{
	sigset_t none;
	pid_t pid = exit_child();

	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		exit_set(&exit_shared->is_free, 1);
		pause();
		call(SYS_exit_group, 1);
	}
	exit_await(&exit_shared->is_free);
	call(SYS_tgkill, pid, pid, sig);
	if (!traced)
		expect_given_to(pid, pid, SIGKILL, 0);
	else if (sig != SIGKILL)
		expect_given_to(pid, pid, sig, getpid());
	child_ended(pid, CLD_KILLED);
}

int main(int argc, char **argv)
{
	const uint64_t all = UINT64_MAX;
	int traced;

	trace_begin(argc, argv, "signaldeliver");
	traced = is_traced();
	call(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	every_signal();
	by_another_process();
	by_itself();
	by_the_kernel();
	to_a_thread();
	blocked();
	ignored(traced);
	deadly(SIGTERM, traced);
	if (!traced)
		deadly(SIGKILL, traced);
	return trace_end();
}
