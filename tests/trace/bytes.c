/* SPDX-License-Identifier: MIT */
/*
 * bytes.c - the events of a daemon as bytes, a line each, for same_bytes.py:
 *
 *	trace-bytes SOCKET FILTER
 *
 * Prints "subscribed", then for each event: process, thread, type, the envelope's flags, number, and
 * of each parameter a dot and its bytes in hex. "lost N" for a gap. Ends when it is killed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client/falco-capture.h"

static void print_hex(const unsigned char *at, size_t len)
{
	putchar('.');
	for (size_t i = 0; i < len; i++)
		printf("%02x", at[i]);
}

/* The library delivers records that are well-formed. */
static void print_event(const struct fcd_envelope *record)
{
	const struct fcd_event *e = (const void *)(record + 1);
	const unsigned char *lens = (const void *)(e + 1), *at = lens + 2 * e->nparams;
	uint16_t len;

	printf("%u %llu %u %u %llu", record->tgid, (unsigned long long)e->tid, e->type,
	       record->flags, (unsigned long long)record->seq);
	for (unsigned int i = 0; i < e->nparams; i++, at += len) {
		memcpy(&len, lens + 2 * i, sizeof(len));
		putchar(' ');
		print_hex(at, len);
	}
	putchar('\n');
}

static void print_gap(const struct fcd_envelope *record)
{
	const struct fcd_gap *gap = (const void *)(record + 1);

	printf("lost %llu\n", (unsigned long long)gap->lost);
}

static int follow(struct fcd_client *c)
{
	const struct fcd_envelope *record;
	int ret;

	for (;;) {
		ret = fcd_client_next(c, &record, 0);
		if (!ret) {
			fflush(stdout); /* nothing more for now */
			ret = fcd_client_next(c, &record, -1);
		}
		if (ret < 0)
			return 1;
		if (record->kind == FCD_EVENT)
			print_event(record);
		else if (record->kind == FCD_GAP)
			print_gap(record);
	}
}

int main(int argc, char **argv)
{
	struct fcd_client_error err;
	struct fcd_client *c;

	if (argc != 3) {
		fprintf(stderr, "usage: %s SOCKET FILTER\n", argv[0]);
		return 2;
	}
	if (fcd_client_open(&c, argv[1], &err) || fcd_client_subscribe(c, argv[2], 0, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	puts("subscribed");
	fflush(stdout);
	return follow(c);
}
