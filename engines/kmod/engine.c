// SPDX-License-Identifier: MIT
/* engine.c - the kmod engine's operations: ioctls of the module falco_capture. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "engines/kmod/engine.h"

FCD_ENGINE_NOTE("kmod");
FCD_CHECK(FCD_KMOD_PROCEXIT == FCD_TP_PROCEXIT, "tracepoints");
FCD_CHECK(FCD_KMOD_SIGNALDELIVER == FCD_TP_SIGNALDELIVER, "tracepoints");
FCD_CHECK(FCD_KMOD_SYSCALLS == FCD_SYSCALLS_MAX, "system calls");

struct fcd_engine {
	const struct fcd_host *host;
	struct kmod_mapping mapping;
	struct fcd_interest interest;
	bool is_started;
};

enum { OPTION_RING_BYTES, OPTION_SNAPLEN, OPTIONS };

static const struct fcd_option_info option[OPTIONS] = {
	[OPTION_RING_BYTES] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "ring_bytes",
		.fallback = "8388608", .min = FCD_KMOD_RING_LEAST, .max = FCD_KMOD_RING_MOST,
		.help = "bytes of each CPU's ring, a power of two",
	},
	[OPTION_SNAPLEN] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "snaplen",
		.fallback = "80", .min = 0, .max = FCD_KMOD_SNAPLEN_MOST,
		.help = "bytes of data kept of each read or write",
	},
};

static const struct fcd_option_info *kmod_options(uint32_t *count, uint32_t *stride)
{
	*count = OPTIONS;
	*stride = sizeof(option[0]);
	return option;
}

static int options_check(const struct fcd_options *o, struct fcd_err *err)
{
	uint64_t ring;

	if (!o || o->count != OPTIONS)
		return kmod_fail(err, -EINVAL, NULL, "the host gave other options than ours");
	ring = fcd_options_at(o, OPTION_RING_BYTES)->number;
	if (ring & (ring - 1))
		return kmod_fail(err, -EINVAL, "1048576, 2097152, 4194304, 8388608, ...",
				 "engines.kmod.ring_bytes is not a power of two");
	return 0;
}

static int kmod_probe(const struct fcd_host *host, const struct fcd_options *options,
		      struct fcd_err *err)
{
	int ret = options_check(options, err), fd;

	(void)host;
	if (ret)
		return ret;
	fd = kmod_check(err);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int kmod_open(const struct fcd_host *host, const struct fcd_options *options,
		     struct fcd_engine **out, struct fcd_err *err)
{
	int ret = options_check(options, err), fd;
	struct fcd_engine *e;

	if (ret)
		return ret;
	e = calloc(1, sizeof(*e));
	if (!e)
		return kmod_fail(err, -ENOMEM, NULL, "no memory for the kmod engine");
	e->host = host;
	fd = kmod_check(err);
	ret = fd < 0 ? fd
		     : kmod_mapping_open(&e->mapping, fd,
					 fcd_options_at(options, OPTION_RING_BYTES)->number,
					 fcd_options_at(options, OPTION_SNAPLEN)->number, err);
	if (ret) {
		free(e);
		return ret;
	}
	*out = e;
	return 0;
}

static void kmod_close(struct fcd_engine *e)
{
	if (!e)
		return;
	kmod_mapping_close(&e->mapping);
	free(e);
}

static int apply(struct fcd_engine *e, const struct fcd_interest *i, struct fcd_err *err)
{
	struct fcd_kmod_interest k = { .tracepoints = i->tracepoints };
	int code;

	memcpy(k.syscalls, i->syscalls, sizeof(k.syscalls));
	code = ioctl(e->mapping.fd, FCD_KMOD_INTEREST, &k) ? -errno : 0;
	if (code)
		return kmod_fail(err, code, NULL, "the module cannot attach to its tracepoints: %s",
				 strerror(-code));
	return 0;
}

static int kmod_configure(struct fcd_engine *e, const struct fcd_interest *interest,
			  struct fcd_err *err)
{
	int ret = 0;

	if (interest->size < sizeof(*interest) ||
	    interest->tracepoints & ~(uint64_t)(FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER))
		return kmod_fail(err, -EINVAL, NULL,
				 "an interest that the kmod engine does not know");
	if (e->is_started)
		ret = apply(e, interest, err);
	if (!ret)
		e->interest = *interest;
	return ret;
}

static int kmod_start(struct fcd_engine *e, struct fcd_err *err)
{
	int ret = apply(e, &e->interest, err);

	e->is_started = !ret;
	return ret;
}

static int kmod_stop(struct fcd_engine *e, struct fcd_err *err)
{
	static const struct fcd_interest nothing = { .size = sizeof(nothing) };

	e->is_started = false;
	return apply(e, &nothing, err);
}

static int kmod_status(struct fcd_engine *e, struct fcd_kmod_status *s)
{
	return ioctl(e->mapping.fd, FCD_KMOD_STATUS, s) ? -errno : 0;
}

/* CPUs that came online have new blocks. */
static void look_for_blocks(struct fcd_engine *e)
{
	struct fcd_kmod_status s;
	char text[128];
	int err = kmod_status(e, &s);

	if (!err)
		err = kmod_mapping_grow(&e->mapping, s.blocks);
	if (!err)
		return;
	snprintf(text, sizeof(text), "a CPU that came online is not read: %s", strerror(-err));
	e->host->log(e->host->ctx, FCD_LOG_WARNING, text);
}

static int kmod_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		      uint32_t max)
{
	struct fcd_ring_desc desc;
	uint32_t count, i;

	look_for_blocks(e);
	count = e->mapping.count * FCD_KMOD_RINGS;
	for (i = 0; i < count && i < max; i++) {
		memset(&desc, 0, sizeof(desc));
		desc.size = stride < sizeof(desc) ? stride : sizeof(desc);
		kmod_mapping_describe(&e->mapping, &desc, i);
		memcpy((char *)out + (size_t)i * stride, &desc, desc.size);
	}
	return (int)count;
}

static int kmod_poll_fd(struct fcd_engine *e)
{
	return e->mapping.fd;
}

static void kmod_woken(struct fcd_engine *e)
{
	ioctl(e->mapping.fd, FCD_KMOD_WOKEN);
}

static int kmod_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	struct fcd_kmod_status s;
	int err = kmod_status(e, &s);
	struct fcd_engine_stats stats = {
		.size = out->size < sizeof(stats) ? out->size : sizeof(stats),
	};

	if (err)
		return err;
	stats.attached = s.attached;
	stats.no_ring = s.no_ring;
	stats.flags = FCD_STATS_SEES_HOST;
	memcpy(out, &stats, stats.size);
	return 0;
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "kmod",
	.options = kmod_options,
	.probe = kmod_probe,
	.open = kmod_open,
	.start = kmod_start,
	.configure = kmod_configure,
	.rings = kmod_rings,
	.poll_fd = kmod_poll_fd,
	.woken = kmod_woken,
	.stats = kmod_stats,
	.stop = kmod_stop,
	.close = kmod_close,
};

FCD_EXPORT fcd_engine_fn fcd_engine;

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	return abi >> 16 == FCD_ABI_MAJOR ? &ops : NULL;
}
