// SPDX-License-Identifier: MIT
/* The broadcast ring: two lanes under one sequence. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/rings/cast_bed.h"
#include "tests/tests.h"

static const struct fcd_cast_lane *lane(uint32_t i)
{
	return &fcd_cast_header(cast)->lane[i];
}

START_TEST(reader_sees_both_lanes_in_order_of_their_numbers)
{
	struct fcd_cast_reader *r = reader_new(0);
	uint64_t seq = 0, read = 0;

	while (lane(FCD_LANE_PRIORITY)->head < 4 * CAST_BYTES) {
		uint64_t burst = 1 + seq * 31 % 90;

		for (; burst; burst--, seq++)
			seq * 7 % 11 < 3 ? put_priority(seq) : put(seq);
		fcd_cast_publish(cast);
		while (read < seq)
			expect_event(r, read++);
		expect_nothing(r);
	}
	ck_assert_uint_gt(lane(FCD_LANE_BULK)->head, 4 * CAST_BYTES);
	fcd_cast_reader_free(r);
}
END_TEST

/* What is one lane's flood leaves the other alone, and each number is accounted for. */
START_TEST(reader_loses_only_what_the_flooded_lane_lost)
{
	struct fcd_cast_reader *r = reader_new(0);
	uint64_t seq, lost = 0, execs = 0, reads = 0;
	const struct fcd_envelope *e;

	for (seq = 0; seq < 20000; seq++)
		seq % 100 == 0 ? put_priority(seq) : put(seq);
	fcd_cast_publish(cast);
	while ((e = fcd_cast_reader_next(r))) {
		if (e->kind == FCD_GAP) {
			lost += gap_of(e)->lost;
			continue;
		}
		ck_assert_uint_eq(e->seq, lost + execs + reads);
		ck_assert(event_is_whole(e, e->seq));
		if (e->seq % 100)
			reads++;
		else
			execs++;
	}
	ck_assert_uint_eq(execs, 200);
	ck_assert_uint_gt(lost, 15000);
	ck_assert_uint_eq(lost + execs + reads, 20000);
	ck_assert_uint_eq(lost, fcd_cast_reader_overrun(r));
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_that_begins_in_the_past_begins_there_in_both_lanes)
{
	struct fcd_cast_reader *r;
	uint64_t seq;

	for (seq = 0; seq < 100; seq++) {
		if (seq == 42)
			fcd_cast_gap(cast, FCD_LOSS_NESTED, 5, 0);
		seq > 35 && seq < 55 ? put_priority(seq) : put(seq);
	}
	fcd_cast_publish(cast);
	r = reader_new(40);
	expect_event(r, 40);
	expect_event(r, 41);
	expect_gap(r, FCD_LOSS_NESTED, 5);
	for (seq = 42; seq < 100; seq++)
		expect_event(r, seq);
	expect_nothing(r);
	fcd_cast_reader_free(r);
	/* That loss came before this one's first event. */
	r = reader_new(42);
	for (seq = 42; seq < 100; seq++)
		expect_event(r, seq);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

/* A ring whose header this test writes; what lies in it is as in the cast. */
static struct fcd_cast_header *copied_ring(int *fd)
{
	size_t bytes = lane(1)->offset + CAST_BYTES + FCD_RING_SLACK;
	struct fcd_cast_header *h;

	*fd = memfd_create("ring", MFD_ALLOW_SEALING);
	ck_assert_int_eq(ftruncate(*fd, bytes), 0);
	ck_assert_int_eq(fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	h = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	ck_assert_ptr_ne(h, MAP_FAILED);
	memcpy(h, fcd_cast_header(cast), bytes);
	return h;
}

/* The events of both lanes were overtaken up to the last number: that is told, too. */
START_TEST(reader_is_told_of_numbers_that_nothing_is_left_of)
{
	struct fcd_cast_header *h;
	struct fcd_cast_reader *r;
	int fd;

	h = copied_ring(&fd);
	ck_assert_int_eq(fcd_cast_reader_new(&r, fd, &page, 0), 0);
	h->lane[0].head = h->lane[0].floor = h->published = 64000;
	h->seq = 1000;
	expect_gap(r, FCD_LOSS_OVERRUN, 1000);
	expect_nothing(r);
	ck_assert(fcd_cast_reader_sleep(r));
	fcd_cast_reader_free(r);
	close(fd);
}
END_TEST

/* The writer is between its stores: 1 can be seen already, 0 not yet. */
START_TEST(reader_waits_for_a_lower_number_in_the_other_lane)
{
	struct fcd_cast_header *h;
	struct fcd_cast_reader *r;
	int fd;

	put_priority(0);
	put(1);
	fcd_cast_publish(cast);
	h = copied_ring(&fd);
	h->lane[1].head = h->seq = h->published = 0;
	ck_assert_int_eq(fcd_cast_reader_new(&r, fd, &page, 0), 0);
	expect_nothing(r);
	h->lane[1].head = lane(1)->head;
	expect_nothing(r);
	h->seq = 2;
	expect_event(r, 0);
	expect_event(r, 1);
	h->published = fcd_cast_header(cast)->published;
	expect_nothing(r);
	fcd_cast_reader_free(r);
	close(fd);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("lanes");

	tcase_add_checked_fixture(t, cast_setup, cast_teardown);
	tcase_add_test(t, reader_sees_both_lanes_in_order_of_their_numbers);
	tcase_add_test(t, reader_loses_only_what_the_flooded_lane_lost);
	tcase_add_test(t, reader_that_begins_in_the_past_begins_there_in_both_lanes);
	tcase_add_test(t, reader_is_told_of_numbers_that_nothing_is_left_of);
	tcase_add_test(t, reader_waits_for_a_lower_number_in_the_other_lane);
	tcase_set_timeout(t, 50);
	return t;
}
