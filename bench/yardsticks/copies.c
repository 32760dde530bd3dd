// SPDX-License-Identifier: MIT
/*
 * copies SOCKET COUNT - the least that COUNT copies over unix sockets cost a daemon: each event is
 * read once, and each batch written once to each of COUNT stream sockets, without looking at it.
 * Says "ready" and ends when a line comes on stdin; what it costs is this process's CPU time.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "client/falco-capture.h"

#define COPIES_MAX 64
#define BATCH	   (64 << 10)
#define LOOK_MS	   100

static char batch[BATCH + (128 << 10)]; /* and the last record */
static int copy[COPIES_MAX];
static int copies;

static void read_all(int fd)
{
	static char in[1 << 16];

	while (read(fd, in, sizeof(in)) > 0)
		;
	_exit(0);
}

static int add_copy(void)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		close(pair[0]);
		for (int i = 0; i < copies; i++)
			close(copy[i]);
		read_all(pair[1]);
	}
	close(pair[1]);
	copy[copies++] = pair[0];
	return 0;
}

static int write_batch(size_t len)
{
	for (int i = 0; i < copies; i++)
		for (size_t at = 0; at < len;) {
			ssize_t n = write(copy[i], batch + at, len - at);

			if (n <= 0)
				return -1;
			at += n;
		}
	return 0;
}

/* What there is, at most a batch; waits for the first. */
static int copy_some(struct fcd_client *c)
{
	const struct fcd_envelope *r;
	size_t len = 0;
	int got = fcd_client_next(c, &r, LOOK_MS);

	while (got == 1) {
		memcpy(batch + len, r, r->bytes);
		len += r->bytes;
		got = len < BATCH ? fcd_client_next(c, &r, 0) : 0;
	}
	return got < 0 ? got : write_batch(len);
}

int main(int argc, char **argv)
{
	int want = argc > 2 ? atoi(argv[2]) : 0;
	struct fcd_client_error err;
	struct fcd_client *c = NULL;
	struct pollfd in = { .fd = 0, .events = POLLIN };

	if (want < 1 || want > COPIES_MAX)
		return fprintf(stderr, "usage: copies SOCKET COUNT, 1 to %d\n", COPIES_MAX), 2;
	signal(SIGCHLD, SIG_IGN);
	while (copies < want)
		if (add_copy())
			return perror("copies"), 1;
	if (fcd_client_open(&c, argv[1], &err) || fcd_client_subscribe(c, NULL, 0, &err))
		return fprintf(stderr, "copies: %s\n", err.text), 1;
	puts("ready");
	fflush(stdout);
	while (poll(&in, 1, 0) == 0)
		if (copy_some(c))
			return 1;
	return 0;
}
