// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "core/engines.h"
#include "core/filter.h"
#include "core/format.h"
#include "core/table.h"
#include "daemon/conn.h"
#include "daemon/reply.h"

/* A double, which is what JSON's readers make of a number, is exact up to here. */
#define NUMBER_MAX (1ULL << 53)

static void add_key(struct fcd_text *t, const char *key)
{
	char last = t->len ? t->at[t->len - 1] : '{';

	if (last != '{' && last != '[')
		fcd_text_char(t, ',');
	fcd_text_char(t, '"');
	fcd_text_str(t, key);
	fcd_text_str(t, "\":");
}

static void add_text(struct fcd_text *t, const char *key, const char *value)
{
	add_key(t, key);
	fcd_text_json(t, value, strlen(value));
}

/* Subscribers can write anything into their pages: what is beyond all counting is cut. */
static void add_number(struct fcd_text *t, const char *key, uint64_t value)
{
	add_key(t, key);
	fcd_text_u64(t, value < NUMBER_MAX ? value : NUMBER_MAX);
}

static void add_versions(struct fcd_text *t, const struct fcd_server *s)
{
	char abi[16];

	snprintf(abi, sizeof(abi), "%d.%d", FCD_ABI_MAJOR, FCD_ABI_MINOR);
	add_text(t, "engine", s->engine->name);
	add_text(t, "schema", FCD_SCHEMA);
	add_text(t, "abi", abi);
	add_number(t, "wire", FCD_WIRE);
}

void fcd_reply_error(struct fcd_text *t, const char *code, const struct fcd_err *err)
{
	fcd_text_str(t, "{\"ok\":false");
	add_text(t, "code", code);
	add_text(t, "error", err->text);
	add_text(t, "hint", err->hint);
	fcd_text_str(t, "}\n");
}

void fcd_reply_subscribed(struct fcd_text *t, const struct fcd_server *s, uint64_t seq,
			  enum fcd_stream format)
{
	fcd_text_str(t, "{\"ok\":true");
	add_versions(t, s);
	add_number(t, "seq", seq);
	add_text(t, "format", fcd_stream_name(format));
	fcd_text_str(t, "}\n");
}

static void add_subscriber(struct fcd_text *t, const struct fcd_conn *c)
{
	struct fcd_books books;

	fcd_books_read(c->page, &books);
	fcd_text_char(t, '{');
	add_number(t, "pid", (uint64_t)c->peer.pid);
	add_number(t, "uid", c->peer.uid);
	add_text(t, "format", fcd_stream_name(c->request.format));
	add_number(t, "first", FCD_LOAD(&c->page->first));
	add_number(t, "seq", books.seq);
	add_number(t, "delivered", books.delivered);
	add_number(t, "filtered", books.filtered);
	add_number(t, "overrun", books.overrun);
	fcd_text_char(t, '}');
}

static void add_subscribers(struct fcd_text *t, const struct fcd_server *s)
{
	const struct fcd_conn *c;
	const char *between = "";

	add_key(t, "subscribers");
	fcd_text_char(t, '[');
	for (c = s->conns; c; c = c->next) {
		if (c->state != FCD_CONN_STREAM && c->state != FCD_CONN_SHM)
			continue;
		fcd_text_str(t, between);
		between = ",";
		add_subscriber(t, c);
	}
	fcd_text_char(t, ']');
}

static void add_refused(struct fcd_text *t, const struct fcd_engine_choice *engine)
{
	uint32_t i;

	add_key(t, "refused");
	fcd_text_char(t, '[');
	for (i = 0; i < engine->refused_count; i++) {
		fcd_text_str(t, i ? ",{" : "{");
		add_text(t, "engine", engine->refused[i].name);
		add_text(t, "error", engine->refused[i].err.text);
		add_text(t, "hint", engine->refused[i].err.hint);
		fcd_text_char(t, '}');
	}
	fcd_text_char(t, ']');
}

static void add_name(struct fcd_text *t, const char *name, unsigned int before)
{
	fcd_text_str(t, before ? "," : "");
	fcd_text_json(t, name, strlen(name));
}

/* Names of system calls that exist, and of tracepoints; returns how many. */
static unsigned int add_names(struct fcd_text *t, const struct fcd_interest *i)
{
	unsigned int nr, n = 0;

	add_key(t, "syscalls");
	fcd_text_char(t, '[');
	for (nr = 0; nr < FCD_SYSCALLS_MAX; nr++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(nr);

		if (!call || !(i->syscalls[nr / 64] >> nr % 64 & 1))
			continue;
		add_name(t, call->name, n++);
	}
	for (nr = 0; nr < FCD_TRACEPOINTS; nr++)
		if (i->tracepoints & fcd_tracepoints[nr].bit)
			add_name(t, fcd_tracepoints[nr].name, n++);
	fcd_text_char(t, ']');
	return n;
}

void fcd_reply_status(struct fcd_text *t, const struct fcd_server *s)
{
	const struct fcd_cast_header *h = fcd_cast_header(fcd_capture_cast(s->capture));

	fcd_text_str(t, "{\"ok\":true");
	add_text(t, "version", FCD_VERSION);
	add_versions(t, s);
	add_key(t, "attached");
	fcd_text_str(t, s->report.engine.attached ? "true" : "false");
	add_text(t, "canary", fcd_canary_name(s->report.canary));
	add_refused(t, s->engine);
	add_number(t, "pid", (uint64_t)getpid());
	add_number(t, "uptime_s", (uv_now(&s->loop) - s->started_ms) / 1000);
	add_text(t, "socket", s->socket->path);
	add_number(t, "interest", add_names(t, &s->report.interest));
	add_number(t, "seq", FCD_LOAD(&h->seq));
	add_subscribers(t, s);
	fcd_text_str(t, "}\n");
}

static void add_gone(struct fcd_text *t, const struct fcd_books_gone *gone)
{
	add_key(t, "gone");
	fcd_text_char(t, '{');
	add_number(t, "subscribers", gone->count);
	add_number(t, "disconnected", gone->disconnected);
	add_number(t, "delivered", gone->delivered);
	add_number(t, "filtered", gone->filtered);
	add_number(t, "overrun", gone->overrun);
	fcd_text_char(t, '}');
}

static void add_lost(struct fcd_text *t, const struct fcd_pump_stats *p)
{
	uint32_t i;

	add_key(t, "lost");
	fcd_text_char(t, '{');
	for (i = 0; i < FCD_LOSSES; i++)
		if (i != FCD_LOSS_OVERRUN && i != FCD_LOSS_RESTART) /* each subscriber's own */
			add_number(t, fcd_loss_name(i), p->lost[i]);
	fcd_text_char(t, '}');
}

/* Of the losses of full rings: a block has these three at most. */
static void add_full(struct fcd_text *t, const uint64_t *full)
{
	static const char *const name[] = { "main", "nesting", "priority" };
	uint32_t i;

	add_key(t, "ring_full");
	fcd_text_char(t, '{');
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		add_number(t, name[i], full[i]);
	fcd_text_char(t, '}');
}

void fcd_reply_stats(struct fcd_text *t, const struct fcd_server *s)
{
	const struct fcd_cast_header *h = fcd_cast_header(fcd_capture_cast(s->capture));
	const struct fcd_pump_stats *p = &s->report.pump;

	fcd_text_str(t, "{\"ok\":true,\"engine\":{");
	add_text(t, "name", s->engine->name);
	add_number(t, "attached", s->report.engine.attached);
	add_number(t, "rings", p->rings);
	add_number(t, "produced", p->produced);
	add_number(t, "published", p->published);
	add_number(t, "excluded", p->excluded);
	add_number(t, "in_flight", p->in_flight);
	add_lost(t, p);
	add_full(t, p->full);
	add_number(t, "late", p->late);
	add_number(t, "faults", p->faults);
	add_number(t, "untracked", p->untracked);
	add_number(t, "wakes", p->wakes);
	fcd_text_str(t, "},\"broadcast\":{");
	add_number(t, "seq", FCD_LOAD(&h->seq));
	add_number(t, "published", FCD_LOAD(&h->published));
	add_number(t, "bytes", h->lane[FCD_LANE_BULK].bytes);
	add_number(t, "priority_bytes", h->lane[FCD_LANE_PRIORITY].bytes);
	fcd_text_char(t, '}');
	add_subscribers(t, s);
	add_gone(t, &s->gone);
	fcd_text_str(t, "}\n");
}

/* Files of a folder are read here, by the loop: they are few and small, and only a person asks. */
int fcd_reply_engines(struct fcd_text *t, const struct fcd_server *s, struct fcd_err *err)
{
	size_t before = t->len;
	int ret;

	fcd_text_str(t, "{\"ok\":true,");
	ret = fcd_engines_json(t, s->engine->dir, err);
	if (ret)
		t->len = before;
	else
		fcd_text_str(t, "}\n");
	return ret;
}
