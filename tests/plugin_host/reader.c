// SPDX-License-Identifier: MIT
/*
 * reader SOCKET FILTER [TYPE...] - a subscriber by shared memory: "subscribed", then a line for
 * each event (of these types), as host prints them, and "lost N" for a gap. Ends with the daemon.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "client/falco-capture.h"

static bool is_wanted(unsigned int type, char **types)
{
	if (!*types)
		return true;
	for (; *types; types++)
		if (strtoul(*types, NULL, 10) == type)
			return true;
	return false;
}

static void print(const struct fcd_envelope *record, char **types)
{
	const unsigned char *at = (const void *)(record + 1);
	const struct fcd_event *event = (const void *)at;

	if (record->kind == FCD_GAP)
		printf("lost %llu\n", (unsigned long long)((const struct fcd_gap *)event)->lost);
	if (record->kind != FCD_EVENT || !is_wanted(event->type, types))
		return;
	fputs("event ", stdout);
	for (uint32_t n = event->bytes; n; n--)
		printf("%02x", *at++);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const struct fcd_envelope *record;
	struct fcd_client_error why;
	struct fcd_client *c;
	int got;

	if (argc < 3)
		errx(2, "usage: reader SOCKET FILTER [TYPE...]");
	if (fcd_client_open(&c, argv[1], &why) || fcd_client_subscribe(c, argv[2], 0, &why))
		errx(1, "%s", why.text);
	puts("subscribed");
	do {
		fflush(stdout); /* nothing more for now */
		got = fcd_client_next(c, &record, -1);
		for (; got == 1; got = fcd_client_next(c, &record, 0))
			print(record, argv + 3);
	} while (!got);
	fcd_client_close(c);
	return 0;
}
