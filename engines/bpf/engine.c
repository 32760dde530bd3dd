// SPDX-License-Identifier: MIT
/* engine.c - the bpf engine's operations. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include "engines/bpf/engine.h"
#include "fill_table.h"

FCD_ENGINE_NOTE("bpf");

struct fcd_engine {
	struct bpf_blocks blocks;
	struct bpf_probe probe;
	struct bpf_hooks hooks;
	struct bpf_snapshot snapshot;
	struct ring_buffer *wake;
	struct fcd_interest interest;
	bool is_started;
};

enum { OPTION_PROBE, OPTION_RING_BYTES, OPTION_SNAPLEN, OPTIONS };

static const struct fcd_option_info option[OPTIONS] = {
	[OPTION_PROBE] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_TEXT, .name = "probe",
		.fallback = "", .help = "path of a probe object; empty: the built-in one",
	},
	[OPTION_RING_BYTES] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "ring_bytes",
		.fallback = "8388608", .min = 256 << 10, .max = 1 << 30,
		.help = "bytes of each CPU's ring, a power of two; lowered where the kernel has no "
			"maps that large",
	},
	[OPTION_SNAPLEN] = {
		.size = sizeof(option[0]), .type = FCD_OPTION_NUMBER, .name = "snaplen",
		.fallback = "80", .min = 0, .max = 65000,
		.help = "bytes of data kept of each read or write",
	},
};

static const struct fcd_option_info *bpf_options(uint32_t *count, uint32_t *stride)
{
	*count = OPTIONS;
	*stride = sizeof(option[0]);
	return option;
}

static int bpf_probe_here(const struct fcd_host *host, const struct fcd_options *options,
			  struct fcd_err *err)
{
	(void)host, (void)options;
	bpf_text_init();
	return bpf_check(err);
}

static int ignore(void *ctx, void *data, size_t bytes)
{
	(void)ctx, (void)data, (void)bytes;
	return 0;
}

static void bpf_close(struct fcd_engine *e)
{
	if (!e)
		return;
	bpf_hooks_set(&e->hooks, &e->probe, 0, NULL);
	ring_buffer__free(e->wake);
	bpf_snapshot_close(&e->snapshot);
	bpf_probe_close(&e->probe);
	bpf_blocks_close(&e->blocks);
	free(e);
}

static int options_check(const struct fcd_options *o, struct fcd_err *err)
{
	uint64_t ring;

	if (!o || o->count != OPTIONS)
		return bpf_fail(err, -EINVAL, NULL, "the host gave other options than ours");
	ring = fcd_options_at(o, OPTION_RING_BYTES)->number;
	if (ring & (ring - 1))
		return bpf_fail(err, -EINVAL, "1048576, 2097152, 4194304, 8388608, ...",
				"engines.bpf.ring_bytes is not a power of two");
	return 0;
}

static void say_if_smaller(const struct fcd_host *host, uint64_t got, uint64_t asked)
{
	char text[128];

	if (got == asked)
		return;
	snprintf(text, sizeof(text),
		 "the kernel has no maps that large: rings of %lu bytes, not %lu",
		 (unsigned long)got, (unsigned long)asked);
	host->log(host->ctx, FCD_LOG_INFO, text);
}

static int bpf_open(const struct fcd_host *host, const struct fcd_options *options,
		    struct fcd_engine **out, struct fcd_err *err)
{
	struct fcd_engine *e;
	int ret;

	bpf_text_init();
	ret = options_check(options, err);
	if (ret)
		return ret;
	e = calloc(1, sizeof(*e));
	if (!e)
		return bpf_fail(err, -ENOMEM, NULL, "cannot open the bpf engine");
	ret = bpf_blocks_open(&e->blocks, fcd_options_at(options, OPTION_RING_BYTES)->number, err);
	if (!ret)
		ret = bpf_probe_open(&e->probe, fcd_options_at(options, OPTION_PROBE)->text,
				     fcd_options_at(options, OPTION_SNAPLEN)->number, &e->blocks,
				     err);
	if (ret)
		goto err_close;
	e->wake = ring_buffer__new(bpf_object__find_map_fd_by_name(e->probe.object, "wake"), ignore,
				   NULL, NULL);
	if (!e->wake) {
		ret = bpf_fail(err, -errno, NULL, "cannot map the wake-up ring");
		goto err_close;
	}
	say_if_smaller(host, e->blocks.ring_bytes[PROBE_MAIN],
		       fcd_options_at(options, OPTION_RING_BYTES)->number);
	*out = e;
	return 0;

err_close:
	bpf_close(e);
	return ret;
}

/* The hooks that the interest needs. */
static uint32_t hooks_for(const struct fcd_interest *i)
{
	const uint64_t *s = i->syscalls;
	uint32_t wanted = 0;

	for (int w = 0; w < FCD_SYSCALLS_MAX / 64; w++)
		if (s[w])
			wanted |= 1u << HOOK_SYS_EXIT;
	if (s[FCD_NR_execve / 64] >> (FCD_NR_execve % 64) & 1 ||
	    s[FCD_NR_execveat / 64] >> (FCD_NR_execveat % 64) & 1)
		wanted |= 1u << HOOK_EXEC;
	if (i->tracepoints & FCD_TP_PROCEXIT)
		wanted |= 1u << HOOK_EXIT;
	if (i->tracepoints & FCD_TP_SIGNALDELIVER)
		wanted |= 1u << HOOK_SIGNAL;
	return wanted;
}

/* The bits before the hooks when something is added, so that nothing unwanted is written. */
static int apply(struct fcd_engine *e, const struct fcd_interest *i, struct fcd_err *err)
{
	int ret;

	bpf_probe_interest(&e->probe, i);
	ret = bpf_hooks_set(&e->hooks, &e->probe, hooks_for(i), err);
	if (ret)
		bpf_probe_interest(&e->probe, &e->interest);
	return ret;
}

static int bpf_configure(struct fcd_engine *e, const struct fcd_interest *interest,
			 struct fcd_err *err)
{
	int ret = 0;

	if (interest->size < sizeof(*interest) ||
	    interest->tracepoints & ~(uint64_t)(FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER))
		return bpf_fail(err, -EINVAL, NULL,
				"an interest that the bpf engine does not know");
	if (e->is_started)
		ret = apply(e, interest, err);
	if (!ret)
		e->interest = *interest;
	return ret;
}

static int bpf_start(struct fcd_engine *e, struct fcd_err *err)
{
	int ret = apply(e, &e->interest, err);

	e->is_started = !ret;
	return ret;
}

static int bpf_stop(struct fcd_engine *e, struct fcd_err *err)
{
	int ret = bpf_hooks_set(&e->hooks, &e->probe, 0, err);

	e->is_started = false;
	return ret;
}

static int bpf_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride, uint32_t max)
{
	uint32_t count = e->blocks.count * PROBE_RINGS;
	struct fcd_ring_desc desc;

	for (uint32_t i = 0; i < count && i < max; i++) {
		memset(&desc, 0, sizeof(desc));
		desc.size = stride < sizeof(desc) ? stride : sizeof(desc);
		bpf_blocks_describe(&e->blocks, &desc, i);
		memcpy((char *)out + (size_t)i * stride, &desc, desc.size);
	}
	return count;
}

static int bpf_poll_fd(struct fcd_engine *e)
{
	return ring_buffer__epoll_fd(e->wake);
}

static void bpf_woken(struct fcd_engine *e)
{
	ring_buffer__consume(e->wake);
}

static int bpf_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	struct fcd_engine_stats s = {
		.size = out->size < sizeof(s) ? out->size : sizeof(s),
		.attached = bpf_hooks_count(&e->hooks),
		.no_ring = __atomic_load_n(&e->probe.state->no_ring, __ATOMIC_RELAXED),
		.missed = bpf_probe_missed(&e->probe),
		.flags = FCD_STATS_SEES_HOST,
	};

	memcpy(out, &s, s.size);
	return 0;
}

static int bpf_snapshot(struct fcd_engine *e, uint32_t kind, struct fcd_err *err)
{
	return bpf_snapshot_open(&e->snapshot, kind, err);
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "bpf",
	.options = bpf_options,
	.probe = bpf_probe_here,
	.open = bpf_open,
	.start = bpf_start,
	.configure = bpf_configure,
	.rings = bpf_rings,
	.poll_fd = bpf_poll_fd,
	.woken = bpf_woken,
	.stats = bpf_stats,
	.stop = bpf_stop,
	.close = bpf_close,
	.snapshot = bpf_snapshot,
};

FCD_EXPORT const struct fcd_engine_ops *fcd_engine(uint32_t abi);

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	return abi >> 16 == FCD_ABI_MAJOR ? &ops : NULL;
}
