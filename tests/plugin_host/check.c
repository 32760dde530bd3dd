// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

enum kind { NEVER, PAIRED, PLAIN, EXIT };

#define ANY    0xfe
#define STRING 0xff

struct row {
	const char *code;
	enum kind kind;
	uint8_t nparams;
	bool needs_all; /* its state is followed: a parameter that is not there is read */
	bool is_full;	/* a number without a value ends Falco */
	uint8_t want[32];
};

#include "check_table.h"

#define ROWS	 (sizeof(rows) / sizeof(rows[0]))
#define AHEAD_NS 2000000000ULL

struct header {
	uint64_t ts;
	uint64_t tid;
	uint32_t len;
	uint16_t type;
	uint32_t nparams;
} __attribute__((packed));

_Static_assert(sizeof(struct header) == 26, "as Falco's");

#define WRONG(c, ...) (snprintf((c)->why, sizeof((c)->why), __VA_ARGS__), -EPROTO)

/* The first id that such a Falco does not know. */
static unsigned int first_unknown(unsigned int schema)
{
	return schema > 4 ? 454 : schema > 2 ? 430 : 418;
}

/* A string is of one NUL, its last byte. */
static bool is_string(const char *data, uint16_t len)
{
	return strnlen(data, len) == (size_t)len - 1;
}

static int check_value(struct check *c, const struct row *row, unsigned int i, const char *data,
		       uint16_t len)
{
	uint8_t want = row->want[i];

	if (want == STRING)
		return !len || is_string(data, len)
			       ? 0
			       : WRONG(c, "parameter %u of %s: no string of %u bytes", i, row->code,
				       len);
	if (want == ANY || len == want || (!len && !row->is_full))
		return 0;
	return WRONG(c, "parameter %u of %s: expected length %u, found %u", i, row->code, want,
		     len);
}

static int check_params(struct check *c, const struct row *row, const struct header *h,
			const char *event)
{
	const char *lens = event + sizeof(*h), *data = lens + 2 * (size_t)h->nparams;
	uint32_t sum = sizeof(*h) + 2 * h->nparams, i;
	uint16_t len;
	int err;

	if (sum > h->len)
		return WRONG(c, "the lengths of %s go beyond its %u bytes", row->code, h->len);
	for (i = 0; i < h->nparams; i++, data += len, sum += len) {
		memcpy(&len, lens + 2 * (size_t)i, sizeof(len));
		if (len > h->len - sum)
			return WRONG(c, "parameter %u of %s goes beyond its %u bytes", i, row->code,
				     h->len);
		err = check_value(c, row, i, data, len);
		if (err)
			return err;
	}
	return sum == h->len ? 0 : WRONG(c, "%s has %u bytes, says %u", row->code, sum, h->len);
}

static int check_count(struct check *c, const struct row *row, uint32_t nparams)
{
	uint32_t least = row->needs_all ? row->nparams : row->kind == EXIT;

	if (nparams > row->nparams || nparams < least)
		return WRONG(c, "%s with %u parameters", row->code, nparams);
	return 0;
}

static int check_type(struct check *c, const struct header *h)
{
	if (h->type >= first_unknown(c->schema) || h->type >= ROWS)
		return WRONG(c, "type %u is unknown to schema %u", h->type, c->schema);
	if (rows[h->type].kind == NEVER || (rows[h->type].kind == PAIRED && c->schema >= 4))
		return WRONG(c, "%s may not be sent", rows[h->type].code);
	return 0;
}

/* An enter event is one of the thread's that is followed by its exit at once. */
static int check_pair(struct check *c, const struct header *h)
{
	bool is_exit = h->type == c->entered.type + 1 && h->tid == c->entered.tid &&
		       h->ts >= c->entered.ts;

	if (c->entered.is_set && !is_exit)
		return WRONG(c, "%s instead of the exit of %s", rows[h->type].code,
			     rows[c->entered.type].code);
	c->entered.is_set = rows[h->type].kind == PAIRED;
	c->entered.type = h->type;
	c->entered.tid = h->tid;
	c->entered.ts = h->ts;
	return 0;
}

int check_event(struct check *c, const void *event)
{
	struct header h;
	int err;

	if (!event)
		return WRONG(c, "no event: NULL");
	memcpy(&h, event, sizeof(h));
	if (h.len < sizeof(h))
		return WRONG(c, "an event of %u bytes", h.len);
	err = check_type(c, &h);
	if (!err)
		err = check_count(c, &rows[h.type], h.nparams);
	if (!err)
		err = check_params(c, &rows[h.type], &h, event);
	if (!err)
		err = check_pair(c, &h);
	if (!err && h.ts > c->now_ns + AHEAD_NS) /* 2^64 - 1 too: the host writes into the event */
		err = WRONG(c, "%s has a time ahead of the clock's", rows[h.type].code);
	return err;
}
