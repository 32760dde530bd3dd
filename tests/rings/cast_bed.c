// SPDX-License-Identifier: MIT
#include "core/table.h"
#include "tests/rings/cast_bed.h"

struct fcd_cast *cast;
struct fcd_sub_page page;
uint64_t record[FCD_RECORD_MAX / 8];

void cast_setup(void)
{
	ck_assert_int_eq(fcd_cast_new(&cast, CAST_BYTES, CAST_BYTES), 0);
}

void cast_teardown(void)
{
	fcd_cast_free(cast);
}

struct fcd_cast_reader *reader_new(uint64_t first_seq)
{
	struct fcd_cast_reader *r;

	ck_assert_int_eq(fcd_cast_reader_new(&r, fcd_cast_fd(cast), &page, first_seq), 0);
	return r;
}

void put(uint64_t seq)
{
	struct fcd_envelope *e = (struct fcd_envelope *)record;

	event_fill(e, 28 + seq * 97 % 400, 1, seq, seq);
	fcd_cast_event(cast, e, e->bytes, EPOCH, 0);
}

void put_priority(uint64_t seq)
{
	struct fcd_envelope *e = (struct fcd_envelope *)record;
	struct fcd_event *event = (struct fcd_event *)(e + 1);

	event_fill(e, 28 + seq * 97 % 400, 1, seq, seq);
	event->type = fcd_event_by_code("SYSCALL_EXECVE_19_X")->id;
	fcd_cast_event(cast, e, e->bytes, EPOCH, 0);
}

void put_many(uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		put(from);
	fcd_cast_publish(cast);
}

void expect_event(struct fcd_cast_reader *r, uint64_t seq)
{
	const struct fcd_envelope *e = fcd_cast_reader_next(r);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->kind, FCD_EVENT);
	ck_assert_uint_eq(e->seq, seq);
	ck_assert_uint_eq(event_of(e)->ts_ns, seq + EPOCH);
	ck_assert(event_is_whole(e, seq));
}

void expect_gap(struct fcd_cast_reader *r, uint32_t cause, uint64_t lost)
{
	const struct fcd_envelope *e = fcd_cast_reader_next(r);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->kind, FCD_GAP);
	ck_assert_uint_eq(gap_of(e)->cause, cause);
	ck_assert_uint_eq(gap_of(e)->lost, lost);
}

void expect_nothing(struct fcd_cast_reader *r)
{
	ck_assert_ptr_null(fcd_cast_reader_next(r));
}
