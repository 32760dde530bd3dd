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
#include "core/lane_reader.h"

#define CAUSES (sizeof(((struct fcd_cast_header *)0)->lost) / sizeof(__u64))

struct fcd_cast_reader {
	const struct fcd_cast_header *header;
	struct fcd_sub_page *page;
	size_t map_bytes;
	struct fcd_lane_reader lane[FCD_LANES];

	/*
	 * Numbers below this are known: each such event was read, is the next of its lane or
	 * behind that, or is gone. A lane without a next was looked at after this was loaded.
	 */
	uint64_t limit;
	uint64_t published; /* the header's, loaded before limit */
	bool is_dry;	    /* nothing of what was published up to then is left to read */
	uint64_t expected;  /* number of the next event */
	struct fcd_lane_reader *passed; /* whose next is the user's now, and not peeked anew */
	uint64_t overrun;
	uint64_t accounted[CAUSES]; /* of the totals, what was there at the start or was told */
	struct {
		struct fcd_envelope envelope;
		struct fcd_gap gap;
	} own;
};

/* ---- both lanes ---- */

static bool is_broken(const struct fcd_cast_reader *r)
{
	return r->lane[FCD_LANE_BULK].is_broken || r->lane[FCD_LANE_PRIORITY].is_broken;
}

/* Is everything read that was published up to now? */
static bool is_at_head(const struct fcd_cast_reader *r)
{
	return FCD_LOAD_ACQUIRE(&r->header->published) ==
	       fcd_lane_reader_pos(&r->lane[FCD_LANE_BULK]) +
		       fcd_lane_reader_pos(&r->lane[FCD_LANE_PRIORITY]);
}

/* The lane whose next record has the lowest number, or NULL. A GAP has its successor's. */
static inline struct fcd_lane_reader *lowest(struct fcd_cast_reader *r)
{
	struct fcd_lane_reader *bulk = &r->lane[FCD_LANE_BULK];
	struct fcd_lane_reader *priority = &r->lane[FCD_LANE_PRIORITY];

	if (!priority->next)
		return bulk->next ? bulk : NULL;
	return bulk->next && bulk->next->seq <= priority->next->seq ? bulk : priority;
}

/* Look again at what was published. False: nothing has changed. */
static bool look(struct fcd_cast_reader *r)
{
	uint64_t published = FCD_LOAD_ACQUIRE(&r->header->published);
	uint64_t limit = FCD_LOAD_ACQUIRE(&r->header->seq);
	bool is_news = limit != r->limit;
	uint32_t i;

	r->published = published;
	r->limit = limit;
	for (i = 0; i < FCD_LANES; i++)
		if (!r->lane[i].next && fcd_lane_reader_peek(&r->lane[i]))
			is_news = true;
	return is_news;
}

/* The lane that has the next record in order, or NULL: there is none for now. */
static inline struct fcd_lane_reader *next_lane(struct fcd_cast_reader *r)
{
	struct fcd_lane_reader *l;

	if (r->passed)
		fcd_lane_reader_peek(r->passed);
	r->passed = NULL;
	do {
		l = lowest(r);
		if (l && l->next->seq + (l->next->kind == FCD_EVENT) <= r->limit &&
		    !r->lane[0].is_unsure && !r->lane[1].is_unsure)
			return l;
	} while (look(r) && !is_broken(r));
	return NULL;
}

/* ---- where to begin ---- */

/* Does a record belong to a reader that begins with the event numbered first_seq? */
static bool is_own(const struct fcd_envelope *e, uint64_t first_seq)
{
	return e->kind == FCD_EVENT ? e->seq >= first_seq : e->seq > first_seq;
}

/*
 * Pass over everything before position `end` of a lane. Returns the position of the first
 * record that is its own, `end` if there is none. The first GAP of a cause behind that says
 * what its total was there.
 */
static uint64_t scan(struct fcd_cast_reader *r, struct fcd_lane_reader *l, uint64_t first_seq,
		     uint64_t end)
{
	bool is_known[CAUSES] = { false };
	const struct fcd_envelope *e;
	uint64_t begin = end;

	for (; (e = fcd_lane_reader_peek(l)) && fcd_lane_reader_pos(l) < end;
	     fcd_lane_reader_pass(l)) {
		const struct fcd_gap *gap = (const struct fcd_gap *)(e + 1);

		if (begin == end && is_own(e, first_seq))
			begin = fcd_lane_reader_pos(l);
		if (begin != end && e->kind == FCD_GAP && gap->cause < CAUSES &&
		    !is_known[gap->cause]) {
			r->accounted[gap->cause] = gap->total - gap->lost;
			is_known[gap->cause] = true;
		}
	}
	return begin;
}

/*
 * The number is read first: an event from it on may be before the heads, and is found. The
 * totals are read last: a loss that they hold already and whose GAP is still to come was
 * noticed before this reader began, and is not its own.
 */
static void reader_begin(struct fcd_cast_reader *r, uint64_t first_seq)
{
	uint64_t head[FCD_LANES], seq = FCD_LOAD_ACQUIRE(&r->header->seq);
	uint32_t i;

	r->expected = first_seq < seq ? first_seq : seq;
	for (i = 0; i < FCD_LANES; i++)
		head[i] = FCD_LOAD_ACQUIRE(&r->lane[i].shared->head);
	for (i = 0; i < CAUSES; i++)
		r->accounted[i] = FCD_LOAD(&r->header->lost[i]);
	for (i = 0; i < FCD_LANES; i++)
		fcd_lane_reader_seek(&r->lane[i], scan(r, &r->lane[i], r->expected, head[i]));
}

static int reader_map(struct fcd_cast_reader *r, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct fcd_cast_header *h;
	struct stat st;
	uint32_t i;
	int err = 0;

	/* Without this seal the writer could cut it short under our hands. */
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) || st.st_size < FCD_CAST_DATA)
		return -EPROTO;
	h = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (h == MAP_FAILED)
		return -errno;
	r->header = h;
	r->map_bytes = st.st_size;
	if (FCD_LOAD(&h->magic) != FCD_CAST_MAGIC || FCD_LOAD(&h->wire) != FCD_WIRE ||
	    FCD_LOAD(&h->lanes) != FCD_LANES)
		return -EPROTO;
	for (i = 0; !err && i < FCD_LANES; i++)
		err = fcd_lane_reader_init(&r->lane[i], h, i, r->map_bytes);
	return err;
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

static const struct fcd_envelope *overrun(struct fcd_cast_reader *r, uint64_t seq, uint64_t ts_ns)
{
	uint64_t lost = seq - r->expected;

	r->expected = seq;
	r->overrun += lost;
	return own_gap(r, FCD_LOSS_OVERRUN, lost, r->overrun, ts_ns);
}

/* Whatever the kind, its body begins with its time. */
static uint64_t ts_of(const struct fcd_envelope *e)
{
	return ((const struct fcd_gap *)(e + 1))->ts_ns;
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
 * Nothing more is there to read. What has a number and did not come was overrun; and so may be
 * a GAP that no later one of its cause makes good: look at the totals themselves.
 *
 * Nothing is counted twice: a total only grows, and whatever is told of it, here or by a
 * GAP, is noted in accounted[]; a GAP whose total is not above that is passed over.
 * Nothing is missed: the writer raises a total before it publishes the GAP's head, and
 * whoever acquired that head (as a lane's reader did before we came here) sees the total.
 * So the totals are never behind the GAPs that were read or lost on the way here. They can
 * be ahead of them; then the loss is told of here and the GAP will be no news.
 */
static const struct fcd_envelope *at_head(struct fcd_cast_reader *r)
{
	uint32_t i;

	if (r->lane[0].is_unsure || r->lane[1].is_unsure)
		return NULL;
	if (r->expected < r->limit)
		return overrun(r, r->limit, now_ns());
	for (i = 0; i < CAUSES; i++) {
		uint64_t total = FCD_LOAD(&r->header->lost[i]), lost = total - r->accounted[i];

		if (total <= r->accounted[i])
			continue;
		r->accounted[i] = total;
		return own_gap(r, i, lost, total, now_ns());
	}
	return NULL;
}

static const struct fcd_envelope *next(struct fcd_cast_reader *r)
{
	for (;;) {
		struct fcd_lane_reader *l = next_lane(r);
		struct fcd_envelope *e;

		if (!l)
			return is_broken(r) ? NULL : at_head(r);
		e = l->next;
		if (e->seq > r->expected)
			return overrun(r, e->seq, ts_of(e));
		fcd_lane_reader_pass(l);
		r->passed = l;
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
}

const struct fcd_envelope *fcd_cast_reader_next(struct fcd_cast_reader *r)
{
	const struct fcd_envelope *e = next(r);

	r->is_dry = !e && !r->lane[0].is_unsure && !r->lane[1].is_unsure;
	return e;
}

uint64_t fcd_cast_reader_seq(const struct fcd_cast_reader *r)
{
	return r->expected;
}

uint64_t fcd_cast_reader_overrun(const struct fcd_cast_reader *r)
{
	return r->overrun;
}

bool fcd_cast_reader_sleep(struct fcd_cast_reader *r)
{
	FCD_STORE(&r->page->asleep, 1);
	/* Either the writer sees that we sleep, or we see what it published. */
	fcd_fence();
	return is_broken(r) ||
	       (r->is_dry && FCD_LOAD_ACQUIRE(&r->header->published) == r->published);
}

void fcd_cast_reader_awake(struct fcd_cast_reader *r)
{
	FCD_STORE(&r->page->asleep, 0);
}

bool fcd_cast_reader_is_overtaken(const struct fcd_cast_reader *r)
{
	return fcd_lane_reader_is_overtaken(&r->lane[FCD_LANE_BULK]) ||
	       fcd_lane_reader_is_overtaken(&r->lane[FCD_LANE_PRIORITY]);
}

bool fcd_cast_reader_ended(const struct fcd_cast_reader *r)
{
	uint32_t i;

	if (is_broken(r))
		return true;
	if (!FCD_LOAD_ACQUIRE(&r->header->closed) || !is_at_head(r) ||
	    FCD_LOAD(&r->header->seq) != r->expected)
		return false;
	for (i = 0; i < CAUSES; i++) {
		if (FCD_LOAD(&r->header->lost[i]) > r->accounted[i])
			return false;
	}
	return true;
}
