// SPDX-License-Identifier: MIT
/* Producers that lie: what they do costs them their connection, and nobody else anything. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/tests.h"
#include "tests/udig/bed.h"

static struct producer good, bad;
static uint64_t before;

static void setup_two(void)
{
	setup();
	good = producer_new();
	bad = producer_new();
	before = fcd_clock_boot_ns() - SECOND;
}

static void teardown_two(void)
{
	producer_free(&good);
	producer_free(&bad);
	teardown();
}

/* The good one's event passes, whatever became of the bad one. */
static void expect_good(uint64_t events)
{
	struct seen seen = { 0 };

	ck_assert(producer_write(&good, before));
	while (bed_run(&bed))
		;
	ck_assert_int_eq(sync_slots(), 0);
	bed_read(&bed, &seen);
	ck_assert_uint_eq(seen.events, events);
}

START_TEST(geometry_that_changes_changes_nothing)
{
	struct fcd_ring_desc was[2], is[2];

	ck_assert_int_eq(ops->rings(engine, was, sizeof(was[0]), 2), 2);
	ck_assert(producer_write(&bad, before));
	bad.block->magic = 0;
	bad.block->rings = 8;
	bad.block->cpu = 99;
	memset(bad.block->place, 0x7f, sizeof(bad.block->place));
	expect_good(2);
	ck_assert_int_eq(ops->rings(engine, is, sizeof(is[0]), 2), 2);
	ck_assert_mem_eq(was, is, sizeof(was));
	ck_assert(!producer_is_let_go(&bad));
}
END_TEST

static const uint64_t heads[] = { 1, 7, 8, 64, RING_BYTES, RING_BYTES + 8, 1ULL << 63, UINT64_MAX };

START_TEST(head_from_nowhere_costs_its_producer_the_connection)
{
	struct fcd_pump_stats stats;

	bad.block->prod[0].head = heads[_i];
	expect_good(1);
	ck_assert(producer_is_let_go(&bad));
	ck_assert_ptr_nonnull(strstr(said, "is let go: what it wrote were no events\n"));
	fcd_pump_stats(bed.pump, &stats);
	ck_assert_uint_eq(stats.lost[FCD_LOSS_BROKEN], 1);
	ck_assert_uint_eq(stats.rings, 1);
}
END_TEST

/* Before the host has looked at the ring for the first time. */
START_TEST(consumer_page_that_the_producer_wrote_is_of_no_use_to_it)
{
	struct fcd_udig_hello hello = hello_right();
	struct producer p = { .fd = producer_connect() };
	struct fcd_ring_desc rings[3];
	int i;

	ck_assert_int_eq(send(p.fd, &hello, sizeof(hello), 0), sizeof(hello));
	for (i = 0; i < 3; i++)
		ops->woken(engine);
	ck_assert_int_eq(ops->rings(engine, rings, sizeof(rings[0]), 3), 3);
	rings[2].consumer->cons[0].tail = 4096;
	rings[2].consumer->asleep = UINT64_MAX;
	expect_good(1);
	close(p.fd);
	look();
	ck_assert_int_eq(ops->rings(engine, rings, sizeof(rings[0]), 3), 3);
	ck_assert_ptr_null(rings[2].block);
}
END_TEST

START_TEST(counters_from_nowhere_let_no_sum_go_around)
{
	struct fcd_pump_stats stats;

	memset(&bad.block->prod[0].busy, 0xff, 64);
	memset(&bad.block->produced, 0xff, 5 * 8);
	bad.block->prod[0].busy = 0;
	expect_good(1);
	close(bad.fd);
	look();
	bad.fd = dup(0);
	fcd_pump_stats(bed.pump, &stats);
	ck_assert_uint_eq(stats.published, 1);
	ck_assert_uint_lt(stats.produced, 1ULL << 48);
}
END_TEST

START_TEST(page_of_the_contract_that_the_producer_wrote_is_not_believed)
{
	bad.page->alive_ns = UINT64_MAX;
	memset(bad.page->syscalls, 0xff, sizeof(bad.page->syscalls));
	clock_ahead_ns += 2 * SECOND;
	ops->woken(engine);
	ck_assert_uint_eq(said_lines, 2);
	expect_good(1);
}
END_TEST

/* Bounded work in one call, and the others are looked at too. */
START_TEST(flood_of_wakes_starves_nobody)
{
	struct fcd_udig_hello hello = hello_right();
	struct producer late = { .fd = producer_connect() };
	int sent = 0, looks, i;

	ck_assert_int_eq(send(late.fd, &hello, sizeof(hello), 0), sizeof(hello));
	for (looks = 0; looks < 100; looks++) {
		while (send(bad.fd, "", 1, MSG_DONTWAIT) == 1)
			sent++;
		ck_assert_int_eq(errno, EAGAIN);
		ops->woken(engine);
		if (recv(late.fd, &late.welcome, sizeof(late.welcome), MSG_DONTWAIT) > 0)
			break;
	}
	ck_assert_int_le(looks, 3);
	ck_assert_int_gt(sent, 100);
	/* What has been read is not all that was there. */
	for (i = 0; send(bad.fd, "", 1, MSG_DONTWAIT) == 1; i++)
		ck_assert_int_lt(i, 100);
	expect_good(1);
	ck_assert(!producer_is_let_go(&bad));
	close(late.fd);
}
END_TEST

START_TEST(message_of_any_size_is_a_wake)
{
	static char big[100000];

	ck_assert_int_eq(send(bad.fd, big, sizeof(big), MSG_DONTWAIT), sizeof(big));
	expect_good(1);
	look();
	ck_assert(!producer_is_let_go(&bad));
}
END_TEST

/* Thousands of them, most gone before anybody looks. */
START_TEST(half_open_connections_leave_nothing_behind)
{
	int i, k, fds[50], last = dup(0), now;

	for (i = 0; i < 20; i++) {
		for (k = 0; k < 50; k++)
			fds[k] = producer_connect();
		if (i % 2)
			look();
		for (k = 0; k < 50; k++)
			close(fds[k]);
		look();
	}
	ck_assert_int_le(ops->rings(engine, NULL, 0, 0), 52);
	now = dup(0);
	ck_assert_int_eq(now, last + 1);
	close(now);
	close(last);
	ck_assert_uint_eq(said_lines, 2);
	expect_good(1);
}
END_TEST

START_TEST(memory_of_a_producer_cannot_be_taken_away)
{
	ck_assert(producer_write(&bad, before));
	ck_assert_int_eq(ftruncate(bad.memory, 4096), -1);
	ck_assert_int_eq(errno, EPERM);
	/* A hole, however, can be made; zeros are no event. */
	ck_assert_int_eq(madvise(bad.block, bad.welcome.bytes, MADV_REMOVE), 0);
	bad.block->prod[0].head = 64;
	expect_good(1);
	ck_assert(producer_is_let_go(&bad));
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("hostile");

	tcase_add_checked_fixture(t, setup_two, teardown_two);
	tcase_add_test(t, geometry_that_changes_changes_nothing);
	tcase_add_loop_test(t, head_from_nowhere_costs_its_producer_the_connection, 0,
			    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, consumer_page_that_the_producer_wrote_is_of_no_use_to_it);
	tcase_add_test(t, counters_from_nowhere_let_no_sum_go_around);
	tcase_add_test(t, page_of_the_contract_that_the_producer_wrote_is_not_believed);
	tcase_add_test(t, flood_of_wakes_starves_nobody);
	tcase_add_test(t, message_of_any_size_is_a_wake);
	tcase_add_test(t, half_open_connections_leave_nothing_behind);
	tcase_add_test(t, memory_of_a_producer_cannot_be_taken_away);
	tcase_set_timeout(t, 50);
	return t;
}
