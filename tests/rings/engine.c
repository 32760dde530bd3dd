// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rings/engine.h"

#define OPTIONS_MAX 32
#define RINGS_MAX   256

const struct fcd_engine_ops *fake_ops(void)
{
	void *so = dlopen(FAKE_ENGINE, RTLD_NOW | RTLD_LOCAL);
	fcd_engine_fn *fn;

	ck_assert_msg(so, "%s", so ? "" : dlerror());
	fn = (fcd_engine_fn *)dlsym(so, FCD_ENGINE_SYMBOL);
	ck_assert_ptr_nonnull(fn);
	return fn(FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR);
}

/* The value of `name` in "key=value key=value" into text, or false. */
static bool value_of(const char *set, const char *name, char *text, size_t cap)
{
	size_t len = strlen(name);

	for (; *set; set += strcspn(set, " "), set += strspn(set, " ")) {
		if (!strncmp(set, name, len) && set[len] == '=') {
			set += len + 1;
			snprintf(text, cap, "%.*s", (int)strcspn(set, " "), set);
			return true;
		}
	}
	return false;
}

int fake_open(const char *set, struct fcd_engine **out, struct fcd_err *err)
{
	static char text[OPTIONS_MAX][80];
	const struct fcd_engine_ops *ops = fake_ops();
	struct fcd_host host = { .size = sizeof(host) };
	struct fcd_option at[OPTIONS_MAX];
	struct fcd_options options = { .size = sizeof(options),
				       .stride = sizeof(at[0]),
				       .first = at };
	const struct fcd_option_info *info;
	uint32_t stride, i;

	info = ops->options(&options.count, &stride);
	ck_assert_uint_le(options.count, OPTIONS_MAX);
	for (i = 0; i < options.count; i++) {
		at[i] = (struct fcd_option){ .size = sizeof(at[i]),
					     .name = info->name,
					     .text = info->fallback };
		if (value_of(set, info->name, text[i], sizeof(text[i])))
			at[i].text = text[i];
		at[i].number = strtoull(at[i].text, NULL, 10);
		info = (const struct fcd_option_info *)((const char *)info + stride);
	}
	return ops->open(&host, &options, out, err);
}

struct fcd_interest fake_all(void)
{
	struct fcd_interest all = { .size = sizeof(all), .tracepoints = FCD_TP_PROCEXIT };

	memset(all.syscalls, 0xff, sizeof(all.syscalls));
	return all;
}

struct fcd_engine *fake_new(struct bed *b, const char *set)
{
	const struct fcd_engine_ops *ops = fake_ops();
	struct fcd_interest all = fake_all();
	struct fcd_ring_desc rings[RINGS_MAX];
	struct fcd_engine *e = NULL;
	struct fcd_err err = { 0 };
	int n, i;

	ck_assert_msg(!fake_open(set, &e, &err), "%s", err.text);
	ck_assert_int_eq(ops->configure(e, &all, &err), 0);
	n = ops->rings(e, rings, sizeof(rings[0]), RINGS_MAX);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(fcd_pump_add(b->pump, &rings[i]), 0);
	return e;
}

void fake_run(struct fcd_engine *e, struct bed *b, uint64_t events, struct seen *seen)
{
	const struct fcd_engine_ops *ops = fake_ops();
	struct fcd_engine_stats engine = { .size = sizeof(engine) };
	struct fcd_pump_stats stats;
	struct fcd_err err;

	ck_assert_int_eq(ops->start(e, &err), 0);
	do {
		bed_run(b);
		bed_read(b, seen);
		fcd_pump_stats(b->pump, &stats);
		ops->stats(e, &engine);
	} while (stats.produced + engine.no_ring + engine.missed < events);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->stats(e, &engine);
	fcd_pump_lost(b->pump, FCD_LOSS_NO_RING, engine.no_ring);
	fcd_pump_lost(b->pump, FCD_LOSS_MISSED, engine.missed);
	fcd_pump_drain(b->pump);
	bed_read(b, seen);
}
