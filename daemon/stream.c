// SPDX-License-Identifier: MIT
#include "abi/ring_io.h"
#include "core/format.h"
#include "daemon/server.h"
#include "daemon/subscription.h"

#define TURN_RECORDS 1024	 /* then it is another client's turn */
#define OUT_MAX	     (256 << 10) /* then the ring waits, and may overtake us */

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

	fcd_format_json(&c->out, &gap.e, sizeof(gap));
}

static void add_frame(struct fcd_text *t, const struct fcd_envelope *record)
{
	static const char padding[8];

	fcd_text_add(t, (const char *)record, record->bytes);
	fcd_text_add(t, padding, FCD_RECORD_STEP(record->bytes) - record->bytes);
}

static void add_line(struct fcd_conn *c, const struct fcd_envelope *record)
{
	if (fcd_format_json(&c->out, record, record->bytes))
		add_malformed(c, record);
}

static void add_record(struct fcd_conn *c, const struct fcd_envelope *record)
{
	if (c->request.format == FCD_STREAM_FRAMES)
		add_frame(&c->out, record);
	else
		add_line(c, record);
}

/* True: there may be more to read. */
static bool fill(struct fcd_conn *c)
{
	const struct fcd_envelope *record;
	uint32_t budget = TURN_RECORDS;

	while (c->out.len < OUT_MAX) {
		record = fcd_feed_next(c->feed, &budget);
		if (!record)
			return !budget;
		add_record(c, record);
	}
	return true;
}

void fcd_stream_run(struct fcd_conn *c)
{
	bool more;

	c->has_more = false;
	if (c->out.len)
		return; /* when the socket has room again this is called again */
	fcd_feed_awake(c->feed);
	more = fill(c);
	if (!fcd_conn_flush(c) || c->out.len)
		return;
	if (!more && fcd_feed_ended(c->feed)) {
		fcd_conn_close(c);
		return;
	}
	if (more || !fcd_feed_sleep(c->feed)) {
		c->has_more = true;
		fcd_server_busy(c->server);
	}
}
