/* SPDX-License-Identifier: MIT */
/*
 * storm.c - many children in many ways, quickly: storm KIND COUNT
 *
 * Begins when its input has ended. Says how many there were, ends with 0 if each of them ended
 * as it should.
 */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 16

static char *own_path;

static void need(int is_ok, const char *what)
{
	if (is_ok)
		return;
	perror(what);
	exit(1);
}

/* All children there are; each must have ended with this status. */
static void reap(int count, int status)
{
	int got;

	for (; count; count--) {
		need(wait(&got) > 0, "wait");
		need(got == status, "a child's status");
	}
	need(wait(NULL) < 0 && errno == ECHILD, "no child is left");
}

/* ---- processes ---- */

static void by_fork(int i)
{
	if (!fork())
		_exit(i % 2 ? 3 : syscall(SYS_exit, 3));
}

static void by_vfork(int i)
{
	pid_t pid = vfork();

	(void)i;
	if (!pid) {
		execl(own_path, own_path, "exit", "3", NULL);
		_exit(99);
	}
	need(pid > 0, "vfork");
}

static void by_spawn(int i)
{
	static char word[] = "exit", code[] = "3";
	char *argv[] = { own_path, word, code, NULL }, *env[] = { NULL };
	pid_t pid;

	(void)i;
	need(!posix_spawn(&pid, own_path, NULL, NULL, argv, env), "posix_spawn");
}

static void by_clone3(int i)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	(void)i;
	need(pid >= 0, "clone3");
	if (!pid)
		_exit(3);
}

/* In a process of its own: a thread that is not the first executes, its siblings vanish. */
static void *execute(void *unused)
{
	execl(own_path, own_path, "exit", "3", NULL);
	return unused;
}

static void *forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void by_thread(int i)
{
	pthread_t thread;
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (pid)
		return;
	pthread_create(&thread, NULL, forever, NULL);
	pthread_create(&thread, NULL, i % 2 ? execute : forever, NULL);
	if (i % 2 == 0)
		execute(NULL);
	forever(NULL);
}

/* Killed wherever it is: before its first step, while it makes a child, while that ends. */
static void to_be_killed(int i)
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!pid) {
		if (!fork())
			_exit(0);
		wait(NULL);
	}
	for (int spin = 0; spin < i; spin++)
		sched_yield();
	kill(pid, SIGKILL);
}

static void processes(void (*make)(int), int count, int status)
{
	for (int done = 0; done < count; done += AT_ONCE) {
		for (int i = 0; i < AT_ONCE; i++)
			make(i);
		reap(AT_ONCE, status);
	}
}

/* Children of those that were killed come to us; each ends by itself. */
static void killed(int count)
{
	int left = count, status;

	need(!prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	for (int i = 0; i < count; i++)
		to_be_killed(i);
	while (wait(&status) > 0)
		left -= WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	need(left == 0 && errno == ECHILD, "each was killed");
}

/* ---- threads ---- */

static void *nothing(void *unused)
{
	sched_yield();
	return unused;
}

/* Has a child that has a thread. */
static void *parent(void *unused)
{
	pid_t pid = fork();
	pthread_t thread;
	int status;

	need(pid >= 0, "fork");
	if (!pid) {
		need(!pthread_create(&thread, NULL, nothing, NULL), "pthread_create");
		need(!pthread_join(thread, NULL), "pthread_join");
		_exit(3);
	}
	need(waitpid(pid, &status, 0) == pid && status == 3 << 8, "a thread's child");
	return unused;
}

static void threads(void *(*run)(void *), int count)
{
	pthread_t thread[AT_ONCE];

	for (int done = 0; done < count; done += AT_ONCE) {
		for (int i = 0; i < AT_ONCE; i++)
			need(!pthread_create(&thread[i], NULL, run, NULL), "pthread_create");
		for (int i = 0; i < AT_ONCE; i++)
			need(!pthread_join(thread[i], NULL), "pthread_join");
	}
}

int main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[2]) : 0;
	sigset_t child;

	/* A signal that comes while a process is made has that begin again: one event more. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	own_path = argv[0];
	if (!strcmp(argv[1], "exit"))
		return count;
	while (getchar() != EOF)
		;
	if (!strcmp(argv[1], "fork"))
		processes(by_fork, count, 3 << 8);
	if (!strcmp(argv[1], "vfork"))
		processes(by_vfork, count, 3 << 8);
	if (!strcmp(argv[1], "spawn"))
		processes(by_spawn, count, 3 << 8);
	if (!strcmp(argv[1], "clone3"))
		processes(by_clone3, count, 3 << 8);
	if (!strcmp(argv[1], "exec"))
		processes(by_thread, count, 3 << 8);
	if (!strcmp(argv[1], "thread"))
		threads(nothing, count);
	if (!strcmp(argv[1], "family"))
		threads(parent, count);
	if (!strcmp(argv[1], "kill"))
		killed(count);
	printf("%d\n", count);
	return 0;
}
