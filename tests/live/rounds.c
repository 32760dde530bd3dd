// SPDX-License-Identifier: MIT
/*
 * rounds SOCKET ROUNDS THREADS - is every system call delivered or named in a gap?
 *
 * Subscribes, then forks a child whose threads make ROUNDS rounds of openat, write, read,
 * close at full speed. The child's own count is what must come out: its events seen plus the
 * events in gaps. Of a gap nobody knows whose events they were: with gaps and events of other
 * processes the sum is only bounded, and that is said.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "client/falco-capture.h"

#define FILTER	    "{\"syscalls\":[\"openat\",\"write\",\"read\",\"close\",\"kill\"]}"
#define THREADS_MAX 64
#define DEADLINE_S  120

static unsigned long rounds;
static unsigned int threads;

/* What the child did, in memory that both see. */
static struct {
	unsigned long calls[THREADS_MAX];
} * done;

static void *work(void *arg)
{
	unsigned long *calls = arg, n = 0;
	char path[64], byte = 'x';
	int fd;

	snprintf(path, sizeof(path), "/tmp/fcd-rounds-%ld", syscall(SYS_gettid));
	for (unsigned long i = 0; i < rounds; i++) {
		fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0600);
		syscall(SYS_write, fd, &byte, 1);
		syscall(SYS_read, fd, &byte, 1);
		syscall(SYS_close, fd);
		n += 4;
	}
	*calls = n;
	syscall(SYS_unlink, path);
	return NULL;
}

/* Work, then say so by a kill of nobody until the parent has seen it. */
static void child(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	pthread_t thread[THREADS_MAX];
	unsigned int i;

	alarm(DEADLINE_S);
	for (i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, &done->calls[i]))
			_exit(1);
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	for (;;) {
		syscall(SYS_kill, getpid(), 0);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

struct tally {
	unsigned long own, foreign, ends, lost, lost_by[FCD_LOSSES];
};

static void count(struct tally *t, const struct fcd_envelope *r, unsigned int tgid)
{
	const struct fcd_event *e = (const struct fcd_event *)(r + 1);
	const struct fcd_gap *g = (const struct fcd_gap *)(r + 1);

	if (r->kind == FCD_GAP) {
		t->lost += g->lost;
		t->lost_by[g->cause % FCD_LOSSES] += g->lost;
	} else if (r->kind != FCD_EVENT) {
		return;
	} else if (r->tgid != tgid) {
		t->foreign++;
	} else if (e->type == 129) { /* SYSCALL_KILL_X */
		t->ends++;
	} else {
		t->own++;
	}
}

/* Read until the child has said that it is done. */
static void follow(struct fcd_client *c, unsigned int tgid, struct tally *t)
{
	time_t end = time(NULL) + DEADLINE_S;
	const struct fcd_envelope *r;
	int got;

	while (!t->ends && time(NULL) < end) {
		got = fcd_client_next(c, &r, 1000);
		if (got < 0)
			errx(1, "the daemon is gone");
		if (got)
			count(t, r, tgid);
	}
}

static int verdict(const struct tally *t, unsigned long calls)
{
	int bad;

	printf("calls %lu seen %lu lost %lu of others %lu\n", calls, t->own, t->lost, t->foreign);
	for (int i = 0; i < FCD_LOSSES; i++)
		if (t->lost_by[i])
			printf("lost by cause %d: %lu\n", i, t->lost_by[i]);
	if (!t->ends)
		puts("the end was never seen");
	if (t->lost && t->foreign) {
		puts("other processes made events too: whose were lost is not known");
		bad = t->own > calls || t->own + t->lost < calls;
	} else {
		bad = t->own + t->lost != calls;
	}
	if (t->lost_by[FCD_LOSS_MISSED])
		puts("the kernel skipped the probe: the wrong way to attach was chosen");
	bad = bad || !t->ends || t->lost_by[FCD_LOSS_MISSED];
	puts(bad ? "FAILED" : "every call is accounted for");
	return bad;
}

int main(int argc, char **argv)
{
	struct fcd_client_error why;
	struct fcd_client *c = NULL;
	struct tally t = { 0 };
	unsigned long calls = 0;
	pid_t pid;

	if (argc != 4)
		errx(2, "usage: rounds SOCKET ROUNDS THREADS");
	rounds = strtoul(argv[2], NULL, 10);
	threads = strtoul(argv[3], NULL, 10);
	if (!threads || threads > THREADS_MAX)
		errx(2, "1 to %d threads", THREADS_MAX);
	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		err(1, "mmap");
	if (fcd_client_open(&c, argv[1], &why) || fcd_client_subscribe(c, FILTER, 0, &why))
		errx(1, "%s", why.text);
	pid = fork();
	if (!pid)
		child();
	follow(c, pid, &t);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fcd_client_close(c);
	for (unsigned int i = 0; i < threads; i++)
		calls += done->calls[i];
	return verdict(&t, calls);
}
