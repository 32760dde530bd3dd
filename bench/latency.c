// SPDX-License-Identifier: MIT
/*
 * latency SOCKET shm|frames|json COUNT - from a system call to a subscriber, in us, a line each.
 *
 * A child makes COUNT calls that nobody else makes (sysfs), one at a time, some 15 ms
 * apart, and says when. The subscriber asks for this call alone: what reaches it is the child's.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "client/falco-capture.h"

#define FILTER	  "{\"syscalls\":[\"sysfs\"]}"
#define WAIT_MS	  10000
#define APART_MIN 10000000L /* ns */
#define APART_MAX 20000000L

static struct fcd_client *client; /* shm */
static int stream;		  /* frames, json */

static void die(const char *what)
{
	fprintf(stderr, "latency: %s\n", what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the child ---- */

static void call_all(int count, volatile uint64_t *called, int seen)
{
	char byte;

	for (int i = 0; i < count; i++) {
		struct timespec apart = { .tv_nsec =
						  APART_MIN + random() % (APART_MAX - APART_MIN) };

		nanosleep(&apart, NULL);
		*called = now_ns();
		syscall(SYS_sysfs, 0);
		if (read(seen, &byte, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* ---- the subscriber ---- */

static void subscribe(const char *path, const char *form)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct fcd_client_error err;
	char reply[4096];

	if (!strcmp(form, "shm")) {
		if (fcd_client_open(&client, path, &err) ||
		    fcd_client_subscribe(client, FILTER, 0, &err))
			die(err.text);
		return;
	}
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	stream = socket(AF_UNIX, SOCK_STREAM, 0);
	if (stream < 0 || connect(stream, (struct sockaddr *)&at, sizeof(at)))
		die("no connection");
	dprintf(stream, "{\"op\":\"subscribe\",\"format\":\"%s\",\"filter\":" FILTER "}\n", form);
	if (read(stream, reply, sizeof(reply)) < 11 || memcmp(reply, "{\"ok\":true,", 11))
		die("no subscription");
}

static void receive(void)
{
	struct pollfd fd = { .fd = stream, .events = POLLIN };
	const struct fcd_envelope *r;
	char in[4096];

	if (client ? fcd_client_next(client, &r, WAIT_MS) != 1 || r->kind != FCD_EVENT
		   : poll(&fd, 1, WAIT_MS) != 1 || read(stream, in, sizeof(in)) <= 0)
		die("an event is missing");
}

int main(int argc, char **argv)
{
	int count = argc == 4 ? atoi(argv[3]) : 0, seen[2];
	uint64_t *called = mmap(NULL, sizeof(*called), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (count < 1)
		die("usage: latency SOCKET shm|frames|json COUNT");
	subscribe(argv[1], argv[2]);
	if (called == MAP_FAILED || pipe(seen))
		die("cannot set up");
	child = fork();
	if (child < 0)
		die("no process");
	if (!child) {
		close(seen[1]);
		call_all(count, called, seen[0]);
	}
	for (int i = 0; i < count; i++) {
		receive();
		printf("%.1f\n", (double)(now_ns() - *called) / 1000);
		if (write(seen[1], "", 1) != 1)
			die("the caller is gone");
	}
	return 0;
}
