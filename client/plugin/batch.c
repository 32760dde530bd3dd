// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "client/plugin/batch.h"
#include "core/format.h"

#define NOTIFICATION_E 280
#define NOTICE_MAX     512 /* bytes of one */
#define BYTES	       (1 << 20)
#define BYTES_EVENTS   (BYTES - FCD_NOTICES * NOTICE_MAX)

/* Falco forgets processes by the time of events: one from the future makes it forget them all. */
#define AHEAD_NS 1000000000u

_Static_assert(BYTES_EVENTS > 2 * FCD_RECORD_MAX, "room for any event and its entry");

int fcd_batch_init(struct fcd_batch *b, const struct fcd_batch_rules *rules)
{
	memset(b, 0, sizeof(*b));
	b->rules = *rules;
	b->bytes = malloc(BYTES);
	return b->bytes ? 0 : -ENOMEM;
}

void fcd_batch_fini(struct fcd_batch *b)
{
	free(b->bytes);
	b->bytes = NULL;
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void fcd_batch_begin(struct fcd_batch *b)
{
	b->now_ns = clock_ns();
	b->used = b->count = 0;
	memset(b->notice, 0, sizeof(b->notice));
}

bool fcd_batch_is_full(const struct fcd_batch *b)
{
	return b->count + 2 > FCD_BATCH_EVENTS || b->used > BYTES_EVENTS - 2 * FCD_RECORD_MAX;
}

static uint64_t clamp(struct fcd_batch *b, uint64_t ts_ns)
{
	if (ts_ns <= b->now_ns + AHEAD_NS)
		return ts_ns;
	/* Or we were stopped since the batch began. */
	b->now_ns = clock_ns();
	if (ts_ns <= b->now_ns + AHEAD_NS)
		return ts_ns;
	fcd_metrics_add(b->rules.metrics, FCD_METRIC_CLAMPED, 1);
	return b->now_ns;
}

/* ---- events ---- */

/* Leave parameter `index` no more bytes than that. The event was found to be right. */
static void cut(struct fcd_event *e, uint32_t index, uint32_t most)
{
	uint8_t *lengths = (uint8_t *)e + FCD_EVENT_HEADER, *value, *end = (uint8_t *)e + e->bytes;
	uint16_t len, kept = (uint16_t)most;
	uint32_t i;

	value = lengths + e->nparams * sizeof(len);
	for (i = 0; i < index; i++) {
		memcpy(&len, lengths + i * sizeof(len), sizeof(len));
		value += len;
	}
	memcpy(&len, lengths + index * sizeof(len), sizeof(len));
	if (len <= most)
		return;
	memcpy(lengths + index * sizeof(len), &kept, sizeof(kept));
	memmove(value + kept, value + len, (size_t)(end - value) - len);
	e->bytes -= len - kept;
}

/* The entry of a call, if Falco wants to see it before the exit. */
static void add_enter(struct fcd_batch *b, const struct fcd_event *exit)
{
	void *at = b->bytes + b->used;
	uint32_t bytes = fcd_enter_write(b->rules.enter, exit, at);

	if (!bytes)
		return;
	b->events[b->count++] = at;
	b->used += (uint32_t)FCD_RECORD_STEP(bytes);
}

static void add_event(struct fcd_batch *b, const struct fcd_envelope *record)
{
	uint32_t bytes = record->bytes - sizeof(*record);
	struct fcd_event *e = (struct fcd_event *)(void *)(b->bytes + b->used);
	const struct fcd_validator_type *type;

	memcpy(e, record + 1, bytes);
	if (!fcd_validator_pass(b->rules.validator, e, bytes)) {
		fcd_batch_tell(b, FCD_NOTICE_MALFORMED, 1, b->now_ns);
		return;
	}
	e->ts_ns = clamp(b, e->ts_ns);
	type = &b->rules.validator->type[e->type];
	if (type->data)
		cut(e, type->data, b->rules.snaplen);
	b->used += (uint32_t)FCD_RECORD_STEP(e->bytes);
	if (b->rules.enter)
		add_enter(b, e);
	b->events[b->count++] = e;
}

void fcd_batch_add(struct fcd_batch *b, const struct fcd_envelope *record)
{
	const struct fcd_gap *gap = (const struct fcd_gap *)(record + 1);

	if (record->kind == FCD_EVENT)
		add_event(b, record);
	else if (record->kind == FCD_GAP)
		fcd_batch_tell(b, gap->cause < FCD_LOSSES ? gap->cause : FCD_NOTICE_MALFORMED,
			       gap->lost, gap->ts_ns);
}

/* ---- notices ---- */

static void count(struct fcd_metrics *m, uint32_t notice, uint64_t n)
{
	if (notice < FCD_LOSS_RESTART)
		fcd_metrics_add(m, FCD_METRIC_LOST + notice, n);
	else if (notice == FCD_LOSS_RESTART)
		fcd_metrics_add(m, FCD_METRIC_RECONNECTS, 1);
	else if (notice == FCD_NOTICE_MALFORMED)
		fcd_metrics_add(m, FCD_METRIC_MALFORMED, n);
}

void fcd_batch_tell(struct fcd_batch *b, uint32_t notice, uint64_t n, uint64_t ts_ns)
{
	count(b->rules.metrics, notice, n);
	b->notice[notice].count += n;
	if (b->notice[notice].slot)
		return;
	b->notice[notice].ts_ns = ts_ns;
	b->notice[notice].slot = ++b->count;
}

static const char *describe(const struct fcd_batch *b, uint32_t notice, char *out, size_t cap)
{
	unsigned long n = b->notice[notice].count;
	const char *plural = n == 1 ? "" : "s";

	switch (notice) {
	case FCD_LOSS_RESTART:
		snprintf(out, cap, "the daemon is there; what happened meanwhile is not known");
		return "falco_capture.reconnected";
	case FCD_NOTICE_MALFORMED:
		snprintf(out, cap, "%lu event%s refused: malformed", n, plural);
		return "falco_capture.malformed";
	case FCD_NOTICE_DISCONNECTED:
		snprintf(out, cap, "there is no daemon; nothing is seen until there is one");
		return "falco_capture.disconnected";
	case FCD_NOTICE_REFUSED:
		snprintf(out, cap, "the daemon refused: %s", b->refused);
		return "falco_capture.refused";
	default:
		snprintf(out, cap, "%lu event%s lost: %s", n, plural, fcd_loss_name(notice));
		return "falco_capture.lost";
	}
}

/* notification: id, desc. It belongs to no thread, so Falco looks for none. */
static void write_notice(struct fcd_batch *b, uint32_t notice)
{
	uint8_t *at = b->bytes + b->used;
	char desc[NOTICE_MAX - 128];
	const char *id = describe(b, notice, desc, sizeof(desc));
	uint16_t lengths[2] = { (uint16_t)(strlen(id) + 1), (uint16_t)(strlen(desc) + 1) };
	struct fcd_event e = { .ts_ns = clamp(b, b->notice[notice].ts_ns),
			       .tid = UINT64_MAX,
			       .bytes =
				       FCD_EVENT_HEADER + sizeof(lengths) + lengths[0] + lengths[1],
			       .type = NOTIFICATION_E,
			       .nparams = 2 };

	b->events[b->notice[notice].slot - 1] = at;
	b->used += (uint32_t)FCD_RECORD_STEP(e.bytes);
	memcpy(at, &e, sizeof(e));
	memcpy(at + sizeof(e), lengths, sizeof(lengths));
	memcpy(at + sizeof(e) + sizeof(lengths), id, lengths[0]);
	memcpy(at + sizeof(e) + sizeof(lengths) + lengths[0], desc, lengths[1]);
}

void fcd_batch_end(struct fcd_batch *b)
{
	uint32_t i, notices = 0;

	for (i = 0; i < FCD_NOTICES; i++) {
		if (!b->notice[i].slot)
			continue;
		write_notice(b, i);
		notices++;
	}
	fcd_metrics_add(b->rules.metrics, FCD_METRIC_EVENTS, b->count - notices);
}
