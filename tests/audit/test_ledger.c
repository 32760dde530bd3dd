// SPDX-License-Identifier: MIT
/* The engine's sum, asked for at any moment. */
#include <pthread.h>
#include <string.h>
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define RING_BYTES (1ULL << 16)
#define EVENTS	   2000000
#define HOLDS	   (RING_BYTES / 50) /* events of 50 bytes, which is the least */

static struct bed bed;
static struct fcd_block *block;
static struct fcd_ring_desc desc;

static void setup_with(uint32_t flags)
{
	bed_init(&bed, CAST_BYTES, SECOND);
	block = block_new(RING_BYTES);
	desc = block_desc(block, flags);
	ck_assert_int_eq(fcd_pump_add(bed.pump, &desc), 0);
}

static void setup(void)
{
	setup_with(0);
}

static void teardown(void)
{
	bed_fini(&bed);
	block_free(block);
}

static struct fcd_pump_stats stats_now(void)
{
	struct fcd_pump_stats stats;

	bed_check_ledger(&bed, &stats);
	return stats;
}

static int64_t missing(void)
{
	struct fcd_pump_stats s;
	uint64_t sum, i;

	fcd_pump_stats(bed.pump, &s);
	sum = s.published + s.excluded + s.in_flight;
	for (i = 0; i < FCD_LOSSES; i++)
		sum += s.lost[i];
	return (int64_t)(s.produced - sum);
}

/* ---- while a producer writes ---- */

static void count(__u64 *counter)
{
	FCD_STORE(counter, *counter + 1);
}

/* An event that interrupts one that is being written, and finds no other ring. */
static void nested(struct fcd_ring_writer *w)
{
	fcd_ring_enter(w);
	count(&block->produced);
	count(&block->drop_nested);
	fcd_ring_leave(w);
}

/* Every way in which an event can end; the ring is full most of the time, too. */
static void *produce(void *unused)
{
	struct fcd_ring_writer w = { block, 0 };
	uint32_t i;

	for (i = 0; i < EVENTS; i++) {
		if (i % 2 == 0)
			nested(&w);
		else if (i % 11 == 0)
			ck_assert_ptr_null(fcd_ring_begin(&w, FCD_RECORD_MAX + 1));
		else
			block_write(block, 100, 1 + i % 3, fcd_clock_boot_ns(), i);
	}
	return unused;
}

START_TEST(sum_holds_at_each_moment_while_events_are_written)
{
	struct fcd_pump_stats s = { 0 };
	pthread_t thread;
	uint32_t asked;

	fcd_pump_exclude(bed.pump, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, NULL), 0);
	for (asked = 0; s.produced < EVENTS; asked++) {
		s = stats_now();
		ck_assert_uint_le(s.in_flight, HOLDS + 1);
		if (asked % 64 == 0)
			bed_run(&bed);
	}
	pthread_join(thread, NULL);
	fcd_pump_drain(bed.pump);
	s = stats_now();
	ck_assert_uint_eq(s.produced, EVENTS);
	ck_assert_uint_eq(s.in_flight, 0);
	ck_assert_uint_eq(s.lost[FCD_LOSS_NESTED], EVENTS / 2);
	ck_assert_uint_gt(s.excluded, 0);
}
END_TEST

START_TEST(event_that_is_being_written_is_in_flight)
{
	struct fcd_ring_writer w = { block, 0 };

	ck_assert_ptr_nonnull(fcd_ring_begin(&w, 64));
	ck_assert_uint_eq(stats_now().in_flight, 1);
	fcd_ring_publish(&w, 64);
	ck_assert_uint_eq(stats_now().in_flight, 1);
}
END_TEST

START_TEST(events_that_nobody_has_read_yet_are_in_flight)
{
	uint64_t i;

	for (i = 0; i < 5; i++)
		ck_assert(block_write(block, 40, 1, 1 + i, i));
	ck_assert_uint_eq(stats_now().in_flight, 5);
	bed_run(&bed);
	ck_assert_uint_eq(stats_now().in_flight, 0);
	ck_assert_uint_eq(stats_now().published, 5);
}
END_TEST

START_TEST(losses_of_a_full_ring_are_told_by_ring)
{
	block->produced = block->prod[0].drop_full = 3;
	ck_assert_uint_eq(stats_now().full[0], 3);
	ck_assert_uint_eq(stats_now().full[1], 0);
}
END_TEST

/* ---- counters that are wrong ---- */

/* The audit is for this: an engine that forgets to count is found out, by how much. */
START_TEST(event_that_an_engine_did_not_account_for_is_missing)
{
	ck_assert(block_write(block, 40, 1, 1, 1));
	bed_run(&bed);
	ck_assert_int_eq(missing(), 0);
	block->produced += 2;
	ck_assert_int_eq(missing(), 2);
	block->produced -= 3;
	ck_assert_int_eq(missing(), -1);
}
END_TEST

/* One is being written, and one that interrupted it is not counted as nested yet. */
START_TEST(busy_ring_explains_two_events_only)
{
	block->prod[0].busy = 1;
	block->produced = 2;
	ck_assert_int_eq(missing(), 0);
	block->produced = 3;
	ck_assert_int_eq(missing(), 1);
}
END_TEST

/* A block as in the kernel: main and nesting are busy, and only what has priority finds a third. */
START_TEST(event_that_finds_no_ring_for_its_kind_is_in_flight)
{
	struct fcd_ring_desc more = desc;

	for (more.ring = 1; more.ring < 3; more.ring++)
		ck_assert_int_eq(fcd_pump_add(bed.pump, &more), 0);
	block->prod[0].busy = block->prod[1].busy = 1;
	block->produced = 3;
	ck_assert_int_eq(missing(), 0);
	block->produced = 4;
	ck_assert_int_eq(missing(), 1);
}
END_TEST

START_TEST(event_that_its_ring_denies_is_produced_and_broken)
{
	block->prod[0].head = 3;
	bed_run(&bed);
	ck_assert_uint_eq(stats_now().lost[FCD_LOSS_BROKEN], 1);
	ck_assert_uint_eq(stats_now().produced, 1);
}
END_TEST

START_TEST(counters_of_an_untrusted_block_prove_nothing)
{
	struct fcd_pump_stats s;

	teardown();
	setup_with(FCD_RING_UNTRUSTED);
	ck_assert(block_write(block, 40, 1, 1, 1));
	bed_run(&bed);
	memset(&block->produced, 0xff, 5 * 8); /* and the four counters behind it */
	s = stats_now();
	ck_assert_uint_eq(s.produced, 1 + (uint64_t)UINT32_MAX); /* nested, so far */
	ck_assert_uint_eq(s.wakes, UINT32_MAX);
	block->prod[0].published = UINT64_MAX;
	ck_assert_uint_le(stats_now().in_flight, HOLDS);
	block->prod[0].head = 3;
	bed_run(&bed);
	s = stats_now();
	ck_assert_uint_gt(s.lost[FCD_LOSS_BROKEN], 0);
	/* What it had begun when it ended may be any number, but not of another size. */
	ck_assert(fcd_pump_end(bed.pump, &desc));
	ck_assert_uint_lt(stats_now().produced, 1ULL << 36);
	ck_assert_uint_eq(stats_now().in_flight, 0);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("ledger");

	tcase_set_timeout(t, 50);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sum_holds_at_each_moment_while_events_are_written);
	tcase_add_test(t, event_that_is_being_written_is_in_flight);
	tcase_add_test(t, events_that_nobody_has_read_yet_are_in_flight);
	tcase_add_test(t, losses_of_a_full_ring_are_told_by_ring);
	tcase_add_test(t, event_that_an_engine_did_not_account_for_is_missing);
	tcase_add_test(t, busy_ring_explains_two_events_only);
	tcase_add_test(t, event_that_finds_no_ring_for_its_kind_is_in_flight);
	tcase_add_test(t, event_that_its_ring_denies_is_produced_and_broken);
	tcase_add_test(t, counters_of_an_untrusted_block_prove_nothing);
	return t;
}
