// SPDX-License-Identifier: MIT
#include <errno.h>
#include "abi/ring_io.h"
#include "core/lane_reader.h"

#define BATCH_MIN 16384u
#define BATCH_MAX FCD_LANE_BATCH
#define TRIES	  8
#define AHEAD	  1024 /* bytes to prefetch: the writer's CPU had the lines last */

int fcd_lane_reader_init(struct fcd_lane_reader *l, const struct fcd_cast_header *h, uint32_t lane,
			 uint64_t map_bytes)
{
	uint64_t offset = FCD_LOAD(&h->lane[lane].offset), bytes = FCD_LOAD(&h->lane[lane].bytes);

	if (bytes < FCD_PAGE || (bytes & (bytes - 1)) || offset < FCD_CAST_DATA || offset % 8 ||
	    offset > map_bytes || bytes > map_bytes - offset ||
	    FCD_RING_SLACK > map_bytes - offset - bytes)
		return -EPROTO;
	l->shared = &h->lane[lane];
	l->data = (const uint8_t *)h + offset;
	l->bytes = bytes;
	return 0;
}

/*
 * The writer may be overwriting what is read here; whether it did is found out from
 * `floor` afterwards. So the reads are volatile, and of no interest to a sanitizer.
 */
__attribute__((no_sanitize("thread"))) static void copy_racing(void *to, const void *from,
							       uint64_t bytes)
{
	typedef uint64_t pair __attribute__((vector_size(16), aligned(8), may_alias));
	typedef uint64_t word __attribute__((may_alias));
	const volatile pair *in = from;
	pair *out = to;
	uint64_t i;

	for (i = 0; i + 4 <= bytes / 16; i += 4) {
		__builtin_prefetch((const char *)from + 16 * i + AHEAD);
		out[i] = in[i];
		out[i + 1] = in[i + 1];
		out[i + 2] = in[i + 2];
		out[i + 3] = in[i + 3];
	}
	for (i *= 2; i < bytes / 8; i++)
		((word *)to)[i] = ((const volatile word *)from)[i];
}

/* Copy what follows position `base`, as much as `want`. False: nothing is there, or is_unsure. */
static bool batch_fill(struct fcd_lane_reader *l, uint32_t want)
{
	int i;

	l->at = l->starts = l->ends = 0;
	l->is_unsure = false;
	for (i = 0; i < TRIES && !l->is_broken; i++) {
		uint64_t floor = FCD_LOAD_ACQUIRE(&l->shared->floor), left, to_end, bytes = want;

		if (floor > l->base)
			l->base = floor;
		left = FCD_LOAD_ACQUIRE(&l->shared->head) - l->base;
		if (!left)
			return false;
		if (left > l->bytes || (l->base & 7) || (left & 7)) {
			/* It may have overtaken us since we looked at floor. */
			l->is_broken = FCD_LOAD(&l->shared->floor) <= l->base;
			continue;
		}
		to_end = l->bytes - (l->base & (l->bytes - 1));
		if (bytes > left)
			bytes = left;
		/* The record at the end of the lane goes on in the slack. */
		if (bytes > to_end + FCD_RECORD_MAX)
			bytes = to_end + FCD_RECORD_MAX;
		copy_racing(l->batch, l->data + (l->base & (l->bytes - 1)), bytes);
		/* If a byte of the copy is newer, so is the floor that is seen now. */
		fcd_fence();
		if (FCD_LOAD(&l->shared->floor) <= l->base) {
			l->starts = bytes < to_end ? bytes : to_end;
			l->ends = bytes;
			return true;
		}
	}
	l->is_unsure = true;
	return false;
}

/* Bytes that a record of this kind has at least. */
static const uint32_t record_min[] = {
	[FCD_EVENT] = sizeof(struct fcd_envelope) + FCD_EVENT_HEADER,
	[FCD_GAP] = sizeof(struct fcd_envelope) + sizeof(struct fcd_gap),
	[FCD_MARK] = sizeof(struct fcd_envelope) + sizeof(struct fcd_mark),
};

/* 0: of no kind of this version of the ring. */
static inline uint32_t record_min_of(uint16_t kind)
{
	return kind <= FCD_MARK ? record_min[kind] : 0;
}

/* The record at l->at, if all of it is in the batch. */
static inline struct fcd_envelope *batch_peek(struct fcd_lane_reader *l)
{
	struct fcd_envelope *e = (struct fcd_envelope *)((char *)l->batch + l->at);

	if (l->at >= l->starts || l->ends - l->at < sizeof(*e))
		return NULL;
	if (e->bytes > FCD_RECORD_MAX || FCD_RECORD_STEP(e->bytes) > l->ends - l->at)
		return NULL;
	/* The version says which kinds there are, so another is no record of ours. */
	if (!record_min_of(e->kind) || e->bytes < record_min_of(e->kind)) {
		l->is_broken = true;
		l->starts = 0;
		return NULL;
	}
	return e;
}

struct fcd_envelope *fcd_lane_reader_peek(struct fcd_lane_reader *l)
{
	l->next = batch_peek(l);
	if (l->next || l->is_broken)
		return l->next;
	l->base += l->at;
	if (!batch_fill(l, BATCH_MIN))
		return NULL;
	l->next = batch_peek(l);
	if (l->next || l->is_broken || !batch_fill(l, BATCH_MAX))
		return l->next;
	/* Now a whole record must be there. */
	l->next = batch_peek(l);
	l->is_broken = !l->next;
	return l->next;
}

void fcd_lane_reader_seek(struct fcd_lane_reader *l, uint64_t pos)
{
	l->next = NULL;
	l->base = pos;
	l->at = l->starts = l->ends = 0;
}
