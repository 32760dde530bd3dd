// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include "cli/stats.h"

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

/* What is shown, and what it is compared with. */
struct view {
	const json_t *now, *before; /* the same object of both; before may be NULL */
	double seconds;
};

static struct view view_of(const struct view *v, const char *key)
{
	return (struct view){ json_object_get(v->now, key), json_object_get(v->before, key),
			      v->seconds };
}

static double rate(const struct view *v, const char *key)
{
	return (double)(ctl_number(v->now, key) - ctl_number(v->before, key)) / v->seconds;
}

static void show_row(const struct view *v, const char *key, const char *meaning)
{
	printf("  %-10s %15lld", key, ctl_number(v->now, key));
	if (v->before && strcmp(key, "in_flight"))
		printf(" %12.0f/s", rate(v, key));
	else if (v->before)
		printf("%15s", "");
	printf("%s%s\n", *meaning ? "  " : "", meaning);
}

/* What this program does not know yet is shown too, after the rest. */
static void show_rest(const struct view *v, const struct row *rows)
{
	const char *key;
	json_t *value;
	const struct row *r;

	json_object_foreach((json_t *)v->now, key, value)
	{
		for (r = rows; r->key && strcmp(r->key, key); r++)
			;
		if (!r->key)
			show_row(v, key, "");
	}
}

static void show_rows(const struct view *v, const struct row *rows)
{
	const struct row *r;

	for (r = rows; r->key; r++)
		if (json_object_get(v->now, r->key))
			show_row(v, r->key, r->meaning);
}

/* Which ring of a CPU was too small; the setting of each is the engine's. */
static void show_full(const json_t *engine)
{
	const char *ring, *between = "  of ring_full: ";
	json_t *n;

	if (!ctl_number(json_object_get(engine, "lost"), "ring_full"))
		return;
	json_object_foreach(json_object_get(engine, "ring_full"), ring, n)
	{
		printf("%s%s %lld", between, ring, (long long)json_integer_value(n));
		between = ", ";
	}
	if (json_object_get(engine, "ring_full"))
		putchar('\n');
}

static void show_gone(const json_t *gone)
{
	if (!ctl_number(gone, "subscribers"))
		return;
	printf("gone: %lld subscribers (%lld were too slow and disconnected): delivered %lld, "
	       "filtered %lld, overrun %lld\n",
	       ctl_number(gone, "subscribers"), ctl_number(gone, "disconnected"),
	       ctl_number(gone, "delivered"), ctl_number(gone, "filtered"),
	       ctl_number(gone, "overrun"));
}

void stats_show(const json_t *now, const json_t *before, double seconds)
{
	const struct view all = { now, before, seconds };
	const struct view engine = view_of(&all, "engine"), lost = view_of(&engine, "lost");
	const json_t *ring = json_object_get(now, "broadcast");

	printf("engine %s: %lld %s, %lld rings\n", ctl_text(engine.now, "name"),
	       ctl_number(engine.now, "attached"),
	       strcmp(ctl_text(engine.now, "name"), "userspace") ? "hooks attached"
								 : "producers connected",
	       ctl_number(engine.now, "rings"));
	show_rows(&engine, engine_rows);
	printf("lost\n");
	show_rows(&lost, lost_rows);
	show_rest(&lost, lost_rows);
	show_full(engine.now);
	printf("also\n");
	show_rows(&engine, other_rows);
	printf("broadcast ring: %lld KiB, %lld events, %lld bytes so far\n",
	       ctl_number(ring, "bytes") / 1024, ctl_number(ring, "seq"),
	       ctl_number(ring, "published"));
	ctl_show_subscribers(now, ctl_number(ring, "seq"));
	show_gone(json_object_get(now, "gone"));
}

static long long sum_of(const json_t *object)
{
	long long sum = 0;
	const char *key;
	json_t *n;

	json_object_foreach((json_t *)object, key, n)
	{
		sum += json_integer_value(n);
	}
	return sum;
}

void stats_show_line(const json_t *now, const json_t *before, double seconds)
{
	const struct view all = { now, before, seconds };
	const struct view engine = view_of(&all, "engine"), lost = view_of(&engine, "lost");

	printf("produced %.0f/s published %.0f/s excluded %.0f/s lost %.0f/s in_flight %lld "
	       "subscribers %zu\n",
	       rate(&engine, "produced"), rate(&engine, "published"), rate(&engine, "excluded"),
	       (double)(sum_of(lost.now) - sum_of(lost.before)) / seconds,
	       ctl_number(engine.now, "in_flight"),
	       json_array_size(json_object_get(now, "subscribers")));
}
