// SPDX-License-Identifier: MIT
/* Rings merged into one stream. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/exclude.h"
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define RINGS	   4
#define RING_BYTES (1ULL << 17)

static struct bed bed;
static struct fcd_block *block[RINGS];
static uint64_t before; /* a time that is surely older than what a pass waits for */

static void add(uint32_t i, uint32_t flags)
{
	struct fcd_ring_desc desc;

	block[i] = block_new(RING_BYTES);
	desc = block_desc(block[i], flags);
	ck_assert_int_eq(fcd_pump_add(bed.pump, &desc), 0);
}

static void setup_with(uint64_t hold_ns)
{
	uint32_t i;

	before = fcd_clock_boot_ns() - SECOND;
	bed_init(&bed, CAST_BYTES, hold_ns);
	for (i = 0; i < RINGS; i++)
		add(i, 0);
}

static void setup(void)
{
	setup_with(1000 * SECOND);
}

static void teardown(void)
{
	uint32_t i;

	bed_fini(&bed);
	for (i = 0; i < RINGS; i++)
		block_free(block[i]);
}

static void put(uint32_t ring, uint64_t ts_ns)
{
	ck_assert(block_write(block[ring], 40, 100 + ring, ts_ns, ts_ns));
}

/* The next record is the event of this time. */
static const struct fcd_envelope *expect(uint64_t ts_ns)
{
	const struct fcd_envelope *e = fcd_cast_reader_next(bed.reader);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->kind, FCD_EVENT);
	ck_assert_uint_eq(event_of(e)->ts_ns, ts_ns);
	ck_assert(event_is_whole(e, ts_ns));
	return e;
}

static void expect_gap(uint32_t cause, uint64_t lost)
{
	const struct fcd_envelope *e = fcd_cast_reader_next(bed.reader);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->kind, FCD_GAP);
	ck_assert_uint_eq(gap_of(e)->cause, cause);
	ck_assert_uint_eq(gap_of(e)->lost, lost);
}

static void expect_nothing(void)
{
	ck_assert_ptr_null(fcd_cast_reader_next(bed.reader));
}

static struct fcd_pump_stats stats_now(void)
{
	struct fcd_pump_stats stats;

	bed_check_ledger(&bed, &stats);
	return stats;
}

/* ---- order ---- */

START_TEST(pump_merges_rings_by_time)
{
	uint64_t i, random = 1, next[RINGS] = { 0 };

	/* Event i is in a ring of its choice. */
	for (i = 0; i < 1000; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		put(random >> 62, before + i);
		next[random >> 62]++;
	}
	ck_assert_uint_gt(next[0] * next[1] * next[2] * next[3], 0);
	ck_assert_uint_eq(bed_run(&bed), 1000);
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(expect(before + i)->seq, i);
	expect_nothing();
	ck_assert_uint_eq(stats_now().late, 0);
}
END_TEST

START_TEST(pump_adds_the_epoch_to_each_time)
{
	bed.clock.epoch_ns = 5000;
	ck_assert(block_write(block[0], 40, 1, before, before + 5000));
	bed_run(&bed);
	expect(before + 5000);
}
END_TEST

START_TEST(pump_does_not_wait_for_idle_rings)
{
	put(2, before);
	ck_assert_uint_eq(bed_run(&bed), 1);
	expect(before);
}
END_TEST

/* Something that began before may still come from a busy ring, and be older. */
START_TEST(pump_waits_for_a_busy_ring_and_keeps_the_order)
{
	struct fcd_ring_writer w = { block[1], 0 };
	struct fcd_envelope *e = fcd_ring_begin(&w, 64);
	struct fcd_pump_pass pass;

	put(0, before + 2);
	put(0, before + 4);
	fcd_pump_run(bed.pump, 100, &pass);
	ck_assert_uint_eq(pass.taken, 0);
	ck_assert(pass.more);
	ck_assert(!fcd_pump_sleep(bed.pump));
	fcd_pump_awake(bed.pump);
	event_fill(e, 40, 101, before + 3, before + 3);
	fcd_ring_commit(&w, 64);
	fcd_pump_run(bed.pump, 100, &pass);
	ck_assert_uint_eq(pass.taken, 3);
	ck_assert(!pass.more);
	expect(before + 2);
	expect(before + 3);
	expect(before + 4);
	ck_assert_uint_eq(stats_now().late, 0);
}
END_TEST

/* What a busy ring has brought bounds what it will bring: the others may go on up to there. */
START_TEST(pump_goes_as_far_as_a_busy_ring_has_come)
{
	struct fcd_ring_writer w = { block[1], 0 };
	struct fcd_pump_pass pass;

	put(0, before + 1);
	put(0, before + 9);
	put(1, before + 5);
	fcd_ring_enter(&w);
	fcd_pump_run(bed.pump, 100, &pass);
	ck_assert_uint_eq(pass.taken, 2);
	ck_assert(pass.more);
	expect(before + 1);
	expect(before + 5);
	expect_nothing();
	ck_assert_uint_eq(stats_now().in_flight, 1);
	fcd_ring_leave(&w);
	ck_assert_uint_eq(bed_run(&bed), 1);
	expect(before + 9);
}
END_TEST

START_TEST(pump_gives_up_waiting_after_hold_and_flags_what_comes_late)
{
	struct fcd_ring_writer w;
	struct fcd_envelope *e;

	teardown();
	setup_with(SECOND / 2); /* what is a second old was waited for long enough */
	w = (struct fcd_ring_writer){ block[1], 0 };
	e = fcd_ring_begin(&w, 64);
	put(0, before + 5);
	ck_assert_uint_eq(bed_run(&bed), 1);
	ck_assert_uint_eq(expect(before + 5)->flags, 0);
	event_fill(e, 40, 101, before + 3, before + 3);
	fcd_ring_commit(&w, 64);
	put(0, before + 6);
	bed_run(&bed);
	ck_assert_uint_eq(expect(before + 3)->flags, FCD_LATE);
	ck_assert_uint_eq(expect(before + 6)->flags, 0);
	ck_assert_uint_eq(stats_now().late, 1);
}
END_TEST

START_TEST(pump_does_not_wait_for_a_time_that_cannot_be)
{
	uint64_t future = before + 3600 * SECOND;

	put(0, before);
	put(1, future);
	put(1, future + 1);
	ck_assert_uint_eq(bed_run(&bed), 1);
	/* It was there before the second pass took the clock: so it is not to come. */
	while (bed_run(&bed) == 0)
		;
	put(0, before + 1);
	while (stats_now().in_flight)
		bed_run(&bed);
	expect(before);
	expect(future);
	/* Late is what is older than the pass that took it as of now. */
	ck_assert_uint_eq(expect(before + 1)->flags, FCD_LATE);
	expect(future + 1);
}
END_TEST

START_TEST(pump_takes_no_more_than_its_limit_and_says_so)
{
	struct fcd_pump_pass pass;
	uint64_t i;

	for (i = 0; i < 10; i++)
		put(i / 5, before + i);
	fcd_pump_run(bed.pump, 7, &pass);
	ck_assert_uint_eq(pass.taken, 7);
	ck_assert(pass.more);
	ck_assert_uint_eq(stats_now().in_flight, 3);
	fcd_pump_run(bed.pump, 7, &pass);
	ck_assert_uint_eq(pass.taken, 3);
	ck_assert(!pass.more);
}
END_TEST

START_TEST(pump_drains_what_is_not_ready_in_order)
{
	struct fcd_ring_writer w = { block[2], 0 };
	uint64_t now = fcd_clock_boot_ns() + 1000 * SECOND;

	fcd_ring_enter(&w); /* and never leaves */
	put(0, now + 1);
	put(1, now);
	ck_assert_uint_eq(bed_run(&bed), 0);
	fcd_pump_drain(bed.pump);
	expect(now);
	expect(now + 1);
	ck_assert_uint_eq(stats_now().in_flight, 0);
}
END_TEST

START_TEST(pump_makes_room_in_what_it_has_read)
{
	uint64_t i, n = 0;

	for (i = 0; i < 50; i++) {
		while (block_write(block[0], 500, 1, before + n, before + n))
			n++;
		bed_run(&bed);
	}
	ck_assert_uint_gt(n * 500, 40 * RING_BYTES);
	ck_assert_uint_eq(stats_now().published, n);
	ck_assert_uint_eq(stats_now().lost[FCD_LOSS_RING_FULL], 50);
}
END_TEST

START_TEST(pump_sleeps_only_if_every_ring_is_empty)
{
	ck_assert(fcd_pump_sleep(bed.pump));
	ck_assert_uint_eq(block[3]->asleep, 1);
	put(3, before);
	ck_assert_uint_eq(block[3]->asleep, 0); /* its producer was told to wake us */
	ck_assert_uint_eq(block[3]->wakes, 1);
	ck_assert(!fcd_pump_sleep(bed.pump));
	fcd_pump_awake(bed.pump);
	ck_assert_uint_eq(block[0]->asleep, 0);
	bed_run(&bed);
	ck_assert(fcd_pump_sleep(bed.pump));
}
END_TEST

/* ---- who is left out ---- */

START_TEST(pump_leaves_excluded_processes_out_and_counts_them)
{
	ck_assert_int_eq(fcd_pump_exclude(bed.pump, 101), 0);
	ck_assert_int_eq(fcd_pump_exclude(bed.pump, 101), 0);
	ck_assert_int_eq(fcd_pump_exclude(bed.pump, 101 + FCD_EXCLUDE_BITS), 0);
	put(0, before);
	put(1, before + 1);
	put(0, before + 2);
	bed_run(&bed);
	ck_assert_uint_eq(expect(before)->seq, 0);
	ck_assert_uint_eq(expect(before + 2)->seq, 1);
	ck_assert_uint_eq(stats_now().excluded, 1);
	/* Twice in, twice out. */
	fcd_pump_include(bed.pump, 101);
	put(1, before + 3);
	bed_run(&bed);
	expect_nothing();
	fcd_pump_include(bed.pump, 101);
	fcd_pump_include(bed.pump, 5); /* it never was in */
	put(1, before + 4);
	bed_run(&bed);
	expect(before + 4);
	ck_assert_uint_eq(stats_now().excluded, 2);
}
END_TEST

START_TEST(exclude_finds_exactly_what_is_in_it)
{
	struct fcd_exclude x = { 0 };
	uint32_t i;

	for (i = 0; i < 3000; i += 3)
		ck_assert_int_eq(fcd_exclude_add(&x, i), 0);
	for (i = 0; i < 3000; i += 6)
		fcd_exclude_remove(&x, i);
	for (i = 0; i < 5000; i++)
		ck_assert_int_eq(fcd_exclude_has(&x, i), i < 3000 && i % 6 == 3);
	fcd_exclude_fini(&x);
}
END_TEST

/* ---- losses ---- */

START_TEST(pump_tells_of_each_cause_once_and_after_the_events)
{
	put(0, before);
	block[0]->produced += 3;
	block[0]->prod[0].drop_full = 3;
	block[1]->produced += 7;
	block[1]->prod[0].drop_full = 4;
	block[1]->prod[0].drop_too_big = 2;
	block[1]->drop_nested = 1;
	fcd_pump_lost(bed.pump, FCD_LOSS_MISSED, 11);
	fcd_pump_lost(bed.pump, FCD_LOSS_NO_RING, 5);
	fcd_pump_lost(bed.pump, FCD_LOSSES, 5);
	bed_run(&bed);
	expect(before);
	expect_gap(FCD_LOSS_RING_FULL, 7);
	expect_gap(FCD_LOSS_NESTED, 1);
	expect_gap(FCD_LOSS_TOO_BIG, 2);
	expect_gap(FCD_LOSS_NO_RING, 5);
	expect_gap(FCD_LOSS_MISSED, 11);
	bed_run(&bed);
	expect_nothing();
	fcd_pump_lost(bed.pump, FCD_LOSS_MISSED, 12);
	bed_run(&bed);
	expect_gap(FCD_LOSS_MISSED, 1);
	ck_assert_uint_eq(stats_now().produced, 1 + 3 + 7 + 12 + 5);
}
END_TEST

START_TEST(pump_knows_losses_before_it_told_of_them)
{
	block[0]->produced = 3;
	block[0]->prod[0].drop_full = 3;
	ck_assert_uint_eq(stats_now().lost[FCD_LOSS_RING_FULL], 3);
	expect_nothing();
}
END_TEST

START_TEST(pump_counts_a_block_of_two_rings_once)
{
	uint64_t bytes[] = { RING_BYTES, RING_BYTES };
	struct fcd_block *b = calloc(1, fcd_block_init(NULL, 0, 0, bytes, 2));
	struct fcd_ring_desc desc;
	uint32_t i;

	fcd_block_init(b, 0, 0, bytes, 2);
	for (i = 0; i < 2; i++) {
		desc = block_desc(b, 0);
		desc.ring = i;
		desc.data = (const uint8_t *)b + b->place[i].offset;
		ck_assert_int_eq(fcd_pump_add(bed.pump, &desc), 0);
	}
	b->produced = b->drop_nested = 6;
	b->faults = 7;
	b->untracked = 8;
	b->wakes = 9;
	bed_run(&bed);
	expect_gap(FCD_LOSS_NESTED, 6);
	ck_assert_uint_eq(stats_now().produced, 6);
	ck_assert_uint_eq(stats_now().faults, 7);
	ck_assert_uint_eq(stats_now().untracked, 8);
	ck_assert_uint_eq(stats_now().wakes, 9);
	free(b);
}
END_TEST

START_TEST(pump_does_not_believe_a_counter_that_goes_back)
{
	block[0]->prod[0].drop_full = UINT64_MAX;
	bed_run(&bed);
	expect_gap(FCD_LOSS_RING_FULL, UINT32_MAX);
	block[0]->prod[0].drop_full = 1;
	block[1]->prod[0].drop_full = 1;
	bed_run(&bed);
	expect_gap(FCD_LOSS_RING_FULL, 1);
	expect_nothing();
}
END_TEST

/* ---- rings that are not as they should be ---- */

static void spoil_length(struct fcd_block *b, struct fcd_envelope *second)
{
	(void)b;
	second->bytes = 30;
}

static void spoil_kind(struct fcd_block *b, struct fcd_envelope *second)
{
	(void)b;
	second->kind = FCD_GAP;
}

static void spoil_head(struct fcd_block *b, struct fcd_envelope *second)
{
	(void)second;
	b->prod[0].head = 64 + 3;
}

static void (*const spoil[])(struct fcd_block *,
			     struct fcd_envelope *) = { spoil_length, spoil_kind, spoil_head };

START_TEST(pump_gives_a_broken_ring_up_counts_it_and_goes_on)
{
	put(0, before);
	put(0, before + 2);
	put(1, before + 1);
	put(1, before + 3);
	spoil[_i](block[0],
		  (struct fcd_envelope *)((char *)block[0] + block[0]->place[0].offset + 64));
	bed_run(&bed);
	expect(before);
	expect(before + 1);
	expect(before + 3);
	expect_gap(FCD_LOSS_BROKEN, 1);
	ck_assert_uint_eq(stats_now().rings, RINGS - 1);
	/* What goes on in it is lost too. */
	put(0, before + 4);
	put(1, before + 5);
	bed_run(&bed);
	expect(before + 5);
	expect_gap(FCD_LOSS_BROKEN, 1);
	ck_assert_uint_eq(stats_now().lost[FCD_LOSS_BROKEN], 2);
	ck_assert(fcd_pump_sleep(bed.pump));
}
END_TEST

START_TEST(pump_says_that_a_ring_is_broken_even_if_its_counter_does_not)
{
	block[0]->prod[0].head = 3;
	bed_run(&bed);
	expect_gap(FCD_LOSS_BROKEN, 1);
}
END_TEST

START_TEST(pump_checks_what_an_untrusted_ring_brings)
{
	struct fcd_event *event;

	block_free(block[3]);
	fcd_pump_free(bed.pump);
	ck_assert_int_eq(fcd_pump_new(&bed.pump, bed.cast, &bed.clock, 0), 0);
	add(3, FCD_RING_UNTRUSTED);
	put(3, before);
	put(3, before + 1);
	event = (struct fcd_event *)((char *)block[3] + block[3]->place[0].offset + 64 +
				     sizeof(struct fcd_envelope));
	event->nparams = 2;
	bed_run(&bed);
	expect(before);
	expect_gap(FCD_LOSS_BROKEN, 1);
	expect_nothing();
	ck_assert_uint_eq(stats_now().published, 1);
}
END_TEST

START_TEST(pump_refuses_a_ring_that_is_not_described_well)
{
	struct fcd_ring_desc good = block_desc(block[0], 0), d;

#define REFUSED(change)                                                                            \
	do {                                                                                       \
		d = good;                                                                          \
		change;                                                                            \
		ck_assert_int_eq(fcd_pump_add(bed.pump, &d), -EINVAL);                             \
	} while (0)
	REFUSED(d.size = 8);
	REFUSED(d.flags = 4);
	REFUSED(d.block = NULL);
	REFUSED(d.consumer = NULL);
	REFUSED(d.data = NULL);
	REFUSED(d.data++);
	REFUSED(d.bytes = 0);
	REFUSED(d.bytes = 2048);
	REFUSED(d.bytes = RING_BYTES - 8);
	REFUSED(d.ring = FCD_BLOCK_RINGS);
	block[0]->cons[0].tail = 64;
	REFUSED((void)0); /* somebody else has read it */
	ck_assert_uint_eq(stats_now().rings, RINGS);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("pump");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pump_merges_rings_by_time);
	tcase_add_test(t, pump_adds_the_epoch_to_each_time);
	tcase_add_test(t, pump_does_not_wait_for_idle_rings);
	tcase_add_test(t, pump_waits_for_a_busy_ring_and_keeps_the_order);
	tcase_add_test(t, pump_goes_as_far_as_a_busy_ring_has_come);
	tcase_add_test(t, pump_gives_up_waiting_after_hold_and_flags_what_comes_late);
	tcase_add_test(t, pump_does_not_wait_for_a_time_that_cannot_be);
	tcase_add_test(t, pump_takes_no_more_than_its_limit_and_says_so);
	tcase_add_test(t, pump_drains_what_is_not_ready_in_order);
	tcase_add_test(t, pump_makes_room_in_what_it_has_read);
	tcase_add_test(t, pump_sleeps_only_if_every_ring_is_empty);
	tcase_add_test(t, pump_leaves_excluded_processes_out_and_counts_them);
	tcase_add_test(t, exclude_finds_exactly_what_is_in_it);
	tcase_add_test(t, pump_tells_of_each_cause_once_and_after_the_events);
	tcase_add_test(t, pump_knows_losses_before_it_told_of_them);
	tcase_add_test(t, pump_counts_a_block_of_two_rings_once);
	tcase_add_test(t, pump_does_not_believe_a_counter_that_goes_back);
	tcase_add_loop_test(t, pump_gives_a_broken_ring_up_counts_it_and_goes_on, 0, 3);
	tcase_add_test(t, pump_says_that_a_ring_is_broken_even_if_its_counter_does_not);
	tcase_add_test(t, pump_checks_what_an_untrusted_ring_brings);
	tcase_add_test(t, pump_refuses_a_ring_that_is_not_described_well);
	tcase_set_timeout(t, 50);
	return t;
}
