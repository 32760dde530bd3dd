// SPDX-License-Identifier: MIT
/* Rings that come, end and are taken back, of an engine that a test plays. */
#include <errno.h>
#include <string.h>
#include "core/slots.h"
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define SLOTS	   4
#define RING_BYTES (1ULL << 17)

static struct bed bed;
static struct fcd_slots slots;
static struct fcd_ring_desc table[SLOTS];
static int table_count;
static uint32_t retired[8], retired_count;
static uint64_t before;

static int play_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		      uint32_t max)
{
	(void)e;
	for (uint32_t i = 0; i < max && i < (uint32_t)table_count; i++)
		memcpy((char *)out + (size_t)i * stride, &table[i], sizeof(table[i]));
	return table_count;
}

static void play_retire(struct fcd_engine *e, uint32_t slot)
{
	(void)e;
	retired[retired_count++] = slot;
	block_free((struct fcd_block *)table[slot].block);
	table[slot] = (struct fcd_ring_desc){ .size = sizeof(table[slot]) };
}

static struct fcd_engine_ops ops = { .rings = play_rings, .retire = play_retire };

static int sync_slots(void)
{
	return fcd_slots_sync(&slots, &ops, NULL, bed.pump);
}

/* A new ring in a slot. */
static struct fcd_block *come(uint32_t slot)
{
	struct fcd_block *b = block_new(RING_BYTES);

	table[slot] = block_desc(b, FCD_RING_UNTRUSTED);
	if ((int)slot >= table_count)
		table_count = (int)slot + 1;
	return b;
}

static void put(struct fcd_block *b, uint64_t ts_ns)
{
	ck_assert(block_write(b, 40, 100, ts_ns, ts_ns));
}

static void expect_events(uint64_t count)
{
	struct seen seen = { 0 };

	bed_read(&bed, &seen);
	ck_assert_uint_eq(seen.events, count);
}

static void setup(void)
{
	before = fcd_clock_boot_ns() - SECOND;
	bed_init(&bed, CAST_BYTES, 1000 * SECOND);
}

static void teardown(void)
{
	bed_fini(&bed);
	fcd_slots_fini(&slots);
	for (int i = 0; i < table_count; i++)
		if (table[i].block)
			block_free((struct fcd_block *)table[i].block);
}

START_TEST(ring_that_comes_later_is_read)
{
	struct fcd_pump_stats stats;

	put(come(0), before);
	ck_assert_int_eq(sync_slots(), 0);
	bed_run(&bed);
	put(come(1), before + 1);
	ck_assert_int_eq(sync_slots(), 0);
	ck_assert_int_eq(sync_slots(), 0);
	bed_run(&bed);
	expect_events(2);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.rings, 2);
	ck_assert_uint_eq(retired_count, 0);
}
END_TEST

START_TEST(ring_that_ended_is_read_to_its_end_and_then_retired)
{
	struct fcd_pump_stats stats;

	put(come(0), before);
	put((struct fcd_block *)table[0].block, before + 1);
	ck_assert_int_eq(sync_slots(), 0);
	table[0].flags |= FCD_RING_ENDED;
	ck_assert_int_eq(sync_slots(), 1);
	ck_assert_uint_eq(retired_count, 0);
	bed_run(&bed);
	ck_assert_int_eq(sync_slots(), 0);
	ck_assert_uint_eq(retired_count, 1);
	expect_events(2);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 2);
	ck_assert_uint_eq(stats.rings, 0);
}
END_TEST

START_TEST(slot_is_used_again_and_the_sums_go_on)
{
	struct fcd_pump_stats stats;

	for (uint64_t i = 0; i < 5; i++) {
		put(come(0), before + i);
		ck_assert_int_eq(sync_slots(), 0);
		table[0].flags |= FCD_RING_ENDED;
		bed_run(&bed);
		ck_assert_int_eq(sync_slots(), 0);
	}
	ck_assert_uint_eq(retired_count, 5);
	expect_events(5);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 5);
}
END_TEST

/* Its last event was begun, and the producer is no more. */
START_TEST(event_that_its_producer_did_not_end_is_a_broken_one)
{
	struct fcd_ring_writer w = { come(0), 0 };
	struct fcd_pump_stats stats;

	put(w.block, before);
	ck_assert_ptr_nonnull(fcd_ring_begin(&w, 64));
	ck_assert_int_eq(sync_slots(), 0);
	table[0].flags |= FCD_RING_ENDED;
	ck_assert_int_eq(sync_slots(), 1);
	bed_run(&bed);
	ck_assert_int_eq(sync_slots(), 0);
	expect_events(1);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 2);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_BROKEN], 1);
}
END_TEST

START_TEST(ended_ring_that_was_busy_holds_nobody_up)
{
	struct fcd_ring_writer w = { come(0), 0 };
	struct fcd_block *other = come(1);

	ck_assert_ptr_nonnull(fcd_ring_begin(&w, 64));
	ck_assert_int_eq(sync_slots(), 0);
	put(other, before);
	bed_run(&bed);
	expect_events(0);
	table[0].flags |= FCD_RING_ENDED;
	ck_assert_int_eq(sync_slots(), 0);
	bed_run(&bed);
	expect_events(1);
}
END_TEST

START_TEST(losses_of_a_ring_that_is_gone_stay_in_the_sums)
{
	struct fcd_pump_stats stats;
	struct fcd_block *b = come(0);

	put(b, before);
	b->produced += 3;
	b->drop_nested = 2;
	b->prod[0].drop_full = 1;
	b->faults = 7;
	ck_assert_int_eq(sync_slots(), 0);
	bed_run(&bed);
	table[0].flags |= FCD_RING_ENDED;
	ck_assert_int_eq(sync_slots(), 0);
	bed_run(&bed);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 4);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_NESTED], 2);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_RING_FULL], 1);
	ck_assert_uint_eq(stats.faults, 7);
}
END_TEST

START_TEST(broken_ring_is_taken_back_though_its_producer_lives)
{
	struct fcd_pump_stats stats;
	struct fcd_block *b = come(0);

	put(b, before);
	ck_assert_int_eq(sync_slots(), 0);
	b->prod[0].head += RING_BYTES + 8;
	bed_run(&bed);
	ck_assert_int_eq(sync_slots(), 0);
	ck_assert_uint_eq(retired_count, 1);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_BROKEN], 1);
}
END_TEST

/* It goes on writing although it has ended: what was there then is the last of it. */
START_TEST(ended_ring_cannot_go_on_for_ever)
{
	struct fcd_block *b = come(0);

	put(b, before);
	ck_assert_int_eq(sync_slots(), 0);
	table[0].flags |= FCD_RING_ENDED;
	ck_assert_int_eq(sync_slots(), 1);
	put(b, before + 1);
	bed_run(&bed);
	ck_assert_int_eq(sync_slots(), 0);
	expect_events(1);
}
END_TEST

START_TEST(ring_that_cannot_be_one_does_not_stop_the_others)
{
	put(come(1), before);
	come(0);
	table[0].bytes = 12345;
	ck_assert_int_eq(sync_slots(), -EINVAL);
	bed_run(&bed);
	expect_events(1);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("slots");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ring_that_comes_later_is_read);
	tcase_add_test(t, ring_that_ended_is_read_to_its_end_and_then_retired);
	tcase_add_test(t, slot_is_used_again_and_the_sums_go_on);
	tcase_add_test(t, event_that_its_producer_did_not_end_is_a_broken_one);
	tcase_add_test(t, ended_ring_that_was_busy_holds_nobody_up);
	tcase_add_test(t, losses_of_a_ring_that_is_gone_stay_in_the_sums);
	tcase_add_test(t, broken_ring_is_taken_back_though_its_producer_lives);
	tcase_add_test(t, ended_ring_cannot_go_on_for_ever);
	tcase_add_test(t, ring_that_cannot_be_one_does_not_stop_the_others);
	return t;
}
