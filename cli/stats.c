// SPDX-License-Identifier: MIT
/* falco-capturectl stats: the ledger. */
#include <stdio.h>
#include <string.h>
#include "cli/ctl.h"

struct row {
	const char *key;
	const char *meaning;
};

static const struct row engine_rows[] = {
	{ "produced", "events that the engine began" },
	{ "published", "of these, handed to subscribers" },
	{ "excluded", "of these, the daemon's and its subscribers' own" },
	{ "in_flight", "of these, still on their way" },
	{ NULL, NULL },
};

static const struct row lost_rows[] = {
	{ "ring_full", "the daemon came too late to a ring of the engine" },
	{ "nested", "events interrupted each other too deeply" },
	{ "too_big", "events above 64 KiB" },
	{ "no_ring", "on a CPU that came online later" },
	{ "missed", "the kernel did not run the probe" },
	{ "broken", "a ring's content was malformed" },
	{ NULL, NULL },
};

static const struct row other_rows[] = {
	{ "late", "published out of order" },
	{ "faults", "parameters whose memory could not be read" },
	{ "untracked", "32-bit calls without a 64-bit counterpart" },
	{ "wakes", "times that the daemon was woken" },
	{ NULL, NULL },
};

/* What this program does not know yet is shown too, after the rest. */
static void show_rest(const json_t *object, const struct row *rows)
{
	const char *key;
	json_t *value;
	const struct row *r;

	json_object_foreach((json_t *)object, key, value)
	{
		for (r = rows; r->key && strcmp(r->key, key); r++)
			;
		if (!r->key)
			printf("  %-10s %15lld\n", key, (long long)json_integer_value(value));
	}
}

static void show_rows(const json_t *object, const struct row *rows)
{
	const struct row *r;

	for (r = rows; r->key; r++)
		if (json_object_get(object, r->key))
			printf("  %-10s %15lld  %s\n", r->key, ctl_number(object, r->key),
			       r->meaning);
}

static void show(const json_t *reply)
{
	const json_t *engine = json_object_get(reply, "engine");
	const json_t *lost = json_object_get(engine, "lost");
	const json_t *ring = json_object_get(reply, "broadcast");

	printf("engine %s: %lld %s, %lld rings\n", ctl_text(engine, "name"),
	       ctl_number(engine, "attached"),
	       strcmp(ctl_text(engine, "name"), "userspace") ? "hooks attached"
							     : "producers connected",
	       ctl_number(engine, "rings"));
	show_rows(engine, engine_rows);
	printf("lost\n");
	show_rows(lost, lost_rows);
	show_rest(lost, lost_rows);
	printf("also\n");
	show_rows(engine, other_rows);
	printf("broadcast ring: %lld KiB, %lld events, %lld bytes so far\n",
	       ctl_number(ring, "bytes") / 1024, ctl_number(ring, "seq"),
	       ctl_number(ring, "published"));
	ctl_show_subscribers(reply);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	return ctl_query(cmd, argc, argv, show);
}

const struct ctl_command ctl_stats = {
	.name = "stats",
	.summary = "the ledger: what became of the events, what was lost and why",
	.help = "Usage: " CTL_PROGRAM " stats [OPTION...]\n\n"
		"Show what became of every event since the daemon started. Nothing is lost "
		"silently:\n"
		"what is missing anywhere is counted here, by cause.\n\n"
		"Options:\n"
		"      --json         the daemon's answer as it is, one line of JSON\n"
		"      --socket PATH  the daemon's socket\n"
		"  -h, --help         this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " stats\n"
		"  " CTL_PROGRAM
		" stats --json | jq '.engine.lost | add'    all losses of the engine\n",
	.run = run,
};
