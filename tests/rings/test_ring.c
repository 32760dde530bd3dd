// SPDX-License-Identifier: MIT
/* An engine's ring: abi/ring_io.h on both sides. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "tests/rings/bed.h"
#include "tests/tests.h"

#define RING_BYTES (1ULL << 17)
#define ENVELOPE   sizeof(struct fcd_envelope)

static struct fcd_block *block;
static struct fcd_ring_reader reader;

static void setup(void)
{
	block = block_new(RING_BYTES);
	reader = block_reader(block);
}

static void teardown(void)
{
	block_free(block);
}

/* Read and release what is there, up to 64 records; each must be whole and have the next seed. */
static int read_some(uint64_t *seed)
{
	struct fcd_ref refs[64];
	uint64_t at = reader.pos;
	int n = fcd_ring_peek(&reader, &at, refs, 64), i;

	for (i = 0; i < n; i++) {
		ck_assert(event_is_whole(refs[i].record, *seed));
		ck_assert_uint_eq(refs[i].ts_ns, (*seed)++);
	}
	if (n > 0)
		fcd_ring_release(&reader, refs[n - 1].end);
	return n;
}

START_TEST(ring_reader_sees_records_in_order_around_the_end)
{
	uint64_t written = 0, read = 0;

	/* Sizes that fit the ring's in no way, for fifty times its bytes. */
	while (block->prod[0].head < 50 * RING_BYTES) {
		uint32_t bytes = 28 + written * 97 % 3000;

		ck_assert(block_write(block, bytes, 1, written, written));
		written++;
		ck_assert_int_eq(read_some(&read), 1);
	}
	ck_assert_uint_eq(read, written);
}
END_TEST

START_TEST(ring_reader_sees_wrapped_record)
{
	uint64_t written = 0, read = 0;
	struct fcd_ref ref;
	uint64_t at;

	/* 64 KiB and 48 KiB, then the next 64 KiB run 48 KiB into the slack. */
	block_write(block, 65536 - ENVELOPE, 1, written, written);
	written++;
	block_write(block, 49152 - ENVELOPE, 1, written, written);
	written++;
	ck_assert_int_eq(read_some(&read), 2);
	ck_assert(block_write(block, 65536, 1, written, written));
	at = reader.pos;
	ck_assert_int_eq(fcd_ring_peek(&reader, &at, &ref, 1), 1);
	ck_assert_ptr_eq(ref.record, reader.data + 65536 + 49152);
	ck_assert_int_eq(read_some(&read), 1);
	/* The next begins where that one would have ended. */
	written++;
	ck_assert(block_write(block, 100, 1, written, written));
	at = reader.pos;
	ck_assert_int_eq(fcd_ring_peek(&reader, &at, &ref, 1), 1);
	ck_assert_ptr_eq(ref.record, reader.data + 49152 + 24);
	ck_assert_int_eq(read_some(&read), 1);
}
END_TEST

START_TEST(ring_without_room_drops_counts_and_keeps_what_it_has)
{
	uint64_t written = 0, read = 0, dropped;

	while (block_write(block, 1000, 1, written, written))
		written++;
	for (dropped = 1; dropped < 10; dropped++)
		ck_assert(!block_write(block, 1000, 1, 0, 0));
	ck_assert_uint_eq(block->prod[0].drop_full, dropped);
	ck_assert_uint_eq(block->prod[0].published, written);
	ck_assert_uint_eq(block->produced, written + dropped);
	ck_assert_uint_eq(block->prod[0].busy, 0);
	while (read_some(&read) > 0)
		;
	ck_assert_uint_eq(read, written);
	ck_assert(block_write(block, 1000, 1, 0, 0));
}
END_TEST

START_TEST(ring_refuses_a_record_that_is_too_big_and_counts_it)
{
	ck_assert(!block_write(block, FCD_EVENT_MAX + 1, 1, 0, 0));
	ck_assert_uint_eq(block->prod[0].drop_too_big, 1);
	ck_assert_uint_eq(block->prod[0].drop_full, 0);
	ck_assert_uint_eq(block->produced, 1);
	ck_assert(block_write(block, FCD_EVENT_MAX, 1, 0, 0));
}
END_TEST

/* With this tail a full ring's writer does not move. */
static void expect_only_drops(uint64_t tail)
{
	uint64_t head = block->prod[0].head;
	int i;

	block->cons[0].tail = tail;
	for (i = 0; i < 300; i++)
		ck_assert(!block_write(block, 1000, 1, 0, 0));
	ck_assert_uint_eq(block->prod[0].head, head);
}

START_TEST(ring_writer_with_a_hostile_tail_only_drops)
{
	while (block_write(block, 1000, 1, 0, 0))
		;
	expect_only_drops(8);
	expect_only_drops(UINT64_MAX);
	expect_only_drops(1ULL << 40);
	expect_only_drops(1ULL << 63);
	expect_only_drops(block->prod[0].head + 8);
	expect_only_drops(block->prod[0].head + 1024);
}
END_TEST

static void expect_broken(void)
{
	uint64_t at = reader.pos;
	struct fcd_ref ref;

	ck_assert_int_eq(fcd_ring_peek(&reader, &at, &ref, 1), -EPROTO);
	ck_assert_uint_eq(at, reader.pos);
}

START_TEST(ring_reader_refuses_a_head_beyond_the_ring)
{
	block_write(block, 40, 1, 0, 0);
	block->prod[0].head = RING_BYTES + 8;
	expect_broken();
	block->prod[0].head = (uint64_t)-8;
	expect_broken();
}
END_TEST

START_TEST(ring_reader_refuses_lengths_that_cannot_be)
{
	static const uint32_t bytes[] = {
		0, 49, 1024 + 1, FCD_RECORD_MAX + 1, 1u << 31, UINT32_MAX
	};
	struct fcd_envelope *e = (struct fcd_envelope *)((char *)block + block->place[0].offset);
	uint32_t i;

	for (i = 0; i < 6; i++) {
		e->bytes = bytes[i];
		block->prod[0].head = bytes[i] > FCD_RECORD_MAX ? RING_BYTES : 1024;
		expect_broken();
	}
	e->bytes = 1024;
	block->prod[0].head = 49;
	expect_broken();
}
END_TEST

START_TEST(ring_reader_takes_what_comes_before_a_broken_record)
{
	uint64_t at = 0;
	struct fcd_ref refs[4];
	struct fcd_envelope *second;

	block_write(block, 40, 1, 0, 0);
	second = (struct fcd_envelope *)((char *)block + block->place[0].offset + 64);
	block_write(block, 40, 1, 1, 1);
	second->bytes = 3;
	ck_assert_int_eq(fcd_ring_peek(&reader, &at, refs, 4), 1);
	ck_assert_uint_eq(at, 64);
	ck_assert_int_eq(fcd_ring_peek(&reader, &at, refs, 4), -EPROTO);
}
END_TEST

START_TEST(ring_says_busy_from_begin_to_commit)
{
	struct fcd_ring_writer w = { block, 0 };
	struct fcd_envelope *e = fcd_ring_begin(&w, 64);
	uint64_t left;
	int is_busy;

	ck_assert_int_eq(fcd_ring_look(&reader, 0, &left, &is_busy), 0);
	ck_assert_int_eq(is_busy, 1);
	ck_assert_uint_eq(left, 0);
	event_fill(e, 40, 1, 0, 0);
	fcd_ring_commit(&w, 64);
	ck_assert_int_eq(fcd_ring_look(&reader, 0, &left, &is_busy), 0);
	ck_assert_int_eq(is_busy, 0);
	ck_assert_uint_eq(left, 64);
}
END_TEST

/* ---- two threads ---- */

#define RACE_EVENTS 100000
static int wake_fd;

static void *write_all(void *arg)
{
	struct fcd_ring_writer w = { block, 0 };
	uint64_t seq = 0;

	(void)arg;
	while (seq < RACE_EVENTS) {
		uint32_t bytes = 28 + seq * 31 % 200;
		struct fcd_envelope *e = fcd_ring_begin(&w, ENVELOPE + bytes);

		if (!e) {
			sched_yield();
			continue;
		}
		event_fill(e, bytes, 1, seq, seq);
		seq++;
		if (fcd_ring_commit(&w, ENVELOPE + bytes))
			eventfd_write(wake_fd, 1);
	}
	return NULL;
}

/* A wake-up that is lost hangs here until the test's time is over. */
START_TEST(ring_passes_every_record_and_wake_up_between_two_threads)
{
	struct pollfd wake = { .events = POLLIN };
	uint64_t read = 0;
	eventfd_t times;
	pthread_t thread;

	wake.fd = wake_fd = eventfd(0, EFD_NONBLOCK);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_all, NULL), 0);
	while (read < RACE_EVENTS) {
		int n = read_some(&read);

		ck_assert_int_ge(n, 0);
		if (n)
			continue;
		FCD_STORE(&block->asleep, 1);
		fcd_fence();
		if (FCD_LOAD_ACQUIRE(&block->prod[0].head) == reader.pos) {
			poll(&wake, 1, -1);
			eventfd_read(wake_fd, &times);
		}
		FCD_STORE(&block->asleep, 0);
	}
	pthread_join(thread, NULL);
	close(wake_fd);
	ck_assert_uint_eq(block->prod[0].published, RACE_EVENTS);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("ring");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ring_reader_sees_records_in_order_around_the_end);
	tcase_add_test(t, ring_reader_sees_wrapped_record);
	tcase_add_test(t, ring_without_room_drops_counts_and_keeps_what_it_has);
	tcase_add_test(t, ring_refuses_a_record_that_is_too_big_and_counts_it);
	tcase_add_test(t, ring_writer_with_a_hostile_tail_only_drops);
	tcase_add_test(t, ring_reader_refuses_a_head_beyond_the_ring);
	tcase_add_test(t, ring_reader_refuses_lengths_that_cannot_be);
	tcase_add_test(t, ring_reader_takes_what_comes_before_a_broken_record);
	tcase_add_test(t, ring_says_busy_from_begin_to_commit);
	tcase_add_test(t, ring_passes_every_record_and_wake_up_between_two_threads);
	tcase_set_timeout(t, 50);
	return t;
}
