/* SPDX-License-Identifier: MIT */
/*
 * ptrace.c - processes that trace others, or try to: what has a tracer already, as everything has
 * under falco-capture-trace, cannot get another one, and all is refused.
 */
#include "either.h"
#include "expect.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH (5ull << 32)

enum { PTRACE32 = 26 };

static const char *const low[] = {
	"TRACEME",
	"PEEKTEXT",
	"PEEKDATA",
	"PEEKUSR",
	"POKETEXT",
	"POKEDATA",
	"POKEUSR",
	"CONT",
	"KILL",
	"SINGLESTEP",
	NULL,
	NULL,
	"GETREGS",
	"SETREGS",
	"GETFPREGS",
	"SETFPREGS",
	"ATTACH",
	"DETACH",
	"GETFPXREGS",
	"SETFPXREGS",
	NULL,
	"OLDSETOPTIONS",
	NULL,
	NULL,
	"SYSCALL",
	"GET_THREAD_AREA",
	"SET_THREAD_AREA",
	NULL,
	NULL,
	NULL,
	"ARCH_PRCTL",
	"SYSEMU",
	"SYSEMU_SINGLESTEP",
	"SINGLEBLOCK",
};
static const char *const high[] = {
	"SETOPTIONS", "GETEVENTMSG", "GETSIGINFO", "SETSIGINFO",  "GETREGSET",	"SETREGSET",
	"SEIZE",      "INTERRUPT",   "LISTEN",	   "PEEKSIGINFO", "GETSIGMASK", "SETSIGMASK",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void expect_request(uint64_t native)
{
	const char *name = NULL;
	char text[64];

	if (native < COUNT(low))
		name = low[native];
	else if (native - 0x4200 < COUNT(high))
		name = high[native - 0x4200];
	snprintf(text, sizeof(text), "PTRACE_%s", name ? name : "UNKNOWN");
	expect_str("request", text);
}

static int is_resumption(uint64_t request)
{
	return request == PTRACE_CONT || request == PTRACE_SINGLESTEP || request == PTRACE_DETACH ||
	       request == PTRACE_SYSCALL;
}

/* What a peek stores: a word of the caller's width. */
static uint64_t stored(uint64_t data)
{
	return is_32bit ? *(uint32_t *)data : *(uint64_t *)data;
}

static long trace(uint64_t request, uint64_t pid, uint64_t addr, uint64_t data)
{
	long res = either(SYS_ptrace, PTRACE32, request, pid, addr, data);
	uint64_t native = given(request);

	if (native >= PTRACE_PEEKTEXT && native <= PTRACE_PEEKUSER && !res)
		data = stored(data);
	either_event("ptrace");
	expect_int("res", res);
	expect_u64("addr", res < 0 ? 0 : given(addr));
	if (res >= 0 && is_resumption(native))
		expect_u64("data", (uint8_t)data);
	else
		expect_u64("data", res < 0 ? 0 : given(data));
	expect_request(native);
	expect_int("arg_pid", (int)pid);
	expect_end();
	return res;
}

static void nobody(void)
{
	for (uint64_t i = 1; i < 66; i++)
		trace(i, INT_MAX, 91, 92);
	for (uint64_t i = 0x41ff; i < 0x4212; i++)
		trace(i, INT_MAX, 91, 92);
	trace(PTRACE_PEEKDATA, HIGH | INT_MAX, 0, 0);
	trace(HIGH | PTRACE_CONT, -1, 1, 2);
	trace(UINT64_MAX, -3, 1, 2);
}

static uint64_t *word;
static char *edge;

static pid_t stopped_child(void)
{
	pid_t pid = fork();
	int status;

	trace_need(pid >= 0, "fork");
	if (!pid) {
		trace(PTRACE_TRACEME, 91, 92, 93);
		raise(SIGSTOP);
		*word = 1; /* the steps of the parent end here or behind */
		raise(SIGSTOP);
		_exit(0);
	}
	trace_need(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "a stop");
	return pid;
}

/* Waits for the stop that a resumption leads to. */
static void resume(uint64_t request, pid_t pid, int sig)
{
	int status;

	if (!trace(request, pid, 1, sig))
		trace_need(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status), "stop");
}

static void somebody(void)
{
	pid_t pid;
	uint64_t at = (uintptr_t)word, to = (uintptr_t)edge - (is_32bit ? 4 : 8);

	*word = 0x8123456789abcdef;
	pid = stopped_child();
	trace(PTRACE_PEEKTEXT, pid, at, to);
	trace(PTRACE_PEEKDATA, HIGH | pid, at, to);
	trace(PTRACE_PEEKUSER, pid, 0, to);
	trace(PTRACE_PEEKDATA, pid, at, to + 1);
	trace(PTRACE_PEEKDATA, pid, 1, to);
	trace(PTRACE_POKEDATA, pid, at, 0x8765432112345678);
	trace(PTRACE_PEEKDATA, pid, at, to);
	trace(PTRACE_SETOPTIONS, pid, 91, PTRACE_O_TRACESYSGOOD);
	trace(PTRACE_GETEVENTMSG, pid, 92, to - 8);
	resume(PTRACE_SINGLESTEP, pid, 0);
	resume(PTRACE_SYSCALL, pid, 0);
	resume(PTRACE_SYSCALL, pid, SIGCONT);
	resume(PTRACE_CONT, pid, SIGUSR1);
	trace(PTRACE_ATTACH, pid, 0, 0);
	trace(PTRACE_DETACH, pid, 0, SIGTERM);
	call(SYS_tkill, pid, SIGKILL); /* kill is observed everywhere */
	waitpid(pid, NULL, 0);
}

/* To stop whom nobody traced before. */
static void attached(void)
{
	pid_t pid = fork();
	int status;

	trace_need(pid >= 0, "fork");
	if (!pid) {
		pause();
		_exit(0);
	}
	if (!trace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL)) {
		trace(PTRACE_INTERRUPT, pid, 93, 94);
		trace_need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status), "a stop");
		trace(PTRACE_LISTEN, pid, 95, 96);
	}
	call(SYS_tkill, pid, SIGKILL); /* kill is observed everywhere */
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "ptrace");
	edge = either_edge();
	word = (uint64_t *)(edge - 4000);
	signal(SIGUSR1, SIG_IGN);
	by_both(nobody);
	by_both(somebody);
	by_both(attached);
	return trace_end();
}
