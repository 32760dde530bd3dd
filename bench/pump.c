// SPDX-License-Identifier: MIT
/*
 * pump [RINGS] - events/s from the fake engine through merge and broadcast ring to
 * one reader that looks at each event's header and at one byte of its body. The pump
 * waits for a reader that is half a ring behind and the engine for the pump, so nothing is
 * lost and all sides are in the figure. Events of 80 bytes, records of 104.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "abi/engine.h"
#include "abi/ring_io.h"
#include "core/cast.h"
#include "core/cast_reader.h"
#include "core/loader.h"
#include "core/pump.h"

#define CAST_BYTES  (8u << 20)
#define HALF_RING   (CAST_BYTES / 2 / 104) /* records */
#define RING_BYTES  (256u << 10)
#define TOTAL	    30000000ULL
#define PASS	    4096
#define OPTIONS_MAX 32
#define RINGS_MAX   256

struct reader {
	struct fcd_cast_reader *ring;
	uint64_t seen, lost, sum;
	uint64_t seq; /* atomic: how far it has come, now and then */
};

static void die(const char *what)
{
	fprintf(stderr, "pump: %s\n", what);
	exit(1);
}

/* Nothing to do: do not disturb those who have, they may need this CPU. */
static void nap(void)
{
	struct timespec ts = { .tv_nsec = 50000 };

	nanosleep(&ts, NULL);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *read_all(void *arg)
{
	struct reader *r = arg;

	pin(1);
	for (;;) {
		const struct fcd_envelope *e = fcd_cast_reader_next(r->ring);
		const struct fcd_event *event;

		if (!e || r->seen % PASS == 0)
			FCD_STORE(&r->seq, fcd_cast_reader_seq(r->ring));
		if (!e) {
			if (fcd_cast_reader_ended(r->ring))
				return NULL;
			nap();
			continue;
		}
		event = (const struct fcd_event *)(e + 1);
		if (e->kind == FCD_EVENT) {
			r->sum += event->ts_ns + event->type + ((const uint8_t *)event)[70];
			r->seen++;
		} else if (e->kind == FCD_GAP) {
			r->lost += ((const struct fcd_gap *)event)->lost;
		}
	}
}

/* ---- the engine ---- */

static const struct fcd_engine_ops *engine_load(void)
{
	static struct fcd_engine_ops ops;
	struct fcd_note note;
	struct fcd_err err;

	if (fcd_loader_load(FAKE_ENGINE, &ops, &note, &err))
		die(err.text);
	return &ops;
}

static void option_set(struct fcd_option *option, uint64_t rings)
{
	if (!strcmp(option->name, "rings"))
		option->number = rings;
	if (!strcmp(option->name, "rate"))
		option->number = 0;
	if (!strcmp(option->name, "ring_bytes"))
		option->number = RING_BYTES;
	if (!strcmp(option->name, "count"))
		option->number = TOTAL / rings;
	if (!strcmp(option->name, "mix"))
		option->text = "read";
}

static struct fcd_engine *engine_open(const struct fcd_engine_ops *ops, uint64_t rings)
{
	struct fcd_host host = { .size = sizeof(host) };
	struct fcd_interest all = { .size = sizeof(all) };
	struct fcd_option at[OPTIONS_MAX];
	struct fcd_options options = { .size = sizeof(options),
				       .stride = sizeof(at[0]),
				       .first = at };
	uint32_t stride, i;
	const struct fcd_option_info *info = ops->options(&options.count, &stride);
	struct fcd_engine *e;
	struct fcd_err err;

	for (i = 0; i < options.count && i < OPTIONS_MAX; i++) {
		const struct fcd_option_info *o =
			(const void *)((const char *)info + (size_t)i * stride);

		at[i] = (struct fcd_option){ .size = sizeof(at[0]),
					     .name = o->name,
					     .text = o->fallback,
					     .number = strtoull(o->fallback, NULL, 0) };
		option_set(&at[i], rings);
	}
	memset(all.syscalls, 0xff, sizeof(all.syscalls));
	if (ops->open(&host, &options, &e, &err) || ops->configure(e, &all, &err))
		die(err.text);
	return e;
}

static void pump_fill(struct fcd_pump *pump, const struct fcd_engine_ops *ops, struct fcd_engine *e)
{
	struct fcd_ring_desc rings[RINGS_MAX];
	int i, n = ops->rings(e, rings, sizeof(rings[0]), RINGS_MAX);

	for (i = 0; i < n; i++) {
		if (fcd_pump_add(pump, &rings[i]))
			die("the pump does not take the engine's ring");
	}
}

/* ---- the run ---- */

static void pump_all(struct fcd_pump *pump, const struct fcd_cast_header *h,
		     const struct reader *reader, uint64_t total)
{
	struct fcd_pump_pass pass;
	uint64_t n = 0;

	while (n < total) {
		while (FCD_LOAD(&h->seq) - FCD_LOAD(&reader->seq) > HALF_RING)
			nap();
		fcd_pump_run(pump, PASS, &pass);
		n += pass.taken;
		if (pass.taken < PASS)
			nap();
	}
}

int main(int argc, char **argv)
{
	uint64_t rings = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	uint64_t total = rings ? TOTAL / rings * rings : 0;
	const struct fcd_engine_ops *ops = engine_load();
	static struct fcd_sub_page page;
	struct fcd_engine *engine;
	struct reader reader = { 0 };
	struct fcd_clock clock;
	struct fcd_pump *pump;
	struct fcd_cast *cast;
	struct timespec a, b;
	struct fcd_err err;
	pthread_t thread;
	double ns;

	if (!rings || rings > RINGS_MAX)
		die("usage: pump [RINGS], 1 to 256");
	engine = engine_open(ops, rings);
	if (fcd_clock_init(&clock) || fcd_cast_new(&cast, CAST_BYTES, FCD_CAST_BYTES_MIN) ||
	    fcd_pump_new(&pump, cast, &clock, 2000000) ||
	    fcd_cast_reader_new(&reader.ring, fcd_cast_fd(cast), &page, UINT64_MAX))
		die("cannot set up");
	pump_fill(pump, ops, engine);
	pthread_create(&thread, NULL, read_all, &reader);
	if (ops->start(engine, &err))
		die(err.text);
	pin(0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	pump_all(pump, fcd_cast_header(cast), &reader, total);
	clock_gettime(CLOCK_MONOTONIC, &b);
	fcd_cast_close(cast);
	pthread_join(thread, NULL);
	ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
	printf("%u rings: %.1f M events/s, %.1f ns each\n", (unsigned int)rings,
	       (double)total / ns * 1e3, ns / (double)total);
	ops->stop(engine, &err);
	ops->close(engine);
	fcd_cast_reader_free(reader.ring);
	fcd_pump_free(pump);
	fcd_cast_free(cast);
	fcd_clock_fini(&clock);
	return reader.seen == total && !reader.lost ? 0 : 1;
}
