// SPDX-License-Identifier: MIT
/*
 * reader shm|json SOCKET EVERY [FILTER] - a subscriber that counts.
 *
 * Prints "on" once it is subscribed, a line after each EVERY events that it was given, and
 * when the daemon has ended "given N lost N".
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "client/falco-capture.h"

static unsigned long every, given, lost;

static void count(unsigned long events)
{
	unsigned long before = given / every;

	given += events;
	if (given / every != before)
		printf("%lu\n", given);
}

/* ---- shared memory ---- */

static void read_shm(const char *path, const char *filter)
{
	const struct fcd_envelope *r;
	struct fcd_client_error why;
	struct fcd_client *c;

	if (fcd_client_open(&c, path, &why) || fcd_client_subscribe(c, filter, 0, &why))
		errx(1, "%s", why.text);
	puts("on");
	while (fcd_client_next(c, &r, -1) == 1) {
		if (r->kind == FCD_EVENT)
			count(1);
		else if (r->kind == FCD_GAP)
			lost += ((const struct fcd_gap *)(r + 1))->lost;
	}
	fcd_client_close(c);
}

/* ---- JSON lines ---- */

#define GAP "\"type\":\"gap\",\"lost\":"

static void take_line(const char *line)
{
	const char *gap = strstr(line, GAP);

	if (gap)
		lost += strtoul(gap + strlen(GAP), NULL, 10);
	else
		count(1);
}

static FILE *connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		err(1, "%s", path);
	return fdopen(fd, "r");
}

static void read_json(const char *path, const char *filter)
{
	FILE *daemon = connect_to(path);
	char *line = NULL;
	size_t size = 0;

	dprintf(fileno(daemon), "{\"op\":\"subscribe\"%s%s}\n", filter ? ",\"filter\":" : "",
		filter ? filter : "");
	if (getline(&line, &size, daemon) < 0 || strncmp(line, "{\"ok\":true", 10))
		errx(1, "not subscribed: %s", line ? line : "");
	puts("on");
	while (getline(&line, &size, daemon) > 0)
		take_line(line);
	free(line);
	fclose(daemon);
}

int main(int argc, char **argv)
{
	if (argc < 4 || !(every = strtoul(argv[3], NULL, 10)))
		errx(2, "usage: reader shm|json SOCKET EVERY [FILTER]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "shm"))
		read_shm(argv[2], argv[4]);
	else
		read_json(argv[2], argv[4]);
	printf("given %lu lost %lu\n", given, lost);
	return 0;
}
