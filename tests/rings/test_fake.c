// SPDX-License-Identifier: MIT
/* The fake engine through pump and broadcast ring: what it makes, and that each loss is told. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/decode.h"
#include "tests/rings/engine.h"
#include "tests/tests.h"

#define BIG_CAST (8ULL << 20)

static const struct fcd_engine_ops *ops;
static struct bed bed;
static struct fcd_err err;

static void setup(void)
{
	ops = fake_ops();
	bed_init(&bed, BIG_CAST, 2000000);
}

static void teardown(void)
{
	bed_fini(&bed);
}

static uint64_t sum_of(const struct seen *seen)
{
	uint64_t sum = seen->events, i;

	for (i = 0; i < FCD_LOSSES; i++)
		sum += seen->lost[i];
	return sum;
}

/* ---- losses ---- */

/* Of 4 rings of 5000 events each, numbered from 1 over all: every n-th is lost at one stage. */
static const struct stage {
	const char *option;
	uint32_t cause;
} stages[] = {
	{ "full=7", FCD_LOSS_RING_FULL },  { "nested=7", FCD_LOSS_NESTED },
	{ "too_big=7", FCD_LOSS_TOO_BIG }, { "no_ring=7", FCD_LOSS_NO_RING },
	{ "missed=7", FCD_LOSS_MISSED },
};

START_TEST(each_loss_is_told_exactly_with_its_cause)
{
	const struct stage *stage = &stages[_i];
	struct fcd_pump_stats stats;
	struct seen seen = { 0 };
	struct fcd_engine *e;
	char set[80];

	snprintf(set, sizeof(set), "rings=4 count=5000 rate=0 ring_bytes=65536 %s", stage->option);
	e = fake_new(&bed, set);
	fake_run(e, &bed, 20000, &seen);
	ck_assert_uint_eq(seen.lost[stage->cause], 20000 / 7);
	ck_assert_uint_eq(seen.events, 20000 - 20000 / 7);
	ck_assert_uint_eq(sum_of(&seen), 20000);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 20000);
	ck_assert_uint_eq(stats.lost[stage->cause], 20000 / 7);
	ops->close(e);
}
END_TEST

START_TEST(all_losses_at_once_add_up)
{
	struct fcd_pump_stats stats;
	struct seen seen = { 0 };
	struct fcd_engine *e =
		fake_new(&bed, "rings=3 count=5000 rate=0 full=11 nested=13 too_big=17 "
			       "no_ring=19 missed=23 late=31");

	ck_assert_int_eq(fcd_pump_exclude(bed.pump, 5000001), 0);
	fake_run(e, &bed, 15000, &seen);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.in_flight, 0);
	ck_assert_uint_gt(stats.excluded, 3000);
	ck_assert_uint_eq(sum_of(&seen) + stats.excluded, 15000);
	ck_assert_uint_gt(seen.late, 200);
	ck_assert_uint_eq(stats.late, seen.late);
	ops->close(e);
}
END_TEST

/* Nobody takes from the rings while the engine keeps to its rate. */
START_TEST(a_ring_that_nobody_reads_fills_and_every_event_is_accounted_for)
{
	struct fcd_pump_stats stats;
	struct seen seen = { 0 };
	struct fcd_engine *e =
		fake_new(&bed, "rings=2 count=4000 rate=1000000 ring_bytes=65536 mix=execve");

	ck_assert_int_eq(ops->start(e, &err), 0);
	do
		fcd_pump_stats(bed.pump, &stats);
	while (stats.produced < 8000);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_gt(stats.in_flight, 0);
	fcd_pump_drain(bed.pump);
	bed_read(&bed, &seen);
	ck_assert_uint_gt(seen.lost[FCD_LOSS_RING_FULL], 4000);
	ck_assert_uint_eq(sum_of(&seen), 8000);
	ops->close(e);
}
END_TEST

START_TEST(a_reader_that_is_too_slow_still_accounts_for_every_event)
{
	struct seen seen = { 0 };
	struct fcd_pump_stats stats;
	struct fcd_engine *e;

	bed_fini(&bed);
	bed_init(&bed, CAST_BYTES, 2000000);
	e = fake_new(&bed, "rings=4 count=10000 rate=0 full=50 nested=999");
	ck_assert_int_eq(ops->start(e, &err), 0);
	do {
		bed_run(&bed);
		fcd_pump_stats(bed.pump, &stats);
	} while (stats.produced < 40000);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	fcd_pump_drain(bed.pump);
	bed_read(&bed, &seen);
	ck_assert_uint_gt(seen.lost[FCD_LOSS_OVERRUN], 10000);
	ck_assert_uint_eq(seen.lost[FCD_LOSS_RING_FULL], 40000 / 50);
	ck_assert_uint_eq(seen.lost[FCD_LOSS_NESTED], 40000 / 999);
	ck_assert_uint_eq(sum_of(&seen), 40000);
	ck_assert_uint_eq(fcd_cast_reader_overrun(bed.reader), seen.lost[FCD_LOSS_OVERRUN]);
	ops->close(e);
}
END_TEST

START_TEST(a_malformed_ring_costs_itself_only)
{
	struct seen seen = { 0 };
	struct fcd_pump_stats stats;
	/* Event 1000 is the 328th of ring 2: 20 bursts of 16, and 8. */
	struct fcd_engine *e = fake_new(&bed, "rings=3 count=2000 rate=0 broken=1000");

	ck_assert_int_eq(ops->start(e, &err), 0);
	do {
		bed_run(&bed);
		bed_read(&bed, &seen);
		fcd_pump_stats(bed.pump, &stats);
	} while (seen.events < 4000 + 327 || stats.in_flight);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(seen.lost[FCD_LOSS_BROKEN], 1);
	ck_assert_uint_eq(stats.rings, 2);
	ops->close(e);
}
END_TEST

START_TEST(a_ring_that_stays_busy_does_not_stop_the_others)
{
	struct seen seen = { 0 };
	struct fcd_engine *e = fake_new(&bed, "rings=3 count=2000 rate=0 stuck_busy=1000");
	struct fcd_ring_desc ring[3];

	ck_assert_int_eq(ops->start(e, &err), 0);
	do {
		bed_run(&bed);
		bed_read(&bed, &seen);
	} while (seen.events < 4000 + 328);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->rings(e, ring, sizeof(ring[0]), 3);
	ck_assert_uint_eq(ring[2].block->prod[0].busy, 1);
	ops->close(e);
}
END_TEST

/* ---- order ---- */

START_TEST(events_of_busy_rings_come_in_order)
{
	struct fcd_engine *e = fake_new(&bed, "rings=8 count=10000 rate=0 ring_bytes=65536");
	const struct fcd_envelope *got;
	uint64_t last = 0, seen = 0;

	ck_assert_int_eq(ops->start(e, &err), 0);
	while (seen < 80000) {
		bed_run(&bed);
		while ((got = fcd_cast_reader_next(bed.reader))) {
			ck_assert_uint_eq(got->kind, FCD_EVENT);
			/* A machine that takes the writer off its CPU for long may make one late.
			 */
			if (!(got->flags & FCD_LATE)) {
				ck_assert_uint_ge(event_of(got)->ts_ns, last);
				last = event_of(got)->ts_ns;
			}
			ck_assert_uint_eq(got->seq, seen++);
		}
	}
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->close(e);
}
END_TEST

START_TEST(events_out_of_order_are_flagged_late)
{
	struct fcd_engine *e = fake_new(&bed, "rings=4 count=5000 rate=0 late=100");
	const struct fcd_envelope *got;
	uint64_t last = 0, seen = 0, late = 0;

	ck_assert_int_eq(ops->start(e, &err), 0);
	while (seen < 20000) {
		bed_run(&bed);
		while ((got = fcd_cast_reader_next(bed.reader))) {
			seen++;
			ck_assert_int_eq(!!(got->flags & FCD_LATE), event_of(got)->ts_ns < last);
			late += !!(got->flags & FCD_LATE);
			if (event_of(got)->ts_ns > last)
				last = event_of(got)->ts_ns;
		}
	}
	/* Not all: while the writer was off its CPU for long, nothing younger came. */
	ck_assert_uint_gt(late, 100);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->close(e);
}
END_TEST

/* ---- the events ---- */

/* The sequence number in an event: the parameter that holds it. */
static uint64_t seq_in(const struct fcd_view *v)
{
	static const struct {
		const char *event, *param;
	} places[] = { { "openat", "ino" },	    { "read", "data" },	     { "write", "data" },
		       { "close", "fd" },	    { "execve", "exe_ino" }, { "kill", "pid" },
		       { "procexit", "reaper_tid" } };
	const struct fcd_param *p;
	uint64_t seq;
	int i = 0;

	while (strcmp(places[i].event, v->info->name))
		i++;
	p = fcd_view_param(v, places[i].param);
	memcpy(&seq, p->data, sizeof(seq));
	return seq;
}

START_TEST(every_event_fits_the_schema_and_none_comes_twice)
{
	static uint32_t times[7];
	struct fcd_engine *e = fake_new(&bed, "rings=2 count=3000 rate=0");
	uint64_t next[2] = { 0 };
	const struct fcd_envelope *got;
	struct fcd_view v;
	uint32_t i;

	ck_assert_int_eq(ops->start(e, &err), 0);
	while (next[0] + next[1] < 6000) {
		bed_run(&bed);
		while ((got = fcd_cast_reader_next(bed.reader))) {
			ck_assert_int_eq(fcd_decode(got + 1, got->bytes - sizeof(*got), &v), 0);
			ck_assert_uint_lt(got->cpu, 2);
			ck_assert_uint_eq(seq_in(&v), next[got->cpu]++);
			ck_assert_uint_eq(v.tid, got->tgid);
			for (i = 0; i < 7; i++)
				times[i] += v.info->id ==
					    (const uint16_t[]){ 307, 7, 9, 5, 293, 129, 186 }[i];
		}
	}
	for (i = 0; i < 7; i++)
		ck_assert_uint_gt(times[i], 100);
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->close(e);
}
END_TEST

/* All events of one ring without their times, added up in a way that knows their order. */
static uint64_t hash_of(const char *set)
{
	struct bed own;
	struct fcd_engine *e;
	const struct fcd_envelope *got;
	uint64_t hash = 0, seen = 0;
	uint32_t i;

	bed_init(&own, BIG_CAST, 2000000);
	e = fake_new(&own, set);
	ck_assert_int_eq(ops->start(e, &err), 0);
	while (seen < 2000) {
		bed_run(&own);
		while ((got = fcd_cast_reader_next(own.reader))) {
			const uint8_t *byte = (const uint8_t *)(event_of(got) + 1);

			for (i = FCD_EVENT_HEADER; i < event_of(got)->bytes; i++)
				hash = hash * 31 + byte[i - FCD_EVENT_HEADER];
			seen++;
		}
	}
	ck_assert_int_eq(ops->stop(e, &err), 0);
	ops->close(e);
	bed_fini(&own);
	return hash;
}

START_TEST(the_same_seed_makes_the_same_events)
{
	uint64_t one = hash_of("rings=1 count=2000 rate=0 seed=5");

	ck_assert_uint_eq(hash_of("rings=1 count=2000 rate=0 seed=5"), one);
	ck_assert_uint_ne(hash_of("rings=1 count=2000 rate=0 seed=6"), one);
}
END_TEST

/* ---- as an engine ---- */

START_TEST(options_that_cannot_be_are_refused_with_a_reason)
{
	static const char *const sets[][2] = { { "ring_bytes=100000", "power of two" },
					       { "mix=openat:3,fork", "fork" },
					       { "mix=openat:0", "openat:0" },
					       { "mix=openat:3x", "openat:3x" },
					       { "mix=", "kind" } };
	struct fcd_engine *e = NULL;
	uint32_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		ck_assert_int_eq(fake_open(sets[i][0], &e, &err), -EINVAL);
		ck_assert_msg(strstr(err.text, sets[i][1]), "%s: %s", sets[i][0], err.text);
		ck_assert_str_ne(err.hint, "");
		ck_assert_ptr_null(e);
	}
}
END_TEST

/* A host of 1.0 has no flags. */
static void stats_of(const char *set, uint32_t size, struct fcd_engine_stats *out)
{
	struct fcd_engine *e = NULL;

	memset(out, 0, sizeof(*out));
	out->size = size;
	ck_assert_int_eq(fake_open(set, &e, &err), 0);
	ck_assert_int_eq(ops->stats(e, out), 0);
	ops->close(e);
}

START_TEST(it_says_that_it_sees_the_host_when_it_is_to_be_taken_for_dead)
{
	struct fcd_engine_stats stats;

	stats_of("", sizeof(stats), &stats);
	ck_assert_uint_eq(stats.flags, 0);
	stats_of("claims_host=1", sizeof(stats), &stats);
	ck_assert_uint_eq(stats.flags, FCD_STATS_SEES_HOST);
	stats_of("claims_host=1", offsetof(struct fcd_engine_stats, flags), &stats);
	ck_assert_uint_eq(stats.flags, 0);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("fake");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_loss_is_told_exactly_with_its_cause, 0,
			    sizeof(stages) / sizeof(stages[0]));
	tcase_add_test(t, all_losses_at_once_add_up);
	tcase_add_test(t, a_ring_that_nobody_reads_fills_and_every_event_is_accounted_for);
	tcase_add_test(t, a_reader_that_is_too_slow_still_accounts_for_every_event);
	tcase_add_test(t, a_malformed_ring_costs_itself_only);
	tcase_add_test(t, a_ring_that_stays_busy_does_not_stop_the_others);
	tcase_add_test(t, events_of_busy_rings_come_in_order);
	tcase_add_test(t, events_out_of_order_are_flagged_late);
	tcase_add_test(t, every_event_fits_the_schema_and_none_comes_twice);
	tcase_add_test(t, the_same_seed_makes_the_same_events);
	tcase_add_test(t, options_that_cannot_be_are_refused_with_a_reason);
	tcase_add_test(t, it_says_that_it_sees_the_host_when_it_is_to_be_taken_for_dead);
	tcase_set_timeout(t, 50);
	return t;
}
