// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "core/config.h"
#include "core/loader.h"
#include "tests/conformance/host.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

/* How long it takes until the host looks again at rings that nobody woke it for. */
#define NAP_MS 2

/* ---- services ---- */

static void log_line(void *ctx, uint32_t level, const char *text)
{
	(void)ctx;
	require(level <= FCD_LOG_DEBUG, "the engine logs at level %u", level);
	require(text && text[0] && !strchr(text, '\n'), "the engine logs what is not one line: %s",
		text ? text : "NULL");
}

const struct fcd_host host_services = {
	.size = sizeof(host_services),
	.log = log_line,
	.socket = suite.socket,
};

/* ---- load and options ---- */

static struct fcd_note note;

void host_load(struct host *h)
{
	static struct fcd_engine_ops ops; /* an engine that is loaded stays loaded */
	struct fcd_err err;

	if (!ops.size && fcd_loader_load(suite.engine, &ops, &note, &err))
		fail("%s (%s)", err.text, err.hint);
	memset(h, 0, sizeof(*h));
	h->ops = ops;
}

static const struct fcd_option_info *option_info(const struct host *h, uint32_t *count,
						 uint32_t *stride)
{
	*count = *stride = 0;
	return h->ops.options ? h->ops.options(count, stride) : NULL;
}

static uint32_t type_of(const struct host *h, const char *name)
{
	uint32_t count, stride;
	const char *at = (const char *)option_info(h, &count, &stride);

	for (; count; count--, at += stride) {
		const struct fcd_option_info *info = (const void *)at;

		if (!strcmp(info->name, name))
			return info->type;
	}
	return FCD_OPTION_TEXT;
}

/* "key=value" as a member of the engine's section. */
static void section_add(const struct host *h, json_t *section, const char *option)
{
	size_t len = strcspn(option, "=");
	char *name = strndup(option, len);
	const char *value = option[len] ? option + len + 1 : "";
	json_t *json = NULL;

	if (type_of(h, name) != FCD_OPTION_TEXT)
		json = json_loads(value, JSON_DECODE_ANY, NULL);
	json_object_set_new(section, name, json ? json : json_string(value));
	free(name);
}

struct fcd_options *host_options(const struct host *h)
{
	json_t *section = json_object();
	json_t *all = json_pack("{s:{s:o}}", "engines", note.name, section);
	const struct fcd_option_info *info;
	struct fcd_options *options;
	struct fcd_config config;
	uint32_t count, stride;
	struct fcd_err err;
	char *text;

	for (char **o = suite.options; *o; o++)
		section_add(h, section, *o);
	text = json_dumps(all, 0);
	info = option_info(h, &count, &stride);
	if (fcd_config_init(&config) ||
	    fcd_config_parse(&config, "options", text, strlen(text), &err) ||
	    fcd_config_options(&config, note.name, info, count, stride, &options, &err))
		fail("%s (%s)", err.text, err.hint);
	fcd_config_fini(&config);
	free(text);
	json_decref(all);
	return options;
}

/* ---- the instance ---- */

void host_refused(const struct host *h, int ret, const char *what)
{
	require(ret < 0, "%s returned %d", what, ret);
	require(h->err.text[0], "%s returned %d and says nothing to a person", what, ret);
	require(!strchr(h->err.text, '\n'), "the text of %s has several lines: %s", what,
		h->err.text);
	require(memchr(h->err.text, 0, sizeof(h->err.text)) &&
			memchr(h->err.hint, 0, sizeof(h->err.hint)),
		"the text of %s does not end", what);
}

int host_try_open(struct host *h)
{
	struct fcd_options *options = host_options(h);
	int ret;

	h->err = (struct fcd_err){ 0 };
	h->e = NULL;
	h->opened_ns = records_now_ns();
	ret = h->ops.open(&host_services, options, &h->e, &h->err);
	fcd_config_options_free(options);
	if (ret)
		host_refused(h, ret, "open");
	require(!ret == !!h->e, "open returned %d and %s instance", ret, h->e ? "an" : "no");
	return ret;
}

void host_open(struct host *h)
{
	int ret = host_try_open(h);

	require(!ret, "open returned %d: %s (%s)", ret, h->err.text, h->err.hint);
	host_look(h);
}

void host_start(struct host *h)
{
	int ret = h->ops.start(h->e, &h->err);

	require(!ret, "start returned %d: %s (%s)", ret, h->err.text, h->err.hint);
	host_look(h);
}

void host_configure(struct host *h, const struct fcd_interest *interest)
{
	int ret = h->ops.configure(h->e, interest, &h->err);
	uint32_t i;

	require(!ret, "configure returned %d: %s (%s)", ret, h->err.text, h->err.hint);
	h->interest = *interest;
	for (i = 0; i < h->slots_count; i++) {
		struct slot *s = &h->slots[i];

		if (s->desc.block)
			s->since = FCD_LOAD_ACQUIRE(&s->reader.prod->head);
	}
}

void host_stop(struct host *h)
{
	int ret = h->ops.stop(h->e, &h->err);

	require(!ret, "stop returned %d: %s (%s)", ret, h->err.text, h->err.hint);
}

void host_close(struct host *h)
{
	h->ops.close(h->e);
	h->e = NULL;
	memset(h->slots, 0, sizeof(h->slots[0]) * h->slots_count);
	h->slots_count = 0;
}

void host_run(struct host *h, const struct fcd_interest *interest)
{
	host_load(h);
	host_open(h);
	host_configure(h, interest);
	host_start(h);
}

void host_end(struct host *h)
{
	host_stop(h);
	host_look(h);
	host_read(h);
	host_check_ledger(h);
	host_close(h);
}

/* ---- rings ---- */

static void check_desc(const struct fcd_ring_desc *d, uint32_t i)
{
	const struct fcd_block *b = d->block;

	require(d->size >= sizeof(*d), "slot %u: size is %u", i, d->size);
	require(!(d->flags & ~(uint32_t)(FCD_RING_UNTRUSTED | FCD_RING_ENDED)),
		"slot %u: flags are 0x%x", i, d->flags);
	require(d->consumer && d->data, "slot %u: consumer or data is NULL", i);
	require(!((uintptr_t)b & (FCD_PAGE - 1)) && !((uintptr_t)d->consumer & (FCD_PAGE - 1)),
		"slot %u: the block is not at the start of a page", i);
	require(!((uintptr_t)d->data & 7), "slot %u: data is not aligned to 8", i);
	require(d->bytes >= FCD_PAGE && !(d->bytes & (d->bytes - 1)),
		"slot %u: %lu bytes are not a power of two of at least a page", i, d->bytes);
	require(b->magic == FCD_RING_MAGIC, "slot %u: the block has no magic", i);
	require(b->rings <= FCD_BLOCK_RINGS && d->ring < b->rings,
		"slot %u: ring %u of a block of %u", i, d->ring, b->rings);
	require(!FCD_LOAD(&d->consumer->cons[d->ring].tail), "slot %u: a new ring has a tail", i);
	require(records_are_mapped(d), "slot %u: not all of data and slack is mapped", i);
	/* Where no producer looks. */
	FCD_STORE(&d->consumer->pad1[0], 0x5a);
	require(FCD_LOAD(&b->pad1[0]) == 0x5a, "slot %u: consumer is not the block's own page", i);
	FCD_STORE(&d->consumer->pad1[0], 0);
}

static void slot_fill(struct slot *s, const struct fcd_ring_desc *d)
{
	*s = (struct slot){ .desc = *d,
			    .reader = { &d->block->prod[d->ring], &d->consumer->cons[d->ring],
					d->data, d->bytes, 0 } };
}

static uint64_t ring_lost(const struct fcd_ring_desc *d)
{
	const struct fcd_ring_prod *p = &d->block->prod[d->ring];

	return FCD_LOAD(&p->drop_full) + FCD_LOAD(&p->drop_too_big);
}

/* Read to its end. */
static void slot_retire(struct host *h, uint32_t i)
{
	struct slot *s = &h->slots[i];

	require(s->read == FCD_LOAD(&s->reader.prod->published),
		"slot %u ended with %lu events published, %lu are in it", i,
		(unsigned long)FCD_LOAD(&s->reader.prod->published), (unsigned long)s->read);
	if (!s->desc.ring) {
		h->produced += FCD_LOAD(&s->desc.block->produced);
		h->lost += FCD_LOAD(&s->desc.block->drop_nested);
	}
	h->lost += ring_lost(&s->desc);
	s->desc.block = NULL;
	h->ops.retire(h->e, i);
}

void host_look(struct host *h)
{
	static struct fcd_ring_desc now[SLOTS_MAX];
	int n = h->ops.rings(h->e, NULL, sizeof(now[0]), 0), got;
	uint32_t i;

	require(n >= 0 && n <= SLOTS_MAX, "rings returned %d", n);
	memset(now, 0, sizeof(now[0]) * (size_t)n);
	got = h->ops.rings(h->e, now, sizeof(now[0]), (uint32_t)n);
	require(got == n, "rings returned %d and then %d", n, got);
	require((uint32_t)n >= h->slots_count, "rings returned %d, there were %u", n,
		h->slots_count);
	h->slots_count = (uint32_t)n;
	for (i = 0; i < h->slots_count; i++) {
		struct slot *s = &h->slots[i];

		if (s->desc.block)
			require(now[i].block == s->desc.block && now[i].data == s->desc.data,
				"the ring in slot %u is another and was not retired", i);
		else if (now[i].block) {
			check_desc(&now[i], i);
			slot_fill(s, &now[i]);
		}
		s->desc.flags = now[i].flags;
	}
}

static void slot_read(struct host *h, uint32_t at)
{
	struct slot *s = &h->slots[at];
	struct fcd_ref refs[64];
	uint64_t pos = s->reader.pos;
	int n, i;

	while ((n = fcd_ring_peek(&s->reader, &pos, refs, 64)) > 0) {
		for (i = 0; i < n; i++)
			record_check(h, s, &refs[i]);
		s->read += (uint64_t)n;
		h->read += (uint64_t)n;
		fcd_ring_release(&s->reader, pos);
	}
	require(!n, "the ring in slot %u is malformed at %lu", at, (unsigned long)pos);
}

void host_read(struct host *h)
{
	uint32_t i;

	for (i = 0; i < h->slots_count; i++) {
		struct slot *s = &h->slots[i];

		if (!s->desc.block)
			continue;
		slot_read(h, i);
		if (s->desc.flags & FCD_RING_ENDED && h->ops.retire && !h->keeps_ended)
			slot_retire(h, i);
	}
}

bool host_serve(struct host *h, int fd, int timeout_ms)
{
	uint64_t end_ns = records_now_ns() + (uint64_t)timeout_ms * 1000000;
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = h->ops.poll_fd(h->e), .events = POLLIN } };

	do {
		poll(fds, 2, NAP_MS);
		require(!(fds[1].revents & ~POLLIN), "poll_fd's descriptor polls 0x%x",
			(unsigned)fds[1].revents);
		if (fds[1].revents)
			h->ops.woken(h->e);
		host_look(h);
		if (!h->is_idle)
			host_read(h);
	} while (!fds[0].revents && (timeout_ms < 0 || records_now_ns() < end_ns));
	return fds[0].revents;
}

/* ---- the ledger ---- */

static bool is_first_of_block(const struct host *h, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (h->slots[k].desc.block == h->slots[i].desc.block)
			return false;
	return h->slots[i].desc.block;
}

uint64_t host_produced(const struct host *h)
{
	uint64_t sum = h->produced;

	for (uint32_t i = 0; i < h->slots_count; i++)
		if (is_first_of_block(h, i))
			sum += FCD_LOAD(&h->slots[i].desc.block->produced);
	return sum;
}

/* In the blocks. */
static uint64_t blocks_lost(const struct host *h)
{
	uint64_t sum = h->lost;

	for (uint32_t i = 0; i < h->slots_count; i++) {
		if (is_first_of_block(h, i))
			sum += FCD_LOAD(&h->slots[i].desc.block->drop_nested);
		if (h->slots[i].desc.block)
			sum += ring_lost(&h->slots[i].desc);
	}
	return sum;
}

uint64_t host_lost(struct host *h)
{
	struct fcd_engine_stats stats = { .size = sizeof(stats) };

	require(!h->ops.stats(h->e, &stats), "stats failed");
	return blocks_lost(h) + stats.no_ring + stats.missed;
}

static void check_block(const struct host *h, uint32_t first)
{
	const struct fcd_block *b = h->slots[first].desc.block;
	uint64_t sum = FCD_LOAD(&b->drop_nested);

	for (uint32_t i = first; i < h->slots_count; i++) {
		const struct slot *s = &h->slots[i];

		if (s->desc.block != b)
			continue;
		sum += FCD_LOAD(&s->reader.prod->published) + ring_lost(&s->desc);
		require(FCD_LOAD(&s->reader.prod->published) == s->read,
			"slot %u: %lu events are published, %lu were in it", i,
			(unsigned long)FCD_LOAD(&s->reader.prod->published),
			(unsigned long)s->read);
	}
	require(FCD_LOAD(&b->produced) == sum,
		"the block of slot %u: produced %lu, published and lost %lu", first,
		(unsigned long)FCD_LOAD(&b->produced), (unsigned long)sum);
}

void host_check_ledger(struct host *h)
{
	for (uint32_t i = 0; i < h->slots_count; i++)
		if (is_first_of_block(h, i))
			check_block(h, i);
	require(host_produced(h) == h->read + blocks_lost(h),
		"with the rings that ended: produced %lu, read %lu, lost %lu",
		(unsigned long)host_produced(h), (unsigned long)h->read,
		(unsigned long)blocks_lost(h));
}

/* ---- interests ---- */

struct fcd_interest interest_in(int nr, ...)
{
	struct fcd_interest i = { .size = sizeof(i) };
	va_list more;

	va_start(more, nr);
	for (; nr >= 0; nr = va_arg(more, int))
		i.syscalls[nr / 64] |= 1ULL << (nr % 64);
	va_end(more);
	return i;
}

bool interest_has(const struct fcd_interest *i, const struct fcd_event_info *event)
{
	uint32_t nr;

	for (nr = 0; nr < FCD_SYSCALLS_MAX; nr++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(nr);

		if (i->syscalls[nr / 64] >> (nr % 64) & 1 && call && call->exit_event == event->id)
			return true;
	}
	if (!strcmp(event->name, "signaldeliver"))
		return i->tracepoints & FCD_TP_SIGNALDELIVER;
	return i->tracepoints & FCD_TP_PROCEXIT && !strcmp(event->name, "procexit");
}
