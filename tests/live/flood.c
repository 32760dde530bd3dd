// SPDX-License-Identifier: MIT
/*
 * flood SOCKET EXECUTIONS PROGRAM - is every execution seen while reads are lost?
 *
 * A process on each CPU reads at full speed, more than the rings can hold. Meanwhile a shell
 * executes PROGRAM, which nobody else does, and says how often. So many executions must be
 * seen, each with the end of its process; and events must have been lost, or nothing is shown.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "client/falco-capture.h"

#define FILTER	   "{\"syscalls\":[\"read\",\"execve\",\"procexit\"]}"
#define CPUS_MAX   1024
#define PIDS_MAX   (1 << 22) /* of any Linux */
#define DEADLINE_S 200

static const char *program;
static pid_t readers[CPUS_MAX];
static int cpus;

/* ---- what happens ---- */

static bool go_to(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return !sched_setaffinity(0, sizeof(one), &one);
}

static _Noreturn void read_for_ever(void)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		syscall(SYS_read, -1, &byte, 1);
}

static void readers_start(void)
{
	int cpu, count = (int)sysconf(_SC_NPROCESSORS_CONF);

	for (cpu = 0; cpu < count && cpus < CPUS_MAX; cpu++) {
		pid_t pid = fork();

		if (!pid && go_to(cpu))
			read_for_ever();
		if (!pid)
			_exit(0);
		readers[cpus++] = pid;
	}
}

static void readers_stop(void)
{
	while (cpus) {
		kill(readers[--cpus], SIGKILL);
		waitpid(readers[cpus], NULL, 0);
	}
}

/* Its number; what it says is at *out. */
static pid_t script_start(const char *times, FILE **out)
{
	int said[2];
	pid_t pid;

	if (pipe(said))
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		dup2(said[1], STDOUT_FILENO);
		close(said[0]);
		close(said[1]);
		execl("/bin/sh", "sh", "-c",
		      "i=0; while [ $i -lt $2 ]; do \"$1\" && i=$((i+1)); done; echo $i", "sh",
		      program, times, NULL);
		_exit(1);
	}
	close(said[1]);
	*out = fdopen(said[0], "r");
	return pid;
}

/* ---- what is seen of it ---- */

struct tally {
	unsigned long executions, ends, reads, lost;
	bool is_over; /* the script has ended */
	bool runs[PIDS_MAX];
};

static void count_event(struct tally *t, const struct fcd_envelope *r, pid_t script)
{
	const char *name = fcd_client_event_name(r), *path;
	uint32_t pid = r->tgid % PIDS_MAX;

	if (!name)
		return;
	if (!strcmp(name, "read")) {
		t->reads++;
	} else if (!strcmp(name, "execve")) {
		if (fcd_client_string(r, "filename", &path) || strcmp(path, program))
			return;
		t->executions++;
		t->runs[pid] = true;
	} else {
		t->ends += t->runs[pid];
		t->runs[pid] = false;
		t->is_over |= r->tgid == (uint32_t)script;
	}
}

/* Until the script's own end has come, which is behind all that it did. */
static void follow(struct fcd_client *c, struct tally *t, pid_t script)
{
	time_t end = time(NULL) + DEADLINE_S;
	const struct fcd_envelope *r;
	int got;

	while (!t->is_over && time(NULL) < end) {
		got = fcd_client_next(c, &r, 1000);
		if (got < 0)
			errx(1, "the daemon is gone");
		if (got && r->kind == FCD_EVENT)
			count_event(t, r, script);
		else if (got && r->kind == FCD_GAP)
			t->lost += ((const struct fcd_gap *)(r + 1))->lost;
	}
}

static int verdict(const struct tally *t, unsigned long executed)
{
	bool is_good;

	printf("the script executed %lu, seen %lu and %lu ends; reads seen %lu, events lost %lu\n",
	       executed, t->executions, t->ends, t->reads, t->lost);
	if (!t->is_over)
		puts("the end of the script was never seen");
	if (!t->lost)
		puts("nothing was lost: the flood was too small to show anything");
	is_good = t->is_over && t->lost && executed && t->executions == executed &&
		  t->ends == executed;
	puts(is_good ? "every execution was seen" : "FAILED");
	return !is_good;
}

int main(int argc, char **argv)
{
	static struct tally t;
	struct fcd_client_error why;
	struct fcd_client *c = NULL;
	unsigned long executed = 0;
	FILE *said;
	pid_t script;

	if (argc != 4)
		errx(2, "usage: flood SOCKET EXECUTIONS PROGRAM");
	program = argv[3];
	if (fcd_client_open(&c, argv[1], &why) || fcd_client_subscribe(c, FILTER, 0, &why))
		errx(1, "%s", why.text);
	readers_start();
	script = script_start(argv[2], &said);
	follow(c, &t, script);
	readers_stop();
	if (fscanf(said, "%lu", &executed) != 1)
		puts("the script said nothing");
	waitpid(script, NULL, 0);
	fclose(said);
	fcd_client_close(c);
	return verdict(&t, executed);
}
