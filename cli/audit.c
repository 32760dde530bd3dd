// SPDX-License-Identifier: MIT
/* Each event is accounted for once: the two sums of the ledger (docs/wire.md). */
#include <stdio.h>
#include "cli/stats.h"

struct sum {
	long long total, terms;
	int is_shown;
};

static void begin(struct sum *s, const char *name, long long total)
{
	s->total = total;
	s->terms = 0;
	if (s->is_shown)
		printf(" %s %lld =", name, total);
}

static void add(struct sum *s, const char *name, long long term)
{
	if (s->is_shown)
		printf("%s %s %lld", s->terms ? " +" : "", name, term);
	s->terms += term;
}

/* 1: it is off. */
static unsigned int end(const struct sum *s)
{
	long long off = s->total - s->terms;

	if (!s->is_shown)
		return off != 0;
	if (!off)
		puts(": holds");
	else if (off > 0)
		printf(": OFF, %lld events are missing\n", off);
	else
		printf(": OFF, %lld events too many\n", -off);
	return off != 0;
}

static unsigned int audit_engine(struct sum *s, const json_t *engine)
{
	const char *cause;
	json_t *n;

	if (s->is_shown)
		printf("engine %s:", ctl_text(engine, "name"));
	begin(s, "produced", ctl_number(engine, "produced"));
	add(s, "published", ctl_number(engine, "published"));
	add(s, "excluded", ctl_number(engine, "excluded"));
	add(s, "in_flight", ctl_number(engine, "in_flight"));
	json_object_foreach(json_object_get(engine, "lost"), cause, n)
	{
		add(s, cause, json_integer_value(n));
	}
	return end(s);
}

static unsigned int audit_subscriber(struct sum *s, const json_t *subscriber)
{
	if (s->is_shown)
		printf("subscriber %lld (%s):", ctl_number(subscriber, "pid"),
		       ctl_text(subscriber, "format"));
	begin(s, "events", ctl_number(subscriber, "seq") - ctl_number(subscriber, "first"));
	add(s, "delivered", ctl_number(subscriber, "delivered"));
	add(s, "filtered", ctl_number(subscriber, "filtered"));
	add(s, "overrun", ctl_number(subscriber, "overrun"));
	return end(s);
}

unsigned int stats_audit(const json_t *stats, int is_shown)
{
	struct sum s = { .is_shown = is_shown };
	unsigned int off = audit_engine(&s, json_object_get(stats, "engine"));
	const json_t *subscriber;
	size_t i;

	json_array_foreach(json_object_get(stats, "subscribers"), i, subscriber)
	{
		off += audit_subscriber(&s, subscriber);
	}
	return off;
}
