// SPDX-License-Identifier: MIT
/* engine.c - the fake engine's operations: events from a seed, without the kernel's help. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include "engines/fake/fake.h"

FCD_ENGINE_NOTE("fake");

struct fcd_engine {
	struct fake_producer producer;
	bool is_started;
};

static int fake_probe(const struct fcd_host *host, const struct fcd_options *options,
		      struct fcd_err *err)
{
	struct fake_settings settings;

	(void)host;
	return fake_settings_read(&settings, options, err);
}

static void fake_close(struct fcd_engine *e)
{
	if (!e)
		return;
	fake_producer_stop(&e->producer);
	fake_producer_fini(&e->producer);
	free(e);
}

static int fake_open(const struct fcd_host *host, const struct fcd_options *options,
		     struct fcd_engine **out, struct fcd_err *err)
{
	struct fcd_engine *e = calloc(1, sizeof(*e));
	int ret;

	(void)host;
	if (!e)
		return fake_fail(err, -ENOMEM, NULL, "no memory for the fake engine");
	e->producer.wake_fd = e->producer.stop_fd = -1;
	ret = fake_settings_read(&e->producer.settings, options, err);
	if (!ret)
		ret = fake_producer_init(&e->producer, err);
	if (ret) {
		fake_close(e);
		return ret;
	}
	*out = e;
	return 0;
}

static int fake_start(struct fcd_engine *e, struct fcd_err *err)
{
	int ret;

	if (e->is_started)
		return fake_fail(err, -EINVAL, NULL, "the fake engine is started already");
	ret = fake_producer_start(&e->producer, err);
	e->is_started = !ret;
	return ret;
}

/* The thread is stopped meanwhile, so that it needs no lock. */
static int fake_configure(struct fcd_engine *e, const struct fcd_interest *interest,
			  struct fcd_err *err)
{
	if (interest->size < sizeof(*interest) ||
	    interest->tracepoints & ~(uint64_t)(FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER))
		return fake_fail(err, -EINVAL, NULL, "an interest that this engine does not know");
	fake_producer_stop(&e->producer);
	fake_producer_choose(&e->producer, interest);
	return e->is_started ? fake_producer_start(&e->producer, err) : 0;
}

static void describe(const struct fake_ring *r, struct fcd_ring_desc *out)
{
	struct fcd_block *b = r->writer.block;

	out->flags = FCD_LOAD_ACQUIRE(&r->has_ended) ? FCD_RING_ENDED : 0;
	out->block = out->consumer = b;
	out->data = (const uint8_t *)b + b->place[0].offset;
	out->bytes = b->place[0].bytes;
	out->cpu = b->cpu;
}

static int fake_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		      uint32_t max)
{
	const struct fake_producer *p = &e->producer;
	uint32_t i;

	for (i = 0; i < p->rings_count && i < max; i++) {
		struct fcd_ring_desc desc = { .size = sizeof(desc) };

		if (p->rings[i].writer.block)
			describe(&p->rings[i], &desc);
		memcpy((char *)out + (size_t)i * stride, &desc,
		       stride < sizeof(desc) ? stride : sizeof(desc));
	}
	return (int)p->rings_count;
}

static int fake_poll_fd(struct fcd_engine *e)
{
	return e->producer.wake_fd;
}

static void fake_woken(struct fcd_engine *e)
{
	eventfd_t times;

	eventfd_read(e->producer.wake_fd, &times);
}

static int fake_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	struct fcd_engine_stats stats = {
		.size = out->size,
		.attached = e->producer.is_running,
		.no_ring = FCD_LOAD(&e->producer.no_ring),
		.missed = FCD_LOAD(&e->producer.missed),
		.flags = e->producer.settings.number[FAKE_CLAIMS_HOST] ? FCD_STATS_SEES_HOST : 0,
	};

	memcpy(out, &stats, out->size < sizeof(stats) ? out->size : sizeof(stats));
	return 0;
}

static int fake_stop(struct fcd_engine *e, struct fcd_err *err)
{
	(void)err;
	fake_producer_stop(&e->producer);
	e->is_started = false;
	return 0;
}

static void fake_retire(struct fcd_engine *e, uint32_t slot)
{
	if (slot < e->producer.rings_count)
		fake_producer_retire(&e->producer, slot);
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "fake",
	.options = fake_options,
	.probe = fake_probe,
	.open = fake_open,
	.start = fake_start,
	.configure = fake_configure,
	.rings = fake_rings,
	.poll_fd = fake_poll_fd,
	.woken = fake_woken,
	.stats = fake_stats,
	.stop = fake_stop,
	.close = fake_close,
	.retire = fake_retire,
};

FCD_EXPORT fcd_engine_fn fcd_engine;

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	return abi >> 16 == FCD_ABI_MAJOR ? &ops : NULL;
}
