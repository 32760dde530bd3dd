// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "abi/ring_io.h"
#include "core/decode.h"
#include "core/exclude.h"
#include "core/ledger.h"
#include "core/pump.h"
#include "core/table_data.h"

/* What a producer's stores may take to become visible. */
#define MARGIN_NS 10000ULL
/* What clocks of two CPUs may differ by. */
#define SKEW_NS 1000000ULL
/* Readers see progress this often; the line that they poll changes hands each time. */
#define PUBLISH_EVERY 256

struct source {
	struct fcd_ring_reader ring;
	struct fcd_ledger_block *book;
	uint32_t index;	     /* of the ring in the block */
	uint64_t pos;	     /* of the next record; ring.pos is what was released */
	uint64_t head;	     /* as this pass sees it; of an ended one the last */
	uint64_t bound_ns;   /* what is not seen yet will not be older */
	uint64_t taken;	     /* events */
	struct fcd_ref next; /* the record at pos */
	bool has_next, is_untrusted, is_broken, has_ended;
};

struct heap_item {
	uint64_t ts_ns;
	uint32_t source;
};

struct fcd_pump {
	struct fcd_cast *cast;
	const struct fcd_clock *clock;
	uint64_t hold_ns;

	struct source *sources;
	struct heap_item *heap; /* the sources that have a next record, the oldest first */
	uint32_t sources_count, heap_count;
	struct fcd_ledger ledger;

	uint64_t ready_ns; /* in this pass: what is not older waits */
	uint64_t last_ns;  /* time of the youngest event published */
	uint64_t published, late, excluded;
	uint64_t canary_ns;	   /* time of the newest canary that came */
	uint64_t told[FCD_LOSSES]; /* losses that there was a gap for */
	uint32_t unpublished;
	bool is_draining;
	struct fcd_exclude exclude;
};

/* ---- set up ---- */

int fcd_pump_new(struct fcd_pump **out, struct fcd_cast *cast, const struct fcd_clock *clock,
		 uint64_t hold_ns)
{
	struct fcd_pump *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->cast = cast;
	p->clock = clock;
	p->hold_ns = hold_ns;
	*out = p;
	return 0;
}

void fcd_pump_free(struct fcd_pump *p)
{
	if (!p)
		return;
	free(p->sources);
	free(p->heap);
	fcd_ledger_fini(&p->ledger);
	fcd_exclude_fini(&p->exclude);
	free(p);
}

/* What an untrusted producer wrote where the tail is says nothing about its engine. */
static bool desc_is_valid(const struct fcd_ring_desc *d)
{
	return d->size >= sizeof(*d) && !(d->flags & ~(FCD_RING_UNTRUSTED | FCD_RING_ENDED)) &&
	       d->block && d->consumer && d->data && !((uintptr_t)d->data & 7) &&
	       d->ring < FCD_BLOCK_RINGS && d->bytes >= FCD_PAGE && !(d->bytes & (d->bytes - 1)) &&
	       (d->flags & FCD_RING_UNTRUSTED || !FCD_LOAD(&d->consumer->cons[d->ring].tail));
}

/* Room for one element more in an array of `count`. */
static int grow(void *array, uint32_t count, size_t element)
{
	void **at = array, *p = realloc(*at, (count + 1) * element);

	if (!p)
		return -ENOMEM;
	*at = p;
	return 0;
}

int fcd_pump_add(struct fcd_pump *p, const struct fcd_ring_desc *ring)
{
	struct fcd_ledger_block *book;
	uint32_t n = p->sources_count;

	if (!desc_is_valid(ring))
		return -EINVAL;
	if (grow(&p->sources, n, sizeof(*p->sources)) || grow(&p->heap, n, sizeof(*p->heap)) ||
	    fcd_ledger_add(&p->ledger, ring, &book))
		return -ENOMEM;
	p->sources[p->sources_count++] = (struct source){
		.ring = { &ring->block->prod[ring->ring], &ring->consumer->cons[ring->ring],
			  ring->data, ring->bytes, 0 },
		.book = book,
		.index = ring->ring,
		.is_untrusted = ring->flags & FCD_RING_UNTRUSTED,
	};
	return 0;
}

static struct source *source_of(const struct fcd_pump *p, const struct fcd_ring_desc *ring)
{
	for (uint32_t i = 0; i < p->sources_count; i++) {
		struct source *s = &p->sources[i];

		if (s->book->shared == ring->block && s->index == ring->ring)
			return s;
	}
	return NULL;
}

bool fcd_pump_is_broken(const struct fcd_pump *p, const struct fcd_ring_desc *ring)
{
	const struct source *s = source_of(p, ring);

	return s && s->is_broken;
}

/* ---- losses ---- */

/* At the end of a pass: what was lost comes after what there was still room for. */
static void losses_tell(struct fcd_pump *p, uint64_t now)
{
	for (uint32_t i = 0; i < FCD_LOSSES; i++) {
		uint64_t lost = p->ledger.lost[i];

		if (lost == p->told[i])
			continue;
		fcd_cast_gap(p->cast, i, lost - p->told[i], now + p->clock->epoch_ns);
		p->told[i] = lost;
	}
}

void fcd_pump_lost(struct fcd_pump *p, uint32_t cause, uint64_t total)
{
	if (cause < FCD_LOSSES && total > p->ledger.lost[cause])
		p->ledger.lost[cause] = total;
}

/* ---- sources ---- */

static void source_book(const struct source *s)
{
	s->book->ring[s->index].taken = s->taken;
}

/* Give a ring up. Whatever its producer publishes in it now is lost. */
static void source_break(struct fcd_pump *p, struct source *s)
{
	s->is_broken = true;
	s->has_next = false;
	source_book(s);
	fcd_ledger_break(&p->ledger, s->book, s->index);
}

static inline void source_next(struct fcd_pump *p, struct source *s)
{
	s->has_next = s->pos != s->head;
	if (s->has_next && fcd_ring_at(&s->ring, s->pos, s->head - s->pos, &s->next))
		source_break(p, s);
}

/* Nothing can be taken from this ring: what it brings later must not be overtaken. */
static void source_dry(struct fcd_pump *p, struct source *s)
{
	if (s->is_broken || s->has_ended || p->is_draining)
		return;
	if (s->bound_ns < p->ready_ns)
		p->ready_ns = s->bound_ns;
}

static void source_look(struct fcd_pump *p, struct source *s, uint64_t now)
{
	uint64_t left, age = MARGIN_NS;
	int is_busy;

	if (s->has_ended) {
		is_busy = 0;
	} else if (fcd_ring_look(&s->ring, s->pos, &left, &is_busy)) {
		source_break(p, s);
		return;
	} else {
		s->head = s->pos + left;
	}
	/* Not busy: what it brings is younger than now. Else it has hold_ns to bring it. */
	if (is_busy)
		age = p->hold_ns;
	if (now > age && now - age > s->bound_ns)
		s->bound_ns = now - age;
	if (!s->has_next)
		source_next(p, s);
	else if (s->next.ts_ns > now + SKEW_NS && !p->is_draining)
		/* It was here before the clock was read. Do not wait for a time that is wrong. */
		s->next.ts_ns = now;
}

/* Of an excluded process: is it the host's own sign of life? Otherwise it is of no interest. */
static void leave_out(struct fcd_pump *p, struct fcd_ref ref)
{
	const struct fcd_event *event = (const struct fcd_event *)(ref.record + 1);
	uint32_t bytes = ref.bytes - sizeof(*ref.record);

	p->excluded++;
	if (bytes == FCD_EVENT_HEADER + 8 && event->type == FCD_GENERIC_X &&
	    fcd_generic_nr(event, bytes) == FCD_CANARY_CALL)
		p->canary_ns = ref.ts_ns;
}

/* Publish a record, or leave it out. False: it is no event. */
static inline bool take(struct fcd_pump *p, const struct source *s, struct fcd_ref ref)
{
	uint64_t epoch_ns = p->clock->epoch_ns;
	uint16_t flags = ref.ts_ns < p->last_ns ? FCD_LATE : 0;

	if (FCD_LOAD(&ref.record->kind) != FCD_EVENT)
		return false;
	if (fcd_exclude_has(&p->exclude, FCD_LOAD(&ref.record->tgid))) {
		leave_out(p, ref);
		return true;
	}
	if (!s->is_untrusted)
		fcd_cast_event(p->cast, ref.record, ref.bytes, epoch_ns, flags);
	else if (fcd_cast_event_checked(p->cast, ref, epoch_ns, flags))
		return false;
	if (flags)
		p->late++;
	else
		p->last_ns = ref.ts_ns;
	p->published++;
	if (++p->unpublished >= PUBLISH_EVERY) {
		fcd_cast_publish(p->cast);
		p->unpublished = 0;
	}
	return true;
}

/* Its producer's CPU has the next records in its cache; by the next run they are here. */
static inline void source_prefetch(const struct source *s)
{
	const uint8_t *next = s->ring.data + (s->pos & (s->ring.bytes - 1));
	int i;

	for (i = 1; i < 5; i++)
		__builtin_prefetch(next + (size_t)i * 64);
}

/* Take records while they are not younger than `up_to`, at most `max`. Returns how many. */
static uint32_t source_run(struct fcd_pump *p, struct source *s, uint64_t up_to, uint32_t max)
{
	struct fcd_ref ref = s->next;
	uint64_t pos = s->pos;
	bool is_sound = true;
	uint32_t n = 0;

	for (;;) {
		is_sound = take(p, s, ref);
		if (!is_sound)
			break;
		n++;
		pos = ref.end;
		if (pos == s->head)
			break;
		is_sound = !fcd_ring_at(&s->ring, pos, s->head - pos, &ref);
		if (!is_sound || ref.ts_ns > up_to || n == max)
			break;
	}
	s->taken += n;
	s->pos = pos;
	s->next = ref;
	s->has_next = pos != s->head;
	source_prefetch(s);
	if (!is_sound)
		source_break(p, s);
	return n;
}

/* ---- merge ---- */

/* Put `item` where the heap has a hole at its root (or at k) and keep the order below. */
static void heap_sift(struct fcd_pump *p, uint32_t k, struct heap_item item)
{
	struct heap_item *heap = p->heap;
	uint32_t child;

	while ((child = 2 * k + 1) < p->heap_count) {
		if (child + 1 < p->heap_count && heap[child + 1].ts_ns < heap[child].ts_ns)
			child++;
		if (heap[child].ts_ns >= item.ts_ns)
			break;
		heap[k] = heap[child];
		k = child;
	}
	heap[k] = item;
}

static void pass_look(struct fcd_pump *p, uint64_t now)
{
	p->heap_count = 0;
	p->ready_ns = p->is_draining ? UINT64_MAX : now;
	for (uint32_t i = 0; i < p->sources_count; i++) {
		struct source *s = &p->sources[i];

		if (s->is_broken)
			continue;
		source_look(p, s, now);
		if (s->has_next)
			p->heap[p->heap_count++] = (struct heap_item){ s->next.ts_ns, i };
		else
			source_dry(p, s);
	}
	for (uint32_t i = p->heap_count / 2; i-- > 0;)
		heap_sift(p, i, p->heap[i]);
}

/* The second oldest, or what is ready, whichever is older. */
static uint64_t run_limit(const struct fcd_pump *p)
{
	uint64_t up_to = p->ready_ns;
	uint32_t i;

	for (i = 1; i < 3 && i < p->heap_count; i++) {
		if (p->heap[i].ts_ns < up_to)
			up_to = p->heap[i].ts_ns;
	}
	return up_to;
}

static uint32_t pass_merge(struct fcd_pump *p, uint32_t limit)
{
	uint32_t taken = 0;

	while (p->heap_count && taken < limit && p->heap[0].ts_ns <= p->ready_ns) {
		uint32_t id = p->heap[0].source;
		struct source *s = &p->sources[id];

		taken += source_run(p, s, run_limit(p), limit - taken);
		if (s->has_next) {
			heap_sift(p, 0, (struct heap_item){ s->next.ts_ns, id });
			continue;
		}
		source_dry(p, s);
		if (--p->heap_count)
			heap_sift(p, 0, p->heap[p->heap_count]);
	}
	return taken;
}

static void pass_release(struct fcd_pump *p)
{
	for (uint32_t i = 0; i < p->sources_count; i++) {
		struct source *s = &p->sources[i];

		if (!s->is_broken && s->pos != s->ring.pos)
			fcd_ring_release(&s->ring, s->pos);
	}
}

void fcd_pump_run(struct fcd_pump *p, uint32_t limit, struct fcd_pump_pass *out)
{
	uint64_t now = fcd_clock_boot_ns();

	/* The clock first: see source_look(). */
	pass_look(p, now);
	out->taken = pass_merge(p, limit);
	out->more = p->heap_count || out->taken >= limit;
	pass_release(p);
	fcd_ledger_read(&p->ledger);
	losses_tell(p, now);
	fcd_cast_publish(p->cast);
	p->unpublished = 0;
}

bool fcd_pump_end(struct fcd_pump *p, const struct fcd_ring_desc *ring)
{
	struct source *s = source_of(p, ring);
	uint64_t left = 0;
	int is_busy;

	if (!s)
		return true;
	if (!s->has_ended && !s->is_broken) {
		if (fcd_ring_look(&s->ring, s->pos, &left, &is_busy))
			source_break(p, s);
		s->head = s->pos + left;
		s->has_ended = true;
	}
	if (!s->is_broken && s->pos != s->head)
		return false;
	source_book(s);
	fcd_ledger_remove(&p->ledger, s->book, s->index);
	*s = p->sources[--p->sources_count];
	return true;
}

void fcd_pump_drain(struct fcd_pump *p)
{
	struct fcd_pump_pass pass;

	p->is_draining = true;
	do
		fcd_pump_run(p, UINT32_MAX, &pass);
	while (pass.more);
	p->is_draining = false;
}

static void blocks_asleep(struct fcd_pump *p, uint64_t asleep)
{
	for (uint32_t i = 0; i < p->ledger.blocks_count; i++)
		FCD_STORE(&p->ledger.blocks[i]->consumer->asleep, asleep);
}

bool fcd_pump_sleep(struct fcd_pump *p)
{
	blocks_asleep(p, 1);
	/* Either the producer sees that we sleep, or we see its head. */
	fcd_fence();
	for (uint32_t i = 0; i < p->sources_count; i++) {
		const struct source *s = &p->sources[i];

		if (!s->is_broken && !s->has_ended &&
		    FCD_LOAD_ACQUIRE(&s->ring.prod->head) != s->pos)
			return false;
	}
	return true;
}

void fcd_pump_awake(struct fcd_pump *p)
{
	blocks_asleep(p, 0);
}

int fcd_pump_exclude(struct fcd_pump *p, uint32_t tgid)
{
	return fcd_exclude_add(&p->exclude, tgid);
}

void fcd_pump_include(struct fcd_pump *p, uint32_t tgid)
{
	fcd_exclude_remove(&p->exclude, tgid);
}

uint64_t fcd_pump_canary_ns(const struct fcd_pump *p)
{
	return p->canary_ns;
}

/* ---- the ledger ---- */

void fcd_pump_stats(struct fcd_pump *p, struct fcd_pump_stats *out)
{
	struct fcd_ledger_sums sums;
	uint32_t i, rings = 0;

	for (i = 0; i < p->sources_count; i++) {
		source_book(&p->sources[i]);
		rings += !p->sources[i].is_broken;
	}
	fcd_ledger_sum(&p->ledger, &sums);
	*out = (struct fcd_pump_stats){
		.produced = sums.produced,
		.published = p->published,
		.late = p->late,
		.excluded = p->excluded,
		.in_flight = sums.in_flight,
		.faults = sums.faults,
		.untracked = sums.untracked,
		.wakes = sums.wakes,
		.rings = rings,
	};
	memcpy(out->lost, p->ledger.lost, sizeof(out->lost));
	memcpy(out->full, p->ledger.full, sizeof(out->full));
}
