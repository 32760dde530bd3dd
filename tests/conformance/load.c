// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/conformance/load.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

#define PATH_BYTES 4000 /* of the path in a bulky event */
#define NOISE_NS   50000

struct order {
	uint32_t call; /* enum load_call */
	uint32_t first, n;
};

/* ---- the program ---- */

static void make_call(uint32_t call, uint32_t token)
{
	static char path[PATH_BYTES + 1];

	switch (call) {
	case LOAD_KILL:
		syscall(SYS_kill, TOKEN_PID + token, 0);
		break;
	case LOAD_CLOSE:
		syscall(SYS_close, TOKEN_FD + token);
		break;
	default: /* slashes, then what is not there */
		if (!path[0])
			memset(path, '/', PATH_BYTES - 8), strcpy(path + PATH_BYTES - 8, "no-such");
		syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	}
}

static void *make_noise(void *arg)
{
	const struct timespec pause = { .tv_nsec = NOISE_NS };

	(void)arg;
	for (;;) {
		make_call(LOAD_KILL, TOKEN_NOISE);
		make_call(LOAD_CLOSE, TOKEN_NOISE);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	return NULL;
}

static void obey(const struct order *o)
{
	pthread_t thread;

	if (o->call == LOAD_NOISE) {
		if (pthread_create(&thread, NULL, make_noise, NULL))
			_exit(1);
		return;
	}
	for (uint32_t i = 0; i < o->n; i++)
		make_call(o->call, o->first ? o->first + i : TOKEN_NOISE);
}

/* Orders on standard input, a byte on standard output when each is done. */
_Noreturn void load_main(void)
{
	cpu_set_t one;
	struct order o;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	while (write(STDOUT_FILENO, "", 1) == 1 && read(STDIN_FILENO, &o, sizeof(o)) == sizeof(o))
		obey(&o);
	_exit(0);
}

/* ---- who tells it ---- */

/* --with's words, {socket} replaced, then the program. */
static _Noreturn void exec_with(void)
{
	const char *args[64];
	size_t n = 0;

	for (char **w = suite.with; w && *w && n < 60; w++)
		args[n++] = strcmp(*w, "{socket}") ? *w : suite.socket;
	args[n++] = suite.program;
	args[n++] = LOAD_WORD;
	args[n] = NULL;
	dup2(suite.error_fd, STDERR_FILENO);
	execvp(args[0], (char **)args);
	dprintf(STDERR_FILENO, "conformance: cannot execute %s: %s\n", args[0], strerror(errno));
	_exit(127);
}

void load_start(struct load *l, struct host *h)
{
	int to[2], from[2];

	*l = (struct load){ 0 };
	if (suite.is_generator)
		return;
	require(!pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC), "no pipe");
	l->pid = fork();
	require(l->pid >= 0, "cannot fork");
	if (!l->pid) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		exec_with();
	}
	close(to[0]);
	close(from[1]);
	l->to = to[1];
	l->from = from[0];
	load_made(l, h);
}

void load_ask(struct load *l, enum load_call call, uint32_t first, uint32_t n)
{
	const struct order o = { call, first, n };

	require(write(l->to, &o, sizeof(o)) == sizeof(o), "the program is gone");
}

void load_made(struct load *l, struct host *h)
{
	char byte;

	host_serve(h, l->from, -1);
	require(read(l->from, &byte, 1) == 1, "the program ended before it was told to");
}

void load_make(struct load *l, struct host *h, enum load_call call, uint32_t first, uint32_t n)
{
	load_ask(l, call, first, n);
	load_made(l, h);
}

void load_noise(struct load *l, struct host *h)
{
	if (l->pid)
		load_make(l, h, LOAD_NOISE, 0, 0);
}

void load_some(struct load *l, struct host *h, bool is_bulky, uint32_t n)
{
	uint64_t end = host_produced(h) + n;

	if (l->pid) {
		load_make(l, h, is_bulky ? LOAD_OPENAT : LOAD_KILL, TOKEN_NOISE, n);
		return;
	}
	while (host_produced(h) < end)
		host_serve(h, -1, 1);
}

/* Without an engine left nobody is served: h is NULL. */
void load_end(struct load *l, struct host *h)
{
	int status;

	if (!l->pid)
		return;
	close(l->to);
	if (h) /* its standard output ends with it */
		host_serve(h, l->from, -1);
	require(waitpid(l->pid, &status, 0) == l->pid, "no program to wait for");
	require(WIFEXITED(status) && !WEXITSTATUS(status), "the program ended with status 0x%x",
		(unsigned)status);
	close(l->from);
	l->pid = 0;
}
