// SPDX-License-Identifier: MIT
#include "abi/ring_io.h"
#include "core/err.h"
#include "core/format.h"
#include "daemon/log.h"
#include "daemon/reply.h"
#include "daemon/server.h"
#include "daemon/subscription.h"

#define TURN_RECORDS 1024	 /* then it is another client's turn */
#define OUT_MAX	     (256 << 10) /* then the ring waits, and may overtake us */
#define LAST_CHECKS  5		 /* then a client that was disconnected is cut off */

/* An event that its engine garbled: its number must not go missing without a word. */
static void add_malformed(struct fcd_conn *c, const struct fcd_envelope *record)
{
	const struct {
		struct fcd_envelope e;
		struct fcd_gap gap;
	} gap = {
		.e = { .bytes = sizeof(gap), .kind = FCD_GAP, .seq = record->seq },
		.gap = { .ts_ns = ((const struct fcd_event *)(record + 1))->ts_ns,
			 .lost = 1,
			 .total = ++c->malformed,
			 .cause = FCD_LOSS_BROKEN },
	};

	fcd_format_json(&c->out, &gap.e, sizeof(gap), NULL);
}

static void add_frame(struct fcd_text *t, const struct fcd_envelope *record)
{
	static const char padding[8];

	fcd_text_add(t, (const char *)record, record->bytes);
	fcd_text_add(t, padding, FCD_RECORD_STEP(record->bytes) - record->bytes);
}

static void add_line(struct fcd_conn *c, const struct fcd_envelope *record)
{
	const struct fcd_process *process = NULL;

	if (c->processes && record->kind == FCD_EVENT)
		process = fcd_proctable_find(c->processes, record->tgid);
	if (fcd_format_json(&c->out, record, record->bytes, process))
		add_malformed(c, record);
}

static void add_record(struct fcd_conn *c, const struct fcd_envelope *record)
{
	if (c->request.format == FCD_STREAM_FRAMES)
		add_frame(&c->out, record);
	else
		add_line(c, record);
}

/* Did the ring overtake a client that wants no gap? */
static bool is_last(const struct fcd_conn *c, const struct fcd_envelope *record)
{
	return c->request.slow == FCD_SLOW_DISCONNECT && record->kind == FCD_GAP &&
	       ((const struct fcd_gap *)(record + 1))->cause == FCD_LOSS_OVERRUN;
}

/* True: there may be more to read. */
static bool fill(struct fcd_conn *c, size_t max)
{
	const struct fcd_envelope *record;
	uint32_t budget = TURN_RECORDS;

	while (c->out.len < max) {
		record = fcd_feed_next(c->feed, &budget);
		if (!record)
			return !budget;
		add_record(c, record);
		if (is_last(c, record)) {
			c->overrun = ((const struct fcd_gap *)(record + 1))->lost;
			return false;
		}
	}
	return true;
}

static void disconnect(struct fcd_conn *c)
{
	unsigned long long lost = c->overrun;
	struct fcd_err err;

	c->server->gone.disconnected++;
	fcd_log_client(
		FCD_LOG_WARNING,
		"process %d of user %u is disconnected: it read too slowly and lost %llu events",
		c->peer.pid, c->peer.uid, lost);
	fcd_err_set(&err, 0, "read faster, want less, or subscribe with \"slow\":\"drop\"",
		    "you read too slowly: %llu events are lost", lost);
	if (c->request.format == FCD_STREAM_JSON)
		fcd_reply_error(&c->out, "too_slow", &err);
	fcd_conn_end(c);
}

void fcd_stream_run(struct fcd_conn *c)
{
	bool more;

	c->has_more = false;
	if (!c->feed || c->out.len)
		return; /* when it is there, or the socket has room again, this is called again */
	fcd_feed_awake(c->feed);
	more = fill(c, OUT_MAX);
	if (c->overrun) {
		disconnect(c);
		return;
	}
	if (!fcd_conn_flush(c))
		return;
	if (c->out.len) {
		if (c->request.slow == FCD_SLOW_DISCONNECT)
			fcd_server_watch(c->server);
		return;
	}
	if (!more && fcd_feed_ended(c->feed)) {
		fcd_conn_close(c);
		return;
	}
	if (more || !fcd_feed_sleep(c->feed)) {
		c->has_more = true;
		fcd_server_busy(c->server);
	}
}

bool fcd_stream_check(struct fcd_conn *c)
{
	if (c->state == FCD_CONN_LAST && c->overrun) {
		if (++c->checks < LAST_CHECKS)
			return true;
		fcd_conn_close(c); /* it does not even take its last line */
		return false;
	}
	if (c->state != FCD_CONN_STREAM || c->request.slow != FCD_SLOW_DISCONNECT || !c->out.len)
		return false;
	if (fcd_feed_is_overtaken(c->feed))
		fill(c, SIZE_MAX);
	if (c->overrun)
		disconnect(c);
	return true;
}
