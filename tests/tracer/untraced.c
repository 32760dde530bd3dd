/* SPDX-License-Identifier: MIT */
/*
 * untraced.c - children that ask not to be traced, and whether they see that they are:
 * CLONE_UNTRACED by clone and by clone3. Prints for each what it saw; ends with 0 if no
 * register and no byte of memory was changed under it.
 */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int is_ok, const char *what)
{
	if (is_ok)
		return;
	perror(what);
	_exit(1);
}

/* The first argument's register comes back in *after. */
static long raw(long nr, long a, long b, long *after)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(a)
			 : "0"(nr), "S"(b), "d"(0L), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	*after = a;
	return ret;
}

/* The number of who traces this process, as text. */
static void say_tracer(const char *who)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");
	int tracer = -1;

	need(f != NULL, "/proc/self/status");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TracerPid: %d", &tracer);
	fclose(f);
	printf("%s %d\n", who, tracer);
	fflush(stdout);
}

static void await(long pid)
{
	int status;

	need(pid > 0 && waitpid(pid, &status, __WALL) == pid && !status, "the child");
}

int main(void)
{
	const long flags = CLONE_UNTRACED | SIGCHLD;
	struct clone_args args = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD }, same = args;
	long pid, after;

	pid = raw(SYS_clone, flags, 0, &after);
	need(after == flags, "the register in parent or child");
	if (!pid) {
		say_tracer("clone");
		_exit(0);
	}
	await(pid);

	pid = raw(SYS_clone3, (long)&args, sizeof(args), &after);
	need(!memcmp(&args, &same, sizeof(args)), "the memory in parent or child");
	if (!pid) {
		say_tracer("clone3");
		_exit(0);
	}
	await(pid);

	/* One that fails. */
	need(raw(SYS_clone, flags | CLONE_THREAD, 0, &after) < 0, "a clone that fails");
	need(after == (flags | CLONE_THREAD), "the register of a call that failed");
	return 0;
}
