// SPDX-License-Identifier: MIT
/* engine.c - the userspace engine's operations: rings that producers bring and take. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "engines/udig/engine.h"

FCD_ENGINE_NOTE("userspace");

struct fcd_engine {
	struct udig_table table;
};

enum { OPTION_RING_BYTES, OPTION_SNAPLEN, OPTIONS };

static const struct fcd_option_info option[OPTIONS] = {
	[OPTION_RING_BYTES] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "ring_bytes",
		.fallback = "8388608", .min = 64 << 10, .max = 256 << 20,
		.help = "bytes of each producer's ring, a power of two",
	},
	[OPTION_SNAPLEN] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "snaplen",
		.fallback = "80", .min = 0, .max = 65000,
		.help = "bytes of data kept of each read or write",
	},
};

static const struct fcd_option_info *udig_options(uint32_t *count, uint32_t *stride)
{
	*count = OPTIONS;
	*stride = sizeof(option[0]);
	return option;
}

static int options_check(const struct fcd_options *o, struct fcd_err *err)
{
	uint64_t ring;

	if (!o || o->count != OPTIONS)
		return udig_fail(err, -EINVAL, NULL, "the host gave other options than ours");
	ring = fcd_options_at(o, OPTION_RING_BYTES)->number;
	if (ring & (ring - 1))
		return udig_fail(err, -EINVAL, "1048576, 2097152, 4194304, 8388608, ...",
				 "engines.userspace.ring_bytes is not a power of two");
	return 0;
}

static int udig_probe(const struct fcd_host *host, const struct fcd_options *options,
		      struct fcd_err *err)
{
	int ret = options_check(options, err);

	return ret ? ret : udig_listener_check(host, err);
}

static void udig_close(struct fcd_engine *e)
{
	if (!e)
		return;
	udig_table_close(&e->table);
	free(e);
}

static int udig_open(const struct fcd_host *host, const struct fcd_options *options,
		     struct fcd_engine **out, struct fcd_err *err)
{
	struct udig_wish *wish;
	struct fcd_engine *e;
	int ret = options_check(options, err);

	if (ret)
		return ret;
	e = calloc(1, sizeof(*e));
	if (!e)
		return udig_fail(err, -ENOMEM, NULL, "no memory for the userspace engine");
	wish = &e->table.wish;
	wish->snaplen = (uint32_t)fcd_options_at(options, OPTION_SNAPLEN)->number;
	e->table.ring_bytes = fcd_options_at(options, OPTION_RING_BYTES)->number;
	ret = udig_table_open(&e->table, host, err);
	if (!ret &&
	    getrandom(wish->hash_key, sizeof(wish->hash_key), 0) != (ssize_t)sizeof(wish->hash_key))
		ret = udig_fail(err, -EIO, NULL, "the kernel gives no random numbers");
	if (ret) {
		udig_close(e);
		return ret;
	}
	*out = e;
	return 0;
}

static int udig_start(struct fcd_engine *e, struct fcd_err *err)
{
	if (e->table.listener.fd < 0)
		return udig_fail(err, -EINVAL, "open another one",
				 "the userspace engine was stopped, and let its producers go");
	e->table.is_started = true;
	udig_table_tell(&e->table);
	return 0;
}

static int udig_configure(struct fcd_engine *e, const struct fcd_interest *interest,
			  struct fcd_err *err)
{
	if (interest->size < sizeof(*interest) ||
	    interest->tracepoints & ~(uint64_t)(FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER))
		return udig_fail(err, -EINVAL, NULL, "an interest that this engine does not know");
	e->table.wish.interest = *interest;
	udig_table_tell(&e->table);
	return 0;
}

static int udig_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		      uint32_t max)
{
	const struct udig_table *t = &e->table;
	uint32_t i;

	for (i = 0; i < t->count && i < max; i++) {
		struct fcd_ring_desc desc = { .size = sizeof(desc) };

		if (t->slot[i].block.at)
			udig_block_describe(&t->slot[i].block, &desc);
		if (t->slot[i].block.at && t->slot[i].fd < 0)
			desc.flags |= FCD_RING_ENDED;
		memcpy((char *)out + (size_t)i * stride, &desc,
		       stride < sizeof(desc) ? stride : sizeof(desc));
	}
	return (int)t->count;
}

static int udig_poll_fd(struct fcd_engine *e)
{
	return e->table.epoll_fd;
}

static void udig_woken(struct fcd_engine *e)
{
	udig_table_look(&e->table);
}

static int udig_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	struct fcd_engine_stats stats = {
		.size = out->size,
		.attached = udig_table_connected(&e->table),
	};

	memcpy(out, &stats, out->size < sizeof(stats) ? out->size : sizeof(stats));
	return 0;
}

/* Producers are told to stop, and let go: what they still write is not seen any more. */
static int udig_stop(struct fcd_engine *e, struct fcd_err *err)
{
	(void)err;
	e->table.is_started = false;
	udig_table_tell(&e->table);
	udig_table_end(&e->table);
	return 0;
}

static void udig_retire(struct fcd_engine *e, uint32_t slot)
{
	udig_table_retire(&e->table, slot);
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "userspace",
	.options = udig_options,
	.probe = udig_probe,
	.open = udig_open,
	.start = udig_start,
	.configure = udig_configure,
	.rings = udig_rings,
	.poll_fd = udig_poll_fd,
	.woken = udig_woken,
	.stats = udig_stats,
	.stop = udig_stop,
	.close = udig_close,
	.retire = udig_retire,
};

FCD_EXPORT const struct fcd_engine_ops *fcd_engine(uint32_t abi);

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	return abi >> 16 == FCD_ABI_MAJOR ? &ops : NULL;
}
