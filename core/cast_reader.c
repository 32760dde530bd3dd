// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include "abi/ring_io.h"
#include "core/cast_reader.h"

#define BATCH_MIN 16384u
#define BATCH_MAX FCD_RECORD_MAX
#define TRIES	  8
#define AHEAD	  1024 /* bytes to prefetch: the writer's CPU had the lines last */
#define CAUSES	  (sizeof(((struct fcd_cast_header *)0)->lost) / sizeof(__u64))

struct fcd_cast_reader {
	const struct fcd_cast_header *header;
	const uint8_t *data;
	uint64_t bytes;
	struct fcd_sub_page *page;
	size_t map_bytes;

	/* The batch: a copy of the ring from position `base` on. */
	uint64_t base;
	uint32_t at;	 /* of the next record in the batch */
	uint32_t starts; /* records begin before this, */
	uint32_t ends;	 /* and end before this */
	bool is_broken;	 /* what is in the ring is none of our writer's */

	uint64_t expected; /* number of the next event */
	uint64_t overrun;
	uint64_t accounted[CAUSES]; /* of the totals, what was there at the start or was told */
	struct {
		struct fcd_envelope envelope;
		struct fcd_gap gap;
	} own;
	uint64_t batch[BATCH_MAX / 8];
};

/* ---- raw records ---- */

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

/* Copy what follows position `base`, as much as `want`. False: nothing is there. */
static bool batch_fill(struct fcd_cast_reader *r, uint32_t want)
{
	const struct fcd_cast_header *h = r->header;
	int i;

	r->at = r->starts = r->ends = 0;
	for (i = 0; i < TRIES && !r->is_broken; i++) {
		uint64_t floor = FCD_LOAD_ACQUIRE(&h->floor), left, to_end, bytes = want;

		if (floor > r->base)
			r->base = floor;
		left = FCD_LOAD_ACQUIRE(&h->head) - r->base;
		if (!left)
			return false;
		if (left > r->bytes || (r->base & 7) || (left & 7)) {
			/* It may have overtaken us since we looked at floor. */
			r->is_broken = FCD_LOAD(&h->floor) <= r->base;
			continue;
		}
		to_end = r->bytes - (r->base & (r->bytes - 1));
		if (bytes > left)
			bytes = left;
		/* The record at the end of the ring goes on in the slack. */
		if (bytes > to_end + FCD_RECORD_MAX)
			bytes = to_end + FCD_RECORD_MAX;
		copy_racing(r->batch, r->data + (r->base & (r->bytes - 1)), bytes);
		/* If a byte of the copy is newer, so is the floor that is seen now. */
		fcd_fence();
		if (FCD_LOAD(&h->floor) <= r->base) {
			r->starts = bytes < to_end ? bytes : to_end;
			r->ends = bytes;
			return true;
		}
	}
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

/* The record at r->at, if all of it is in the batch. */
static inline struct fcd_envelope *batch_peek(struct fcd_cast_reader *r)
{
	struct fcd_envelope *e = (struct fcd_envelope *)((char *)r->batch + r->at);

	if (r->at >= r->starts || r->ends - r->at < sizeof(*e))
		return NULL;
	if (e->bytes > FCD_RECORD_MAX || FCD_RECORD_STEP(e->bytes) > r->ends - r->at)
		return NULL;
	/* The version says which kinds there are, so another is no record of ours. */
	if (!record_min_of(e->kind) || e->bytes < record_min_of(e->kind)) {
		r->is_broken = true;
		r->starts = 0;
		return NULL;
	}
	return e;
}

/* The next record wherever it is; it stays the next until record_pass(). */
static struct fcd_envelope *record_peek(struct fcd_cast_reader *r)
{
	struct fcd_envelope *e = batch_peek(r);

	if (e || r->is_broken)
		return e;
	r->base += r->at;
	FCD_STORE(&r->page->pos, r->base);
	if (!batch_fill(r, BATCH_MIN))
		return NULL;
	e = batch_peek(r);
	if (e || r->is_broken || !batch_fill(r, BATCH_MAX))
		return e;
	/* Now a whole record must be there. */
	e = batch_peek(r);
	r->is_broken = !e;
	return e;
}

static inline void record_pass(struct fcd_cast_reader *r, const struct fcd_envelope *e)
{
	r->at += FCD_RECORD_STEP(e->bytes);
}

static uint64_t reader_pos(const struct fcd_cast_reader *r)
{
	return r->base + r->at;
}

/* ---- where to begin ---- */

/*
 * Pass over everything before position `end`. Returns the position of the first event
 * numbered first_seq or more, `end` if there is none. The first GAP of a cause behind that
 * says what its total was there.
 */
static uint64_t scan(struct fcd_cast_reader *r, uint64_t first_seq, uint64_t end)
{
	bool is_known[CAUSES] = { false };
	const struct fcd_envelope *e;
	uint64_t begin = end;

	while ((e = record_peek(r)) && reader_pos(r) < end) {
		const struct fcd_gap *gap = (const struct fcd_gap *)(e + 1);

		if (begin == end && e->kind == FCD_EVENT && e->seq >= first_seq)
			begin = reader_pos(r);
		if (begin != end && e->kind == FCD_GAP && gap->cause < CAUSES &&
		    !is_known[gap->cause]) {
			r->accounted[gap->cause] = gap->total - gap->lost;
			is_known[gap->cause] = true;
		}
		record_pass(r, e);
	}
	return begin;
}

/*
 * The totals are read after the head: a loss that they hold already and whose GAP
 * is still to come was noticed before this reader began, and is not its own.
 */
static void reader_begin(struct fcd_cast_reader *r, uint64_t first_seq)
{
	uint64_t head = FCD_LOAD_ACQUIRE(&r->header->head), i;
	uint64_t seq = FCD_LOAD_ACQUIRE(&r->header->seq);

	for (i = 0; i < CAUSES; i++)
		r->accounted[i] = FCD_LOAD(&r->header->lost[i]);
	/* seq belongs to head or to a younger one, so no event from seq on is before head. */
	if (first_seq >= seq) {
		r->base = head;
		r->expected = seq;
		return;
	}
	r->base = scan(r, first_seq, head);
	r->at = r->starts = 0;
	r->expected = first_seq;
}

static int reader_map(struct fcd_cast_reader *r, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct fcd_cast_header *h;
	struct stat st;

	/* Without this seal the writer could cut it short under our hands. */
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) ||
	    st.st_size < FCD_CAST_DATA + FCD_PAGE + FCD_RING_SLACK)
		return -EPROTO;
	h = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (h == MAP_FAILED)
		return -errno;
	r->header = h;
	r->map_bytes = st.st_size;
	r->data = (const uint8_t *)h + FCD_CAST_DATA;
	r->bytes = FCD_LOAD(&h->bytes);
	if (FCD_LOAD(&h->magic) != FCD_CAST_MAGIC || FCD_LOAD(&h->wire) != FCD_WIRE)
		return -EPROTO;
	if (r->bytes < FCD_PAGE || (r->bytes & (r->bytes - 1)) ||
	    r->bytes > r->map_bytes - FCD_CAST_DATA - FCD_RING_SLACK)
		return -EPROTO;
	return 0;
}

int fcd_cast_reader_new(struct fcd_cast_reader **out, int fd, struct fcd_sub_page *page,
			uint64_t first_seq)
{
	struct fcd_cast_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->page = page;
	err = reader_map(r, fd);
	if (err) {
		fcd_cast_reader_free(r);
		return err;
	}
	reader_begin(r, first_seq);
	FCD_STORE(&page->pos, r->base);
	*out = r;
	return 0;
}

void fcd_cast_reader_free(struct fcd_cast_reader *r)
{
	if (!r)
		return;
	if (r->header)
		munmap((void *)r->header, r->map_bytes);
	free(r);
}

/* ---- records for the user ---- */

static const struct fcd_envelope *own_gap(struct fcd_cast_reader *r, uint32_t cause, uint64_t lost,
					  uint64_t total, uint64_t ts_ns)
{
	memset(&r->own, 0, sizeof(r->own));
	r->own.envelope.bytes = sizeof(r->own);
	r->own.envelope.kind = FCD_GAP;
	r->own.envelope.seq = r->expected;
	r->own.gap.ts_ns = ts_ns;
	r->own.gap.lost = lost;
	r->own.gap.total = total;
	r->own.gap.cause = cause;
	return &r->own.envelope;
}

static const struct fcd_envelope *overrun(struct fcd_cast_reader *r, const struct fcd_envelope *e)
{
	uint64_t lost = e->seq - r->expected;

	r->expected = e->seq;
	r->overrun += lost;
	FCD_STORE(&r->page->overrun, r->overrun);
	/* Whatever the kind, its body begins with its time. */
	return own_gap(r, FCD_LOSS_OVERRUN, lost, r->overrun,
		       ((const struct fcd_gap *)(e + 1))->ts_ns);
}

/* Does the GAP tell of losses that this reader was not told of? Those alone are left in it. */
static bool gap_is_news(struct fcd_cast_reader *r, struct fcd_envelope *e)
{
	struct fcd_gap *gap = (struct fcd_gap *)(e + 1);

	if (gap->cause >= CAUSES || gap->total <= r->accounted[gap->cause])
		return false;
	gap->lost = gap->total - r->accounted[gap->cause];
	r->accounted[gap->cause] = gap->total;
	return true;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * Nothing more is there to read, so an overrun may have taken a GAP that no later one
 * of its cause makes good: look at the totals themselves.
 *
 * Nothing is counted twice: a total only grows, and whatever is told of it, here or by a
 * GAP, is noted in accounted[]; a GAP whose total is not above that is passed over.
 * Nothing is missed: the writer raises a total before it publishes the GAP's head, and
 * whoever acquired that head (as batch_fill() did before we came here) sees the total.
 * So the totals are never behind the GAPs that were read or lost on the way here. They can
 * be ahead of them; then the loss is told of here and the GAP will be no news.
 */
static const struct fcd_envelope *at_head(struct fcd_cast_reader *r)
{
	uint32_t i;

	for (i = 0; i < CAUSES; i++) {
		uint64_t total = FCD_LOAD(&r->header->lost[i]), lost = total - r->accounted[i];

		if (total <= r->accounted[i])
			continue;
		r->accounted[i] = total;
		return own_gap(r, i, lost, total, now_ns());
	}
	return NULL;
}

const struct fcd_envelope *fcd_cast_reader_next(struct fcd_cast_reader *r)
{
	struct fcd_envelope *e;

	while ((e = record_peek(r))) {
		if (e->seq > r->expected)
			return overrun(r, e);
		record_pass(r, e);
		if (e->kind == FCD_EVENT && e->seq == r->expected) {
			r->expected++;
			return e;
		}
		if (e->kind == FCD_GAP && gap_is_news(r, e))
			return e;
		if (e->kind == FCD_MARK && e->seq == r->expected)
			return e;
		/* It comes before where this reader begins. */
	}
	return r->is_broken ? NULL : at_head(r);
}

bool fcd_cast_reader_sleep(struct fcd_cast_reader *r)
{
	FCD_STORE(&r->page->asleep, 1);
	/* Either the writer sees that we sleep, or we see its head. */
	fcd_fence();
	return r->is_broken || FCD_LOAD_ACQUIRE(&r->header->head) == reader_pos(r);
}

void fcd_cast_reader_awake(struct fcd_cast_reader *r)
{
	FCD_STORE(&r->page->asleep, 0);
}

bool fcd_cast_reader_ended(const struct fcd_cast_reader *r)
{
	uint32_t i;

	if (r->is_broken)
		return true;
	if (!FCD_LOAD_ACQUIRE(&r->header->closed) ||
	    FCD_LOAD_ACQUIRE(&r->header->head) != reader_pos(r))
		return false;
	for (i = 0; i < CAUSES; i++) {
		if (FCD_LOAD(&r->header->lost[i]) > r->accounted[i])
			return false;
	}
	return true;
}
