// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "tests/rings/bed.h"

struct fcd_block *block_new(uint64_t bytes)
{
	size_t map_bytes = fcd_block_init(NULL, 0, 0, &bytes, 1);
	void *map =
		mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	fcd_block_init(map, 0, 0, &bytes, 1);
	return map;
}

void block_free(struct fcd_block *b)
{
	munmap(b, b->place[0].offset + b->place[0].bytes + FCD_RING_SLACK);
}

struct fcd_ring_reader block_reader(struct fcd_block *b)
{
	return (struct fcd_ring_reader){
		.prod = &b->prod[0],
		.cons = &b->cons[0],
		.data = (const uint8_t *)b + b->place[0].offset,
		.bytes = b->place[0].bytes,
	};
}

struct fcd_ring_desc block_desc(struct fcd_block *b, uint32_t flags)
{
	return (struct fcd_ring_desc){
		.size = sizeof(struct fcd_ring_desc),
		.flags = flags,
		.block = b,
		.consumer = b,
		.data = (const uint8_t *)b + b->place[0].offset,
		.bytes = b->place[0].bytes,
	};
}

static uint8_t byte_of(uint64_t seed, uint32_t at)
{
	return (uint8_t)((seed * 2654435761u + at * 40503u) >> 8);
}

void event_fill(struct fcd_envelope *e, uint32_t bytes, uint32_t tgid, uint64_t ts_ns,
		uint64_t seed)
{
	struct fcd_event event = { ts_ns, tgid, bytes, 9, 1 };
	uint16_t len = (uint16_t)(bytes - FCD_EVENT_HEADER - 2);
	uint8_t *body = (uint8_t *)e + sizeof(*e);
	uint32_t i;

	*e = (struct fcd_envelope){
		.bytes = sizeof(*e) + bytes,
		.kind = FCD_EVENT,
		.tgid = tgid,
	};
	memcpy(body, &event, sizeof(event));
	memcpy(body + FCD_EVENT_HEADER, &len, sizeof(len));
	for (i = FCD_EVENT_HEADER + 2; i < bytes; i++)
		body[i] = byte_of(seed, i);
}

bool event_is_whole(const struct fcd_envelope *e, uint64_t seed)
{
	const uint8_t *body = (const uint8_t *)e + sizeof(*e);
	uint32_t i;

	for (i = FCD_EVENT_HEADER + 2; i < event_of(e)->bytes; i++) {
		if (body[i] != byte_of(seed, i))
			return false;
	}
	return e->bytes == sizeof(*e) + event_of(e)->bytes;
}

bool block_write(struct fcd_block *b, uint32_t bytes, uint32_t tgid, uint64_t ts_ns, uint64_t seed)
{
	struct fcd_ring_writer w = { b, 0 };
	struct fcd_envelope *e = fcd_ring_begin(&w, sizeof(*e) + bytes);

	if (!e)
		return false;
	event_fill(e, bytes, tgid, ts_ns, seed);
	fcd_ring_commit(&w, sizeof(*e) + bytes);
	return true;
}

void bed_init(struct bed *b, uint64_t cast_bytes, uint64_t hold_ns)
{
	memset(b, 0, sizeof(*b));
	ck_assert_int_eq(fcd_cast_new(&b->cast, cast_bytes, cast_bytes), 0);
	ck_assert_int_eq(fcd_pump_new(&b->pump, b->cast, &b->clock, hold_ns), 0);
	ck_assert_int_eq(
		fcd_cast_reader_new(&b->reader, fcd_cast_fd(b->cast), &b->page, UINT64_MAX), 0);
}

void bed_fini(struct bed *b)
{
	fcd_cast_reader_free(b->reader);
	fcd_pump_free(b->pump);
	fcd_cast_free(b->cast);
}

uint32_t bed_run(struct bed *b)
{
	struct fcd_pump_pass pass;

	fcd_pump_run(b->pump, UINT32_MAX, &pass);
	return pass.taken;
}

void bed_read(struct bed *b, struct seen *seen)
{
	const struct fcd_envelope *e;

	while ((e = fcd_cast_reader_next(b->reader))) {
		if (e->kind == FCD_EVENT) {
			seen->events++;
			seen->late += e->flags & FCD_LATE;
		} else if (e->kind == FCD_GAP) {
			seen->gaps++;
			ck_assert_uint_lt(gap_of(e)->cause, FCD_LOSSES);
			seen->lost[gap_of(e)->cause] += gap_of(e)->lost;
		}
	}
}

void bed_check_ledger(struct bed *b, struct fcd_pump_stats *stats)
{
	uint64_t sum, i;

	fcd_pump_stats(b->pump, stats);
	sum = stats->published + stats->excluded + stats->in_flight;
	for (i = 0; i < FCD_LOSS_OVERRUN; i++)
		sum += stats->lost[i];
	ck_assert_uint_eq(stats->produced, sum);
}
