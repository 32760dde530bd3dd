// SPDX-License-Identifier: MIT
/* The broadcast ring: its writer. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/lane.h"
#include "core/table.h"
#include "tests/rings/cast_bed.h"
#include "tests/tests.h"

START_TEST(cast_takes_powers_of_two_from_256_kib_on)
{
	static const uint64_t wrong[] = {
		0, 4096, 128 << 10, (256 << 10) + 8, 300 << 10, 1ULL << 63
	};
	struct fcd_cast *other = NULL;
	uint32_t i;

	for (i = 0; i < 6; i++) {
		ck_assert_int_eq(fcd_cast_new(&other, wrong[i], CAST_BYTES), -EINVAL);
		ck_assert_int_eq(fcd_cast_new(&other, CAST_BYTES, wrong[i]), -EINVAL);
	}
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(cast_can_be_mapped_by_others_for_reading_only)
{
	int fd = fcd_cast_fd(cast);

	ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(fd, 4096), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}
END_TEST

START_TEST(cast_shows_nothing_before_it_is_published)
{
	struct fcd_cast_reader *r = reader_new(0);

	put(0);
	expect_nothing(r);
	ck_assert_uint_eq(fcd_cast_publish(cast), 1);
	expect_event(r, 0);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

/*
 * Sizes up to the largest there is. After each record the floor is where one began, and the
 * ring keeps all but a chunk and a record's worth of what it can hold.
 */
START_TEST(cast_floor_is_always_a_boundary_and_never_far)
{
	static uint64_t begins[1 << 15];
	const struct fcd_cast_lane *l = &fcd_cast_header(cast)->lane[FCD_LANE_BULK];
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	uint64_t pos = 0, oldest = 0, seed = 1, n;

	for (n = 0; n < 1 << 15; n++) {
		uint32_t bytes;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		bytes = seed >> 60 ? 28 + (seed >> 33) % 300
				   : 28 + (seed >> 33) % (FCD_EVENT_MAX - 27);
		begins[n] = pos;
		e->bytes = sizeof(*e) + bytes;
		fcd_cast_event(cast, e, e->bytes, 0, 0);
		pos += FCD_RECORD_STEP(e->bytes);
		for (; begins[oldest] < l->floor; oldest++)
			;
		ck_assert_uint_eq(begins[oldest], l->floor);
		ck_assert_uint_le(l->floor, l->head);
		ck_assert_uint_le(pos - l->floor, CAST_BYTES);
		if (pos > CAST_BYTES)
			ck_assert_uint_ge(pos - l->floor,
					  CAST_BYTES - CAST_BYTES / 16 - FCD_RECORD_MAX);
	}
	ck_assert_uint_gt(pos, 40 * CAST_BYTES);
}
END_TEST

START_TEST(cast_keeps_time_flags_and_order_of_gaps_and_marks)
{
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	struct fcd_cast_reader *r = reader_new(0);
	const struct fcd_envelope *got;

	event_fill(e, 40, 7, 5, 9);
	e->flags = FCD_COMPAT;
	e->cpu = 3;
	fcd_cast_event(cast, e, e->bytes, EPOCH, FCD_LATE);
	fcd_cast_mark(cast, 77, -3);
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 4, 78);
	fcd_cast_gap(cast, FCD_LOSS_NESTED, 2, 79);
	fcd_cast_publish(cast);

	got = fcd_cast_reader_next(r);
	ck_assert_uint_eq(got->flags, FCD_COMPAT | FCD_LATE);
	ck_assert_uint_eq(got->cpu, 3);
	ck_assert_uint_eq(got->tgid, 7);
	ck_assert_uint_eq(event_of(got)->ts_ns, 5 + EPOCH);
	got = fcd_cast_reader_next(r);
	ck_assert_uint_eq(got->kind, FCD_MARK);
	ck_assert_uint_eq(got->seq, 1);
	ck_assert_uint_eq(((const struct fcd_mark *)(got + 1))->ts_ns, 77);
	ck_assert_int_eq(((const struct fcd_mark *)(got + 1))->shift_ns, -3);
	got = fcd_cast_reader_next(r);
	ck_assert_uint_eq(got->kind, FCD_GAP);
	ck_assert_uint_eq(got->seq, 1);
	ck_assert_uint_eq(gap_of(got)->ts_ns, 78);
	ck_assert_uint_eq(gap_of(got)->total, 4);
	got = fcd_cast_reader_next(r);
	ck_assert_uint_eq(gap_of(got)->lost, 2);
	ck_assert_uint_eq(gap_of(got)->total, 6);
	ck_assert_uint_eq(fcd_cast_header(cast)->lost[FCD_LOSS_NESTED], 6);
	fcd_cast_reader_free(r);
}
END_TEST

/* What the producer makes of a record after it was looked at. */
static int put_changed(uint32_t offset, uint16_t value)
{
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	struct fcd_ref ref = { .record = e, .ts_ns = 5 };

	event_fill(e, 40, 1, 5, 5);
	ref.bytes = e->bytes;
	memcpy((char *)record + offset, &value, sizeof(value));
	return fcd_cast_event_checked(cast, ref, EPOCH, 0);
}

/* An event of n empty parameters, its lengths right. */
static int put_parameters(uint32_t n)
{
	struct fcd_event event = { .bytes = FCD_EVENT_HEADER + 2 * n, .nparams = n };
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	struct fcd_ref ref = { .record = e, .bytes = sizeof(*e) + event.bytes };

	memset(record, 0, 256);
	e->kind = FCD_EVENT;
	memcpy(e + 1, &event, sizeof(event));
	return fcd_cast_event_checked(cast, ref, EPOCH, 0);
}

START_TEST(cast_checks_the_copy_of_what_its_producer_may_change)
{
	uint32_t event = sizeof(struct fcd_envelope);
	struct fcd_cast_reader *r = reader_new(0);
	const struct fcd_envelope *e;

	ck_assert_int_eq(put_changed(4, FCD_GAP), -EPROTO);
	ck_assert_int_eq(put_changed(event + 16, 41), -EPROTO); /* the event's bytes */
	ck_assert_int_eq(put_changed(event + 22, 8), -EPROTO);	/* more than fit */
	ck_assert_int_eq(put_changed(event + 26, 13), -EPROTO); /* a parameter too long, */
	ck_assert_int_eq(put_changed(event + 26, 11), -EPROTO); /* too short */
	ck_assert_int_eq(put_parameters(32), 0);
	ck_assert_int_eq(put_parameters(33), -EPROTO);
	/* The length of the record and its time are those that were read once. */
	ck_assert_int_eq(put_changed(0, 9000), 0);
	ck_assert_int_eq(put_changed(event, 6000), 0);
	ck_assert_uint_eq(fcd_cast_publish(cast), 3);
	fcd_cast_reader_next(r);
	e = fcd_cast_reader_next(r);
	ck_assert_uint_eq(e->bytes, 64);
	e = fcd_cast_reader_next(r);
	ck_assert_uint_eq(e->seq, 2);
	ck_assert_uint_eq(event_of(e)->ts_ns, 5 + EPOCH);
	expect_nothing(r);
	fcd_cast_reader_free(r);
}
END_TEST

START_TEST(cast_sorts_events_into_lanes_by_what_they_are)
{
	static const char *const bulk[] = { "read", "openat", "close", "sendto", "futex", "mmap" };
	static const char *const priority[] = { "execve", "clone3", "setresuid", "capset",
						"ptrace", "bpf",    "connect",	 "mount",
						"setns",  "vfork" };
	struct fcd_lane_map map;
	struct fcd_event event = { .bytes = FCD_EVENT_HEADER };
	uint32_t i;

	fcd_lane_map_init(&map);
	for (i = 0; i < sizeof(bulk) / sizeof(bulk[0]); i++) {
		event.type = fcd_syscall_by_name(bulk[i])->exit_event;
		ck_assert_uint_eq(fcd_lane_of(&map, &event, sizeof(event)), FCD_LANE_BULK);
	}
	for (i = 0; i < sizeof(priority) / sizeof(priority[0]); i++) {
		event.type = fcd_syscall_by_name(priority[i])->exit_event;
		ck_assert_uint_eq(fcd_lane_of(&map, &event, sizeof(event)), FCD_LANE_PRIORITY);
	}
	event.type = fcd_event_by_code("PROCEXIT_1_E")->id;
	ck_assert_uint_eq(fcd_lane_of(&map, &event, sizeof(event)), FCD_LANE_PRIORITY);
	event.type = UINT16_MAX;
	ck_assert_uint_eq(fcd_lane_of(&map, &event, sizeof(event)), FCD_LANE_BULK);
}
END_TEST

/* A call without an event of its own goes by its number. */
START_TEST(cast_sorts_generic_events_by_their_number)
{
	struct {
		struct fcd_event event;
		uint16_t lens[2], id, nr;
	} __attribute__((packed))
	generic = { .event = { .type = 1, .nparams = 2 }, .lens = { 2, 2 } };
	struct fcd_lane_map map;

	fcd_lane_map_init(&map);
	generic.nr = 175; /* init_module */
	ck_assert_uint_eq(fcd_lane_of(&map, &generic.event, sizeof(generic)), FCD_LANE_PRIORITY);
	ck_assert_uint_eq(fcd_lane_of(&map, &generic.event, FCD_EVENT_HEADER), FCD_LANE_BULK);
	generic.nr = 74; /* fsync */
	ck_assert_uint_eq(fcd_lane_of(&map, &generic.event, sizeof(generic)), FCD_LANE_BULK);
	generic.nr = 60000;
	ck_assert_uint_eq(fcd_lane_of(&map, &generic.event, sizeof(generic)), FCD_LANE_BULK);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("cast");

	tcase_add_checked_fixture(t, cast_setup, cast_teardown);
	tcase_add_test(t, cast_takes_powers_of_two_from_256_kib_on);
	tcase_add_test(t, cast_can_be_mapped_by_others_for_reading_only);
	tcase_add_test(t, cast_shows_nothing_before_it_is_published);
	tcase_add_test(t, cast_floor_is_always_a_boundary_and_never_far);
	tcase_add_test(t, cast_keeps_time_flags_and_order_of_gaps_and_marks);
	tcase_add_test(t, cast_checks_the_copy_of_what_its_producer_may_change);
	tcase_add_test(t, cast_sorts_events_into_lanes_by_what_they_are);
	tcase_add_test(t, cast_sorts_generic_events_by_their_number);
	tcase_set_timeout(t, 50);
	return t;
}
