// SPDX-License-Identifier: MIT
/* Several producers, their ends, and the pump that reads what they write. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/tests.h"
#include "tests/udig/bed.h"

#define PRODUCERS 5

static uint64_t before;

static void setup_clock(void)
{
	setup();
	before = fcd_clock_boot_ns() - SECOND;
}

static struct fcd_ring_desc ring_in(uint32_t slot)
{
	struct fcd_ring_desc rings[8] = { 0 };

	ck_assert_uint_lt(slot, ops->rings(engine, rings, sizeof(rings[0]), 8));
	return rings[slot];
}

static void expect_events(uint64_t count)
{
	struct seen seen = { 0 };

	bed_read(&bed, &seen);
	ck_assert_uint_eq(seen.events, count);
	ck_assert_uint_eq(seen.late, 0);
}

START_TEST(events_of_several_producers_come_in_order_of_time)
{
	struct producer p[PRODUCERS];
	const struct fcd_envelope *e;
	struct fcd_pump_stats stats;
	uint64_t i, n = 0;

	for (i = 0; i < PRODUCERS; i++)
		p[i] = producer_new();
	/* Each writes in its own order; over all of them time goes from one to the next. */
	for (i = 0; i < 1000; i++)
		ck_assert(producer_write(&p[i * i % PRODUCERS], before + i));
	while (bed_run(&bed))
		;
	while ((e = fcd_cast_reader_next(bed.reader))) {
		ck_assert_uint_eq(event_of(e)->ts_ns, before + n);
		ck_assert(event_is_whole(e, before + n));
		n++;
	}
	ck_assert_uint_eq(n, 1000);
	bed_check_ledger(&bed, &stats);
	for (i = 0; i < PRODUCERS; i++)
		producer_free(&p[i]);
}
END_TEST

START_TEST(ring_of_a_producer_wraps)
{
	struct producer p = producer_new();
	uint64_t i, n = 0;
	struct seen seen = { 0 };

	for (i = 0; i < 5000; i++) {
		if (producer_write(&p, before + i)) {
			n++;
			continue;
		}
		bed_run(&bed);
		bed_read(&bed, &seen);
		i--;
	}
	bed_run(&bed);
	bed_read(&bed, &seen);
	ck_assert_uint_eq(n, 5000);
	ck_assert_uint_eq(seen.events, 5000);
	ck_assert_uint_eq(seen.lost[FCD_LOSS_RING_FULL], p.block->prod[0].drop_full);
	ck_assert_uint_gt(p.block->prod[0].head, 2 * RING_BYTES);
	producer_free(&p);
}
END_TEST

START_TEST(sleeping_host_is_woken_once)
{
	struct producer p = producer_new();
	struct pollfd ready = { .fd = ops->poll_fd(engine), .events = POLLIN };

	ck_assert(fcd_pump_sleep(bed.pump));
	ck_assert_int_eq(poll(&ready, 1, 0), 0);
	producer_write(&p, before);
	producer_write(&p, before + 1);
	ck_assert_int_eq(poll(&ready, 1, 0), 1);
	ck_assert_uint_eq(p.block->wakes, 1);
	ops->woken(engine);
	ck_assert_int_eq(poll(&ready, 1, 0), 0);
	fcd_pump_awake(bed.pump);
	bed_run(&bed);
	expect_events(2);
	producer_free(&p);
}
END_TEST

START_TEST(what_was_published_by_the_end_is_read_then_the_slot_is_free)
{
	struct producer p = producer_new();

	producer_write(&p, before);
	producer_write(&p, before + 1);
	producer_free(&p);
	look();
	ck_assert_uint_eq(ring_in(0).flags, FCD_RING_UNTRUSTED | FCD_RING_ENDED);
	bed_run(&bed);
	expect_events(2);
	ck_assert_int_eq(sync_slots(), 0);
	ck_assert_ptr_null(ring_in(0).block);
	ck_assert_uint_eq(ring_in(0).size, sizeof(struct fcd_ring_desc));
}
END_TEST

START_TEST(slot_is_used_again_with_new_memory)
{
	struct fcd_pump_stats stats;
	uint64_t i;

	for (i = 0; i < 20; i++) {
		struct producer p = producer_new();

		ck_assert_uint_eq(p.block->prod[0].head, 0);
		ck_assert_uint_eq(p.block->cons[0].tail, 0);
		ck_assert(producer_write(&p, before + i));
		producer_free(&p);
		look();
		bed_run(&bed);
		sync_slots();
	}
	ck_assert_int_eq(ops->rings(engine, NULL, 0, 0), 1);
	expect_events(20);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 20);
	ck_assert_uint_eq(stats.rings, 0);
}
END_TEST

/* As its successor would have it if the memory were gone before the host has read it. */
START_TEST(slot_is_not_used_again_before_it_was_read)
{
	struct producer p = producer_new(), q;

	producer_write(&p, before);
	producer_free(&p);
	look();
	q = producer_new();
	ck_assert_int_eq(ops->rings(engine, NULL, 0, 0), 2);
	bed_run(&bed);
	expect_events(1);
	producer_free(&q);
}
END_TEST

/* A process of its own: writes two events, begins a third and is killed. */
START_TEST(producer_that_is_killed_while_it_writes_loses_that_event_only)
{
	struct producer other = producer_new();
	struct fcd_pump_stats stats;
	struct fcd_udig_hello hello = hello_right();
	struct producer p = { .fd = producer_connect() };
	pid_t child;

	ck_assert_int_eq(producer_greet(&p, &hello, sizeof(hello)), 0);
	child = fork();
	if (!child) {
		producer_write(&p, before);
		producer_write(&p, before + 1);
		fcd_ring_begin(&p.writer, 64);
		raise(SIGKILL);
	}
	close(p.fd);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_uint_eq(p.block->prod[0].busy, 1);
	producer_write(&other, before + 2);
	look();
	bed_run(&bed);
	ck_assert_int_eq(sync_slots(), 0);
	expect_events(3);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_BROKEN], 1);
	ck_assert_uint_eq(stats.produced, 4);
	ck_assert_uint_eq(stats.rings, 1);
	producer_free(&other);
}
END_TEST

/* A child of the producer may have the memory for ever. */
START_TEST(what_is_written_after_the_end_is_not_seen)
{
	struct producer p = producer_new();
	struct fcd_ring_desc ring;

	producer_write(&p, before);
	close(p.fd);
	look();
	ring = ring_in(0);
	p.block->asleep = 0;
	producer_write(&p, before + 1);
	p.block->produced += 100;
	p.block->prod[0].busy = 1;
	ck_assert_uint_eq(ring.block->prod[0].head, 64);
	ck_assert_uint_eq(ring.block->produced, 1);
	ck_assert_uint_eq(ring.block->prod[0].busy, 0);
	bed_run(&bed);
	expect_events(1);
	p.fd = dup(0);
	producer_free(&p);
}
END_TEST

START_TEST(no_head_moves_after_stop)
{
	struct producer p = producer_new();
	struct fcd_pump_stats stats;
	struct fcd_ring_desc ring;

	producer_write(&p, before);
	ck_assert_int_eq(ops->stop(engine, &err), 0);
	ring = ring_in(0);
	ck_assert_uint_eq(ring.flags, FCD_RING_UNTRUSTED | FCD_RING_ENDED);
	producer_write(&p, before + 1);
	ck_assert_uint_eq(p.block->prod[0].head, 128);
	ck_assert_uint_eq(ring.block->prod[0].head, 64);
	sync_slots();
	fcd_pump_drain(bed.pump);
	ck_assert_int_eq(sync_slots(), 0);
	expect_events(1);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 1);
	producer_free(&p);
}
END_TEST

/* The capture ended before the event did. */
START_TEST(event_that_is_being_written_at_stop_is_neither_begun_nor_lost)
{
	struct producer p = producer_new();
	struct fcd_pump_stats stats;
	struct fcd_ring_desc ring;

	producer_write(&p, before);
	ck_assert_ptr_nonnull(fcd_ring_begin(&p.writer, 64));
	ck_assert_int_eq(ops->stop(engine, &err), 0);
	fcd_ring_commit(&p.writer, 64);
	ring = ring_in(0);
	ck_assert_uint_eq(ring.block->prod[0].head, 64);
	ck_assert_uint_eq(ring.block->prod[0].busy, 0);
	ck_assert_uint_eq(ring.block->produced, 1);
	fcd_pump_drain(bed.pump);
	ck_assert_int_eq(sync_slots(), 0);
	expect_events(1);
	bed_check_ledger(&bed, &stats);
	ck_assert_uint_eq(stats.produced, 1);
	producer_free(&p);
}
END_TEST

START_TEST(stopped_engine_is_not_started_again)
{
	ck_assert_int_eq(ops->stop(engine, &err), 0);
	ck_assert_int_eq(ops->start(engine, &err), -EINVAL);
	ck_assert_str_ne(err.text, "");
	ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(engine_closes_with_producers_at_any_point)
{
	struct producer p = producer_new(), q = producer_new();
	int fd = producer_connect();

	producer_write(&p, before);
	producer_free(&q);
	look();
	bed_fini(&bed);
	ops->close(engine);
	ck_assert(producer_is_let_go(&p));
	producer_write(&p, before + 1);
	producer_free(&p);
	close(fd);
	bed_init(&bed, 1 << 20, SECOND);
	engine = NULL;
}
END_TEST

/* What a host that knows less, or more, of the struct gives. */
START_TEST(rings_are_described_into_any_array)
{
	struct producer p = producer_new(), q = producer_new();
	struct {
		struct fcd_ring_desc desc;
		uint64_t more;
	} wide[2];
	uint8_t narrow[3][8];

	memset(wide, 0x55, sizeof(wide));
	memset(narrow, 0x55, sizeof(narrow));
	ck_assert_int_eq(ops->rings(engine, &wide[0].desc, sizeof(wide[0]), 1), 2);
	ck_assert_uint_eq(wide[0].desc.bytes, RING_BYTES);
	ck_assert_uint_eq(wide[0].more, 0x5555555555555555);
	ck_assert_uint_eq(wide[1].desc.flags, 0x55555555);
	ck_assert_int_eq(ops->rings(engine, (void *)narrow, 8, 2), 2);
	ck_assert_uint_eq(narrow[1][0], sizeof(struct fcd_ring_desc));
	ck_assert_uint_eq(narrow[2][0], 0x55);
	producer_free(&p);
	producer_free(&q);
}
END_TEST

/* Asked of the kernel, which says no without a signal. */
START_TEST(host_can_write_the_consumer_page_and_nothing_of_the_producers)
{
	static const uint64_t not_ours[] = { 0, 4095, 3 * 4096, 3 * 4096 + RING_BYTES,
					     3 * 4096 + RING_BYTES + FCD_RING_SLACK - 1 };
	struct producer p = producer_new();
	char *at = (char *)ring_in(0).consumer;
	int zero = open("/dev/zero", O_RDONLY);
	size_t i;

	ck_assert_int_eq(read(zero, at + 4096, 4096), 4096);
	for (i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		ck_assert_int_eq(read(zero, at + not_ours[i], 1), -1);
		ck_assert_int_eq(errno, EFAULT);
	}
	close(zero);
	producer_free(&p);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("rings");

	tcase_add_checked_fixture(t, setup_clock, teardown);
	tcase_add_test(t, events_of_several_producers_come_in_order_of_time);
	tcase_add_test(t, ring_of_a_producer_wraps);
	tcase_add_test(t, sleeping_host_is_woken_once);
	tcase_add_test(t, what_was_published_by_the_end_is_read_then_the_slot_is_free);
	tcase_add_test(t, slot_is_used_again_with_new_memory);
	tcase_add_test(t, slot_is_not_used_again_before_it_was_read);
	tcase_add_test(t, producer_that_is_killed_while_it_writes_loses_that_event_only);
	tcase_add_test(t, what_is_written_after_the_end_is_not_seen);
	tcase_add_test(t, no_head_moves_after_stop);
	tcase_add_test(t, event_that_is_being_written_at_stop_is_neither_begun_nor_lost);
	tcase_add_test(t, stopped_engine_is_not_started_again);
	tcase_add_test(t, engine_closes_with_producers_at_any_point);
	tcase_add_test(t, rings_are_described_into_any_array);
	tcase_add_test(t, host_can_write_the_consumer_page_and_nothing_of_the_producers);
	tcase_set_timeout(t, 50);
	return t;
}
