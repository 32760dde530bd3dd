// SPDX-License-Identifier: MIT
/*
 * drain SOCKET shm|frames|json FILTER - subscribe and read until a line comes on stdin. Says
 * "ready" when the daemon has attached, and at the end what it saw. The same protocol as the
 * yardstick `bare`.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "client/falco-capture.h"

#define LOOK_MS	   100
#define LOOK_EVERY 4096 /* records */

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static bool is_over(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	return poll(&in, 1, 0) != 0;
}

static int drain_shm(const char *path, const char *filter)
{
	unsigned long records = 0, lost = 0, sum = 0;
	const struct fcd_envelope *r;
	struct fcd_client_error err;
	struct fcd_client *c = NULL;
	int got;

	if (fcd_client_open(&c, path, &err) || fcd_client_subscribe(c, filter, 0, &err))
		return fprintf(stderr, "drain: %s\n", err.text), 1;
	say_ready();
	while ((got = fcd_client_next(c, &r, LOOK_MS)) >= 0) {
		if (got) {
			if (r->kind == FCD_GAP)
				lost += ((const struct fcd_gap *)(r + 1))->lost;
			sum += r->bytes;
			records++;
		}
		if ((!got || records % LOOK_EVERY == 0) && is_over())
			break;
	}
	printf("records %lu lost %lu bytes %lu\n", records, lost, sum);
	fcd_client_close(c);
	return got < 0;
}

static int stream_open(const char *path, const char *form, const char *filter)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    dprintf(fd, "{\"op\":\"subscribe\",\"format\":\"%s\",\"filter\":%s}\n", form, filter) <
		    0)
		return -1;
	return fd;
}

/* What the daemon sends is taken, not looked at: it is the daemon that is measured. */
static int drain_stream(const char *path, const char *form, const char *filter)
{
	int fd = stream_open(path, form, filter);
	struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	unsigned long sum = 0;
	static char in[1 << 16];
	ssize_t n = read(fd, in, sizeof(in));

	if (n < 11 || memcmp(in, "{\"ok\":true,", 11))
		return fprintf(stderr, "drain: no subscription: %.*s\n", (int)(n > 0 ? n : 0), in),
		       1;
	say_ready();
	while (n > 0 && poll(fds, 2, -1) > 0 && !fds[0].revents) {
		n = read(fd, in, sizeof(in));
		sum += n > 0 ? n : 0;
	}
	printf("bytes %lu\n", sum);
	return n <= 0;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return fprintf(stderr, "usage: drain SOCKET shm|frames|json FILTER\n"), 2;
	if (!strcmp(argv[2], "shm"))
		return drain_shm(argv[1], argv[3]);
	return drain_stream(argv[1], argv[2], argv[3]);
}
