/* SPDX-License-Identifier: MIT */
#include "exit.h"
#include "expect.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct exit_shared *exit_shared;

void exit_set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
	call(SYS_futex, flag, FUTEX_WAKE, INT_MAX);
}

void exit_await(const int *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		call(SYS_futex, flag, FUTEX_WAIT, 0, NULL);
}

pid_t exit_child(void)
{
	pid_t pid;

	if (!exit_shared)
		exit_shared = mmap(NULL, sizeof(*exit_shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	trace_need(exit_shared != MAP_FAILED, "mmap");
	memset(exit_shared, 0, sizeof(*exit_shared));
	pid = fork();
	trace_need(pid >= 0, "fork");
	return pid;
}

int exit_reap(pid_t pid)
{
	int status;

	trace_need(waitpid(pid, &status, 0) == pid, "waitpid");
	return status;
}

void exit_thread(void *(*main)(void *), long which)
{
	pthread_t thread;

	trace_need(!pthread_create(&thread, NULL, main, (void *)which), "pthread_create");
	exit_await(&exit_shared->tid[which]);
}

void *exit_when_free(void *which)
{
	exit_set(&exit_shared->tid[(long)which], gettid());
	exit_await(&exit_shared->is_free);
	call(SYS_exit, 7);
	return NULL;
}

void expect_exit(pid_t pid, pid_t tid, int status, pid_t reaper)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	expect_event_of("procexit", pid, tid);
	expect_int("status", status);
	expect_int("ret", status >> 8 & 0xff);
	expect_int("sig", sig);
	expect_int("core", sig && WCOREDUMP(status));
	expect_int("reaper_tid", reaper);
	expect_end();
}
