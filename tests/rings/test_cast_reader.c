// SPDX-License-Identifier: MIT
/* The broadcast ring: its reader. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/rings/cast_bed.h"
#include "tests/tests.h"

START_TEST(reader_sees_every_event_whole_around_the_end)
{
	struct fcd_cast_reader *r = reader_new(0);
	uint64_t written = 0, read = 0;

	while (fcd_cast_header(cast)->published < 20 * CAST_BYTES) {
		put_many(written, written + 700);
		written += 700;
		while (read < written)
			expect_event(r, read++);
		expect_nothing(r);
	}
	ck_assert_uint_eq(fcd_cast_reader_overrun(r), 0);
	ck_assert_uint_eq(fcd_cast_reader_seq(r), written);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_sees_the_largest_record_wherever_it_lies)
{
	struct fcd_cast_reader *r = reader_new(0);
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	const struct fcd_envelope *got;
	uint64_t seq;

	for (seq = 0; seq < 300; seq += 2) {
		event_fill(e, FCD_EVENT_MAX, 1, seq, seq);
		fcd_cast_event(cast, e, e->bytes, EPOCH, 0);
		put_many(seq + 1, seq + 2);
		got = fcd_cast_reader_next(r);
		ck_assert_uint_eq(got->bytes, FCD_RECORD_MAX);
		ck_assert(event_is_whole(got, seq));
		expect_event(r, seq + 1);
	}
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_begins_at_the_event_it_asked_for)
{
	struct fcd_cast_reader *r;

	put_many(0, 100);
	r = reader_new(40);
	expect_event(r, 40);
	fcd_cast_reader_free(r);
	r = reader_new(UINT64_MAX);
	expect_nothing(r);
	put_many(100, 101);
	expect_event(r, 100);
	fcd_cast_reader_free(r);
	/* From a number that is still to come: there is no such thing, so what comes next. */
	r = reader_new(5000);
	put_many(101, 102);
	expect_event(r, 101);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_that_asks_for_an_event_that_is_gone_is_told_how_many_are)
{
	const struct fcd_envelope *e;
	struct fcd_cast_reader *r;
	uint64_t lost;

	put_many(0, 5000);
	r = reader_new(3);
	e = fcd_cast_reader_next(r);
	ck_assert_uint_eq(e->kind, FCD_GAP);
	ck_assert_uint_eq(gap_of(e)->cause, FCD_LOSS_OVERRUN);
	lost = gap_of(e)->lost;
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(fcd_cast_reader_overrun(r), lost);
	expect_event(r, 3 + lost);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_that_is_overtaken_goes_on_at_the_floor_and_counts)
{
	struct fcd_cast_reader *r = reader_new(0);
	const struct fcd_envelope *e;
	uint64_t lost;

	put_many(0, 10);
	expect_event(r, 0);
	put_many(10, 5000);
	/* The batch that it copied in time is good. */
	for (lost = 1; lost < 10; lost++)
		expect_event(r, lost);
	e = fcd_cast_reader_next(r);
	ck_assert_uint_eq(gap_of(e)->cause, FCD_LOSS_OVERRUN);
	lost = gap_of(e)->lost;
	ck_assert_uint_eq(e->seq, 10 + lost);
	ck_assert_uint_eq(gap_of(e)->ts_ns, 10 + lost + EPOCH);
	for (lost += 10; lost < 5000; lost++)
		expect_event(r, lost);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_is_told_of_losses_whose_gap_it_was_overtaken_by)
{
	struct fcd_cast_reader *r = reader_new(0);
	uint64_t seq = 10;

	put_many(0, 10);
	fcd_cast_gap(cast, FCD_LOSS_RING_FULL, 40, 0);
	put_many(10, 5000);
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 3, 0);
	put_many(5000, 5001);

	fcd_cast_reader_free(r);
	r = reader_new(UINT64_MAX);
	put_many(5001, 5002);
	fcd_cast_gap(cast, FCD_LOSS_RING_FULL, 5, 0);
	put_many(5002, 10000);
	fcd_cast_gap(cast, FCD_LOSS_RING_FULL, 2, 0);
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 1, 0);
	fcd_cast_publish(cast);
	/* The first of these gaps is gone; the second says what both lost, but not the 40. */
	while ((seq = fcd_cast_reader_next(r)->kind) != FCD_GAP)
		;
	ck_assert_uint_gt(fcd_cast_reader_overrun(r), 0);
	for (seq = 5001 + fcd_cast_reader_overrun(r); seq < 10000; seq++)
		expect_event(r, seq);
	expect_gap(r, FCD_LOSS_RING_FULL, 7);
	expect_gap(r, FCD_LOSS_NESTED, 1);
	expect_nothing(r);

	/* No later gap of its cause: the totals tell, once. */
	fcd_cast_gap(cast, FCD_LOSS_TOO_BIG, 6, 0);
	put_many(10000, 15000);
	while (fcd_cast_reader_next(r)->seq != 14999)
		;
	expect_gap(r, FCD_LOSS_TOO_BIG, 6);
	expect_nothing(r);
	fcd_cast_gap(cast, FCD_LOSS_TOO_BIG, 1, 0);
	fcd_cast_publish(cast);
	expect_gap(r, FCD_LOSS_TOO_BIG, 1);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_that_saw_a_total_early_does_not_count_its_gap_again)
{
	struct fcd_cast_reader *r = reader_new(0);

	put_many(0, 1);
	expect_event(r, 0);
	/* Raised, but not published yet. */
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 5, 0);
	expect_gap(r, FCD_LOSS_NESTED, 5);
	expect_nothing(r);
	put_many(1, 2);
	expect_event(r, 1);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_is_not_told_of_losses_before_it_began)
{
	struct fcd_cast_reader *r;

	fcd_cast_gap(cast, FCD_LOSS_NESTED, 100, 0);
	put_many(0, 10);
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 30, 0);
	fcd_cast_gap(cast, FCD_LOSS_RING_FULL, 50, 0);
	put_many(10, 11);
	fcd_cast_gap(cast, FCD_LOSS_TOO_BIG, 60, 0);
	fcd_cast_publish(cast);
	r = reader_new(UINT64_MAX);
	expect_nothing(r);
	fcd_cast_reader_free(r);
	/* It begins in the past: of what came since it is told. */
	r = reader_new(9);
	expect_event(r, 9);
	expect_gap(r, FCD_LOSS_NESTED, 30);
	expect_gap(r, FCD_LOSS_RING_FULL, 50);
	expect_event(r, 10);
	expect_gap(r, FCD_LOSS_TOO_BIG, 60);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_sleeps_only_if_nothing_is_left_to_read)
{
	struct fcd_cast_reader *r = reader_new(0);

	expect_nothing(r);
	ck_assert(fcd_cast_reader_sleep(r));
	ck_assert_uint_eq(page.asleep, 1);
	fcd_cast_reader_awake(r);
	ck_assert_uint_eq(page.asleep, 0);
	put_many(0, 2);
	ck_assert(!fcd_cast_reader_sleep(r));
	expect_event(r, 0);
	ck_assert(!fcd_cast_reader_sleep(r));
	expect_event(r, 1);
	expect_nothing(r);
	ck_assert(fcd_cast_reader_sleep(r));
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(reader_has_ended_when_all_of_a_closed_ring_was_read)
{
	struct fcd_cast_reader *r = reader_new(0);

	ck_assert(!fcd_cast_reader_ended(r));
	put_many(0, 2);
	fcd_cast_close(cast);
	ck_assert(!fcd_cast_reader_ended(r));
	expect_event(r, 0);
	ck_assert(!fcd_cast_reader_ended(r));
	expect_event(r, 1);
	ck_assert(fcd_cast_reader_ended(r));
	/* A loss that was not told of is something to read. */
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 1, 0);
	ck_assert(!fcd_cast_reader_ended(r));
	expect_gap(r, FCD_LOSS_NESTED, 1);
	ck_assert(fcd_cast_reader_ended(r));
	fcd_cast_reader_free(r);
}
END_TEST

/* ---- a ring that is none ---- */

#define HOSTILE_BYTES 8192

/* A sealed file with a header; a writer other than ours. */
static struct fcd_cast_header *hostile_new(int *fd)
{
	size_t bytes = FCD_CAST_DATA + HOSTILE_BYTES + FCD_PAGE + FCD_LANES * FCD_RING_SLACK;
	struct fcd_cast_header *h;

	*fd = memfd_create("hostile", MFD_ALLOW_SEALING);
	ck_assert_int_eq(ftruncate(*fd, bytes), 0);
	h = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	ck_assert_ptr_ne(h, MAP_FAILED);
	h->magic = FCD_CAST_MAGIC;
	h->wire = FCD_WIRE;
	h->lanes = FCD_LANES;
	h->lane[0].offset = FCD_CAST_DATA;
	h->lane[0].bytes = HOSTILE_BYTES;
	h->lane[1].offset = FCD_CAST_DATA + HOSTILE_BYTES + FCD_RING_SLACK;
	h->lane[1].bytes = FCD_PAGE;
	return h;
}

static void expect_refused(int fd)
{
	struct fcd_cast_reader *r = NULL;

	ck_assert_int_eq(fcd_cast_reader_new(&r, fd, &page, 0), -EPROTO);
	ck_assert_ptr_null(r);
}

START_TEST(reader_refuses_what_is_no_ring)
{
	struct fcd_cast_header *h;
	int fd;

	h = hostile_new(&fd);
	expect_refused(fd); /* it could still be cut short */
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	h->lane[0].bytes = HOSTILE_BYTES * 64;
	expect_refused(fd);
	h->lane[0].bytes = HOSTILE_BYTES - 8;
	expect_refused(fd);
	h->lane[0].bytes = 8;
	expect_refused(fd);
	h->lane[0].bytes = 0;
	expect_refused(fd);
	h->lane[0].bytes = HOSTILE_BYTES;
	h->wire = FCD_WIRE + 1;
	expect_refused(fd);
	h->wire = FCD_WIRE;
	h->lanes++;
	expect_refused(fd);
	h->lanes = FCD_LANES;
	h->lane[1].offset += 8;
	expect_refused(fd);
	h->lane[1].offset -= 12;
	expect_refused(fd);
	h->lane[1].offset += 4;
	h->magic++;
	expect_refused(fd);
	close(fd);
	fd = memfd_create("short", MFD_ALLOW_SEALING);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	expect_refused(fd);
	close(fd);
}
END_TEST

/* Each way to be broken: head and floor, then the bytes and kind of the record at floor. */
static const struct broken {
	uint64_t head, floor;
	uint32_t bytes;
	uint16_t kind;
} brokens[] = {
	{ HOSTILE_BYTES + 8, 0, 64, FCD_EVENT },
	{ 4, 0, 64, FCD_EVENT },
	{ 60, 0, 52, FCD_EVENT },
	{ 68, 12, 52, FCD_EVENT },
	{ 0, 4096, 64, FCD_EVENT },
	{ 128, 0, 0, FCD_EVENT },
	{ 128, 0, 49, FCD_EVENT },
	{ 128, 0, 55, FCD_GAP },
	{ 128, 0, 39, FCD_MARK },
	{ 128, 0, 64, 4 },
	{ 128, 0, 64, 0 },
	{ 128, 0, 129, FCD_EVENT },
	{ HOSTILE_BYTES, 0, FCD_RECORD_MAX + 1, FCD_EVENT },
	{ HOSTILE_BYTES, 0, UINT32_MAX, FCD_EVENT },
};

START_TEST(reader_gives_a_broken_ring_up)
{
	const struct broken *b = &brokens[_i];
	struct fcd_cast_reader *r;
	struct fcd_envelope e = { .bytes = b->bytes, .kind = b->kind };
	struct fcd_cast_header *h;
	int fd;

	h = hostile_new(&fd);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	ck_assert_int_eq(fcd_cast_reader_new(&r, fd, &page, 0), 0);
	memcpy((char *)h + FCD_CAST_DATA + b->floor, &e, sizeof(e));
	h->lane[0].floor = b->floor;
	h->lane[0].head = h->published = b->head;
	h->seq = 1;
	expect_nothing(r);
	ck_assert(fcd_cast_reader_ended(r));
	expect_nothing(r);
	ck_assert(fcd_cast_reader_sleep(r));
	fcd_cast_reader_free(r);
	close(fd);
}
END_TEST

/* ---- a writer and a reader that overtake each other ---- */

#define RACE_EVENTS 100000

static void *write_all(void *arg)
{
	uint64_t seq;

	(void)arg;
	for (seq = 0; seq < RACE_EVENTS; seq++) {
		seq % 5 ? put(seq) : put_priority(seq);
		if (seq % 1000 == 0)
			fcd_cast_gap(cast, seq % 3, 1 + seq % 7, seq);
		if (seq % 16 == 0)
			fcd_cast_publish(cast);
	}
	fcd_cast_close(cast);
	return NULL;
}

START_TEST(reader_accounts_for_each_event_of_a_writer_that_overtakes_it)
{
	uint64_t seen = 0, lost[FCD_LOSSES] = { 0 }, told = 0, total = 0, i;
	struct fcd_cast_reader *r = reader_new(0);
	const struct fcd_envelope *e;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, write_all, NULL), 0);
	while (!fcd_cast_reader_ended(r)) {
		e = fcd_cast_reader_next(r);
		if (e && e->kind == FCD_GAP) {
			lost[gap_of(e)->cause] += gap_of(e)->lost;
		} else if (e) {
			ck_assert_uint_eq(e->seq, seen++ + lost[FCD_LOSS_OVERRUN]);
			ck_assert_uint_eq(event_of(e)->ts_ns, e->seq + EPOCH);
			ck_assert(event_is_whole(e, e->seq));
		}
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(seen + lost[FCD_LOSS_OVERRUN], RACE_EVENTS);
	ck_assert_uint_eq(fcd_cast_reader_overrun(r), lost[FCD_LOSS_OVERRUN]);
	for (i = 0; i < RACE_EVENTS; i += 1000)
		total += 1 + i % 7;
	for (i = 0; i < FCD_LOSS_OVERRUN; i++)
		told += lost[i];
	ck_assert_uint_eq(told, total);
	fcd_cast_reader_free(r);
}
END_TEST

/* Where the reader maps the ring. */
static char *reader_map(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from = 0;
	char line[256], mode[8];

	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "memfd:falco-capture") &&
		    sscanf(line, "%lx-%*x %7s", &from, mode) == 2 && !strcmp(mode, "r--s"))
			break;
	}
	fclose(maps);
	return (char *)from;
}

static char *fault_at;

/* The reader is in the middle of its copy: go around the ring under its hands. */
static void write_a_lap(int signo)
{
	(void)signo;
	mprotect(fault_at, 4096, PROT_READ);
	put_many(100, 2000);
}

START_TEST(reader_throws_a_copy_away_that_was_overwritten_meanwhile)
{
	struct sigaction act = { .sa_handler = write_a_lap };
	struct fcd_cast_reader *r = reader_new(0);
	uint64_t seq;

	put_many(0, 100); /* 26 KiB */
	fault_at = reader_map() + FCD_CAST_DATA + 8192;
	ck_assert_int_eq(mprotect(fault_at, 4096, PROT_NONE), 0);
	ck_assert_int_eq(sigaction(SIGSEGV, &act, NULL), 0);
	seq = fcd_cast_reader_next(r)->seq;
	ck_assert_uint_gt(seq, 100);
	ck_assert_uint_eq(fcd_cast_reader_overrun(r), seq);
	for (; seq < 2000; seq++)
		expect_event(r, seq);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("cast reader");

	tcase_add_checked_fixture(t, cast_setup, cast_teardown);
	tcase_add_test(t, reader_sees_every_event_whole_around_the_end);
	tcase_add_test(t, reader_sees_the_largest_record_wherever_it_lies);
	tcase_add_test(t, reader_begins_at_the_event_it_asked_for);
	tcase_add_test(t, reader_that_asks_for_an_event_that_is_gone_is_told_how_many_are);
	tcase_add_test(t, reader_that_is_overtaken_goes_on_at_the_floor_and_counts);
	tcase_add_test(t, reader_is_told_of_losses_whose_gap_it_was_overtaken_by);
	tcase_add_test(t, reader_that_saw_a_total_early_does_not_count_its_gap_again);
	tcase_add_test(t, reader_is_not_told_of_losses_before_it_began);
	tcase_add_test(t, reader_sleeps_only_if_nothing_is_left_to_read);
	tcase_add_test(t, reader_has_ended_when_all_of_a_closed_ring_was_read);
	tcase_add_test(t, reader_refuses_what_is_no_ring);
	tcase_add_loop_test(t, reader_gives_a_broken_ring_up, 0,
			    sizeof(brokens) / sizeof(brokens[0]));
	tcase_add_test(t, reader_accounts_for_each_event_of_a_writer_that_overtakes_it);
	tcase_add_test(t, reader_throws_a_copy_away_that_was_overwritten_meanwhile);
	tcase_set_timeout(t, 50);
	return t;
}
