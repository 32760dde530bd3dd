// SPDX-License-Identifier: MIT
/* The canary: is the engine alive? Time is told, so nothing is waited for. */
#include <string.h>
#include "core/filter.h"
#include "core/table_data.h"
#include "daemon/canary.h"
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define HOST 77

static struct bed bed;
static struct fcd_block *block;
static struct fcd_canary canary;
static uint64_t now;

static void setup(void)
{
	struct fcd_ring_desc desc;

	bed_init(&bed, CAST_BYTES, 0);
	block = block_new(1 << 16);
	desc = block_desc(block, 0);
	ck_assert_int_eq(fcd_pump_add(bed.pump, &desc), 0);
	ck_assert_int_eq(fcd_pump_exclude(bed.pump, HOST), 0);
	memset(&canary, 0, sizeof(canary));
	now = 100 * SECOND;
}

static void teardown(void)
{
	bed_fini(&bed);
	block_free(block);
}

/* What an engine makes of a call without an event of its own. */
static void put_event(uint32_t tgid, uint16_t type, uint16_t nr)
{
	struct fcd_ring_writer w = { block, 0 };
	struct {
		struct fcd_envelope envelope;
		struct fcd_event event;
		uint16_t lens[2], id, nr;
	} __attribute__((packed)) call = {
		.envelope = { .bytes = sizeof(call), .kind = FCD_EVENT, .tgid = tgid },
		.event = { now, tgid, FCD_EVENT_HEADER + 8, type, 2 },
		.lens = { 2, 2 },
		.nr = nr,
	};
	struct fcd_envelope *e = fcd_ring_begin(&w, sizeof(call));

	memcpy(e, &call, sizeof(call));
	fcd_ring_commit(&w, sizeof(call));
	fcd_pump_drain(bed.pump);
}

static void put_call(uint32_t tgid, uint16_t nr)
{
	put_event(tgid, FCD_GENERIC_X, nr);
}

static enum fcd_canary_state step(bool is_on)
{
	fcd_canary_step(&canary, bed.pump, is_on, now);
	return canary.state;
}

START_TEST(engine_is_alive_while_the_call_comes_back)
{
	int i;

	ck_assert_int_eq(step(true), FCD_CANARY_WAITING);
	for (i = 0; i < 20; i++) {
		put_call(HOST, FCD_CANARY_CALL);
		now += SECOND;
		ck_assert_int_eq(step(true), FCD_CANARY_ALIVE);
	}
}
END_TEST

START_TEST(engine_that_brings_nothing_is_dead_after_the_deadline)
{
	step(true);
	put_call(HOST, FCD_CANARY_CALL);
	now += SECOND;
	ck_assert_int_eq(step(true), FCD_CANARY_ALIVE);
	for (; now < 100 * SECOND + (FCD_CANARY_DEADLINE_S + 1) * SECOND; now += SECOND)
		ck_assert_int_eq(step(true), FCD_CANARY_ALIVE);
	ck_assert_int_eq(step(true), FCD_CANARY_DEAD);
	now += SECOND;
	ck_assert_int_eq(step(true), FCD_CANARY_DEAD);
	put_call(HOST, FCD_CANARY_CALL);
	now += SECOND;
	ck_assert_int_eq(step(true), FCD_CANARY_ALIVE);
}
END_TEST

START_TEST(other_calls_and_other_processes_are_no_sign_of_life)
{
	step(true);
	put_call(HOST, FCD_CANARY_CALL + 1);
	put_call(HOST + 1, FCD_CANARY_CALL);
	put_event(HOST, FCD_GENERIC_X + 2, FCD_CANARY_CALL);
	now += FCD_CANARY_DEADLINE_S * SECOND;
	ck_assert_int_eq(step(true), FCD_CANARY_DEAD);
}
END_TEST

/* A flood may have taken the call's event: then it is no proof of anything. */
START_TEST(engine_that_loses_events_is_not_dead)
{
	int i;

	step(true);
	for (i = 0; i < 3; i++) {
		block->produced++;
		block->prod[0].drop_full++;
		now += FCD_CANARY_DEADLINE_S * SECOND;
		ck_assert_int_eq(step(true), FCD_CANARY_WAITING);
	}
	now += FCD_CANARY_DEADLINE_S * SECOND;
	ck_assert_int_eq(step(true), FCD_CANARY_DEAD);
}
END_TEST

START_TEST(nothing_is_said_of_an_engine_that_has_nothing_to_do)
{
	step(true);
	ck_assert_int_eq(step(false), FCD_CANARY_OFF);
	now += 100 * SECOND;
	ck_assert_int_eq(step(false), FCD_CANARY_OFF);
	ck_assert_int_eq(step(true), FCD_CANARY_WAITING);
}
END_TEST

START_TEST(call_is_added_to_an_interest_that_is_one)
{
	struct fcd_interest interest = { .size = sizeof(interest) };

	fcd_canary_want(&interest);
	ck_assert(fcd_interest_is_empty(&interest));
	interest.tracepoints = FCD_TP_PROCEXIT;
	fcd_canary_want(&interest);
	ck_assert_uint_eq(interest.syscalls[236 / 64], 1ULL << 236 % 64);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("canary");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, engine_is_alive_while_the_call_comes_back);
	tcase_add_test(t, engine_that_brings_nothing_is_dead_after_the_deadline);
	tcase_add_test(t, other_calls_and_other_processes_are_no_sign_of_life);
	tcase_add_test(t, engine_that_loses_events_is_not_dead);
	tcase_add_test(t, nothing_is_said_of_an_engine_that_has_nothing_to_do);
	tcase_add_test(t, call_is_added_to_an_interest_that_is_one);
	return t;
}
