// SPDX-License-Identifier: MIT
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "core/table_data.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

uint64_t records_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The kernel reads for us: where nothing is mapped that is an error, not a signal. */
bool records_are_mapped(const struct fcd_ring_desc *d)
{
	uint64_t bytes = d->bytes + FCD_RING_SLACK, at;
	char byte;

	for (at = 0; at < bytes; at += FCD_PAGE) {
		struct iovec to = { &byte, 1 }, from = { (char *)d->data + at, 1 };

		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != 1)
			return false;
	}
	return true;
}

static void count_token(uint8_t *calls, const struct fcd_view *v, const char *param, int64_t first)
{
	int64_t token = fcd_param_int(fcd_view_param(v, param)) - first;

	if (token >= 0 && token < TOKENS && calls[token] < UINT8_MAX)
		calls[token]++;
}

static void check_envelope(const struct fcd_envelope *e, const struct fcd_ref *ref)
{
	const struct fcd_event *event = (const struct fcd_event *)(e + 1);

	require(e->kind == FCD_EVENT, "a record of kind %u", e->kind);
	require(!(e->flags & ~FCD_COMPAT), "a record with flags 0x%x", e->flags);
	require(!e->seq, "a record with the number %lu: the host numbers", (unsigned long)e->seq);
	require(e->bytes == sizeof(*e) + event->bytes, "a record of %u bytes, its event has %u",
		ref->bytes, event->bytes);
	require(e->tgid, "an event of no process");
}

static void check_time(const struct host *h, struct slot *s, const struct fcd_view *v)
{
	require(v->ts_ns >= h->opened_ns && v->ts_ns <= records_now_ns(),
		"%s: its time, %lu, is not one of CLOCK_BOOTTIME since open", v->info->name,
		(unsigned long)v->ts_ns);
	require(v->ts_ns >= s->last_ns, "%s: time goes back by %lu ns within a ring", v->info->name,
		(unsigned long)(s->last_ns - v->ts_ns));
	s->last_ns = v->ts_ns;
}

/* A GENERIC event is of no call that the schema names: its number says of which. */
static bool is_canary(const struct fcd_view *v)
{
	return v->info->id == FCD_GENERIC_X &&
	       fcd_param_int(fcd_view_param(v, "nativeID")) == FCD_CANARY_CALL;
}

void record_check(struct host *h, struct slot *s, const struct fcd_ref *ref)
{
	static uint64_t copy[FCD_RECORD_STEP(FCD_RECORD_MAX) / 8];
	const struct fcd_envelope *e = (const void *)copy;
	struct fcd_view v;
	int ret;

	memcpy(copy, ref->record, ref->bytes);
	check_envelope(e, ref);
	ret = fcd_decode(e + 1, ref->bytes - sizeof(*e), &v);
	require(!ret, "an event of type %u does not fit the schema: %s",
		((const struct fcd_event *)(e + 1))->type, strerror(-ret));
	check_time(h, s, &v);
	/* A call that was on its way when the interest changed is nobody's fault. */
	require(!suite.is_generator || ref->end <= s->since || interest_has(&h->interest, v.info),
		"%s: nobody wants it since configure returned", v.info->name);
	if (!strcmp(v.info->name, "kill"))
		count_token(h->kills, &v, "pid", TOKEN_PID);
	else if (!strcmp(v.info->name, "close"))
		count_token(h->closes, &v, "fd", TOKEN_FD);
	else if (is_canary(&v))
		h->canaries++;
}

uint32_t records_count(const uint8_t *calls, uint32_t first, uint32_t n)
{
	uint32_t found = 0, i;

	for (i = first; i < first + n; i++) {
		require(calls[i] < 2, "a call was recorded %u times", calls[i]);
		found += calls[i];
	}
	return found;
}
