// SPDX-License-Identifier: MIT
/* A subscriber's sum, read while it reads. */
#include <pthread.h>
#include <string.h>
#include "core/feed.h"
#include "daemon/books.h"
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define EVENTS 400000

static struct fcd_cast *cast;
static struct fcd_sub_page page;
static struct fcd_filter filter;

static void setup(void)
{
	memset(&page, 0, sizeof(page));
	fcd_filter_all(&filter);
	ck_assert_int_eq(fcd_cast_new(&cast, FCD_CAST_BYTES_MIN, FCD_CAST_BYTES_MIN), 0);
}

static void teardown(void)
{
	fcd_cast_free(cast);
}

static void put(uint64_t n, uint64_t from)
{
	union {
		struct fcd_envelope e;
		uint64_t room[16];
	} record;

	for (; n; n--, from++) {
		event_fill(&record.e, 40, 1, from, from);
		fcd_cast_event(cast, &record.e, record.e.bytes, 0, 0);
	}
	fcd_cast_publish(cast);
}

/* Now and then it is too slow, and its books know. */
static void *subscribe(void *unused)
{
	struct fcd_feed *feed;
	uint64_t made = 0, n;

	ck_assert_int_eq(fcd_feed_new(&feed, fcd_cast_fd(cast), &page, 0, &filter, NULL), 0);
	while (made < EVENTS) {
		uint32_t budget = UINT32_MAX;

		n = made % 64 ? 3 : 9000;
		put(n, made);
		made += n;
		while (fcd_feed_next(feed, &budget))
			;
	}
	fcd_feed_free(feed);
	return unused;
}

static uint64_t accounted(const struct fcd_books *b)
{
	return b->delivered + b->filtered + b->overrun;
}

START_TEST(sum_holds_at_each_moment_while_a_subscriber_reads)
{
	struct fcd_books b = { 0 };
	uint64_t before = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, subscribe, NULL), 0);
	for (; b.seq < EVENTS; before = b.seq) {
		fcd_books_read(&page, &b);
		ck_assert_uint_ge(b.seq, before);
		ck_assert_uint_eq(b.seq, accounted(&b));
	}
	pthread_join(thread, NULL);
	ck_assert_uint_gt(b.overrun, 0);
	ck_assert_uint_gt(b.delivered, 0);
}
END_TEST

START_TEST(subscriber_that_stopped_while_it_wrote_leaves_whole_books)
{
	struct fcd_books b;

	page.version = 6;
	page.books[0] = (struct fcd_books){ .seq = 6, .delivered = 3, .filtered = 2, .overrun = 1 };
	page.books[1] = (struct fcd_books){ .seq = 9, .delivered = 3, .filtered = 2 };
	fcd_books_read(&page, &b);
	ck_assert_uint_eq(b.seq, 6);
	ck_assert_uint_eq(accounted(&b), 6);
}
END_TEST

static bool is_done;

static void *spoil(void *unused)
{
	uint64_t i, *word = (uint64_t *)&page;

	for (i = 0; !__atomic_load_n(&is_done, __ATOMIC_RELAXED); i++)
		FCD_STORE(&word[i % (sizeof(page) / 8)], i * 0x9e3779b97f4a7c15ULL);
	return unused;
}

START_TEST(page_that_never_rests_costs_a_few_tries_and_bounded_numbers)
{
	struct fcd_books_gone gone = { 0 };
	struct fcd_books b;
	pthread_t thread;
	int i;

	ck_assert_int_eq(pthread_create(&thread, NULL, spoil, NULL), 0);
	for (i = 0; i < 10000; i++) {
		fcd_books_read(&page, &b);
		ck_assert_uint_le(b.delivered, 1ULL << 53);
		fcd_books_add(&gone, &b);
		ck_assert_uint_le(gone.delivered, 1ULL << 53);
	}
	__atomic_store_n(&is_done, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(gone.count, 10000);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("books");

	tcase_set_timeout(t, 50);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sum_holds_at_each_moment_while_a_subscriber_reads);
	tcase_add_test(t, subscriber_that_stopped_while_it_wrote_leaves_whole_books);
	tcase_add_test(t, page_that_never_rests_costs_a_few_tries_and_bounded_numbers);
	return t;
}
