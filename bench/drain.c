// SPDX-License-Identifier: MIT
/*
 * drain SOCKET FILTER - subscribe and look at each record until a line comes on stdin.
 * Says "ready" when the daemon has attached, and at the end what it saw. The same
 * protocol as the yardstick `bare`.
 */
#include <poll.h>
#include <stdio.h>
#include "client/falco-capture.h"

int main(int argc, char **argv)
{
	const struct fcd_envelope *r;
	struct fcd_client_error err;
	struct fcd_client *c = NULL;
	unsigned long seen = 0, lost = 0, sum = 0;
	int got;

	if (argc != 3)
		return fprintf(stderr, "usage: drain SOCKET FILTER\n"), 2;
	if (fcd_client_open(&c, argv[1], &err) || fcd_client_subscribe(c, argv[2], 0, &err))
		return fprintf(stderr, "drain: %s\n", err.text), 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[] = { { .fd = 0, .events = POLLIN },
					{ .fd = fcd_client_fd(c), .events = POLLIN } };

		while ((got = fcd_client_next(c, &r, 0)) == 1) {
			if (r->kind == FCD_GAP)
				lost += ((const struct fcd_gap *)(r + 1))->lost;
			else
				seen++;
			sum += r->bytes;
		}
		if (got < 0 || (poll(fds, 2, -1) > 0 && fds[0].revents))
			break;
	}
	printf("seen %lu lost %lu bytes %lu\n", seen, lost, sum);
	fcd_client_close(c);
	return got < 0;
}
