// SPDX-License-Identifier: MIT
/* produce.c - the rings and the one thread that writes them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "engines/fake/fake.h"

#define NS_PER_S    1000000000ULL
#define FAKE_PID    5000000 /* no kernel gives so large a one: a real process would be left out */
#define LATE_BY_NS  50000000ULL
#define WAIT_MIN_NS 50000ULL
#define WAIT_MAX_NS NS_PER_S
#define NEVER	    UINT64_MAX

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* ---- rings ---- */

static int ring_init(struct fake_ring *r, uint32_t cpu, uint64_t bytes)
{
	void *map;

	r->map_bytes = fcd_block_init(NULL, cpu, 0, &bytes, 1);
	map = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	r->writer.block = map;
	fcd_block_init(map, cpu, 0, &bytes, 1);
	return 0;
}

static void ring_fini(struct fake_ring *r)
{
	if (r->writer.block)
		munmap(r->writer.block, r->map_bytes);
}

int fake_producer_init(struct fake_producer *p, struct fcd_err *err)
{
	uint32_t n = p->settings.number[FAKE_RINGS];

	fake_templates_init(p->templates, p->settings.number[FAKE_SEED]);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0 || p->stop_fd < 0)
		return fake_fail(err, -errno, NULL, "cannot make an eventfd");
	p->rings = calloc(n, sizeof(*p->rings));
	if (!p->rings)
		return fake_fail(err, -ENOMEM, NULL, "no memory for %u rings", n);
	for (; p->rings_count < n; p->rings_count++) {
		int ret = ring_init(&p->rings[p->rings_count], p->rings_count,
				    p->settings.number[FAKE_RING_BYTES]);

		if (ret)
			return fake_fail(err, ret, "make engines.fake.ring_bytes smaller",
					 "no memory for ring %u of %u", p->rings_count, n);
	}
	return 0;
}

void fake_producer_fini(struct fake_producer *p)
{
	uint32_t i;

	for (i = 0; i < p->rings_count; i++)
		ring_fini(&p->rings[i]);
	free(p->rings);
	if (p->wake_fd >= 0)
		close(p->wake_fd);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
}

/* ---- the sequence ---- */

static uint32_t kind_weight(const struct fake_producer *p, uint32_t kind,
			    const struct fcd_interest *interest)
{
	return fake_kind_is_in(kind, interest) ? p->settings.weight[kind] : 0;
}

/* Deal the wanted kinds into the deck, each as often as its weight says. */
void fake_producer_choose(struct fake_producer *p, const struct fcd_interest *interest)
{
	uint64_t random = p->settings.number[FAKE_SEED];
	uint32_t i, sum = 0;

	for (i = 0; i < FAKE_KINDS; i++)
		sum += kind_weight(p, i, interest);
	p->has_deck = sum;
	for (i = 0; sum && i < FAKE_DECK; i++) {
		uint32_t at = fake_random(&random) % sum, kind = 0;

		for (; at >= kind_weight(p, kind, interest); kind++)
			at -= kind_weight(p, kind, interest);
		p->deck[i] = kind * FAKE_VARIANTS + fake_random(&random) % FAKE_VARIANTS;
	}
}

/* The first place from `from` on where an option wants something special. */
static uint64_t next_special(const struct fake_producer *p, uint64_t from)
{
	const uint64_t *number = p->settings.number;
	uint64_t next = NEVER, at;
	uint32_t i;

	for (i = FAKE_EVERY_FIRST; i < FAKE_OPTIONS; i++) {
		if (!number[i] || (i > FAKE_EVERY_LAST && number[i] <= from))
			continue;
		at = number[i] - 1;
		if (i <= FAKE_EVERY_LAST)
			at += from - from % number[i];
		if (at < next)
			next = at;
	}
	return next;
}

/* What is special about place p->n: an option, or FAKE_OPTIONS for nothing. */
static uint32_t special_here(const struct fake_producer *p)
{
	const uint64_t *number = p->settings.number;
	uint32_t i;

	for (i = FAKE_EVERY_FIRST; i < FAKE_OPTIONS; i++) {
		if (i <= FAKE_EVERY_LAST ? number[i] && (p->n + 1) % number[i] == 0
					 : number[i] == p->n + 1)
			break;
	}
	return i;
}

/* ---- one event ---- */

static void event_publish(struct fake_producer *p, struct fake_ring *r, uint64_t ts_ns)
{
	const struct fake_template *t = &p->templates[p->deck[p->n % FAKE_DECK]];
	struct fcd_envelope *e = fcd_ring_space(&r->writer, t->bytes);
	struct fcd_event *event;
	uint64_t seq = r->seq & INT32_MAX;

	if (!e)
		return;
	fcd_record_copy(e, t->record, FCD_RECORD_STEP(t->bytes));
	event = (struct fcd_event *)(e + 1);
	e->cpu = r->writer.block->cpu;
	e->tgid = FAKE_PID + e->cpu;
	event->ts_ns = ts_ns;
	event->tid = e->tgid;
	memcpy((uint8_t *)e + t->seq_at, &seq, sizeof(seq));
	fcd_ring_publish(&r->writer, t->bytes);
}

static void count(__u64 *counter)
{
	FCD_STORE(counter, *counter + 1);
}

static void publish_malformed(struct fake_ring *r)
{
	struct fcd_envelope *e = fcd_ring_space(&r->writer, 64);

	if (!e)
		return;
	e->bytes = 8;
	fcd_ring_publish(&r->writer, 64);
}

/* An event that something happens to. */
static void event_special(struct fake_producer *p, struct fake_ring *r, uint64_t ts_ns)
{
	struct fcd_block *b = r->writer.block;

	switch (special_here(p)) {
	case FAKE_FULL:
		count(&b->produced);
		count(&b->prod[0].drop_full);
		break;
	case FAKE_NESTED:
		count(&b->produced);
		count(&b->drop_nested);
		break;
	case FAKE_TOO_BIG:
		fcd_ring_space(&r->writer, FCD_RECORD_MAX + 1);
		break;
	case FAKE_NO_RING:
		FCD_STORE(&p->no_ring, p->no_ring + 1);
		break;
	case FAKE_MISSED:
		FCD_STORE(&p->missed, p->missed + 1);
		break;
	case FAKE_LATE:
		event_publish(p, r, ts_ns - LATE_BY_NS);
		break;
	case FAKE_BROKEN:
		publish_malformed(r);
		r->is_done = true;
		break;
	case FAKE_STUCK_BUSY:
		event_publish(p, r, ts_ns);
		r->is_done = r->is_stuck = true;
		break;
	default: /* its place was passed over with a ring that is done */
		event_publish(p, r, ts_ns);
	}
}

/* ---- the thread ---- */

/* Room for any `n` events? Only asked without a rate: then the reader sets the pace. */
static bool ring_has_room(const struct fake_ring *r, uint32_t n)
{
	const struct fcd_block *b = r->writer.block;
	uint64_t used = b->prod[0].head - FCD_LOAD_ACQUIRE(&b->cons[0].tail);

	return used + n * sizeof(((struct fake_template *)0)->record) <= b->place[0].bytes;
}

static void ring_leave(struct fake_producer *p, struct fake_ring *r)
{
	if (!r->is_stuck && fcd_ring_leave(&r->writer))
		eventfd_write(p->wake_fd, 1);
}

/* n events one after the other. They share one reading of the clock and one barrier. */
static void burst(struct fake_producer *p, struct fake_ring *r, uint32_t n)
{
	uint64_t ts_ns;

	fcd_ring_enter(&r->writer);
	ts_ns = boot_ns();
	if (ts_ns <= r->last_ns)
		ts_ns = r->last_ns + 1;
	for (; n && !r->is_done; n--, p->n++, r->seq++, ts_ns++) {
		if (p->n < p->special) {
			event_publish(p, r, ts_ns);
			continue;
		}
		event_special(p, r, ts_ns);
		p->special = next_special(p, p->n + 1);
	}
	r->last_ns = ts_ns;
	ring_leave(p, r);
}

/* How many events may this ring have now, at most one burst? */
static uint32_t allowance(const struct fake_producer *p, const struct fake_ring *r,
			  uint64_t elapsed_ns, uint64_t made)
{
	uint64_t rate = p->settings.number[FAKE_RATE], count = p->settings.number[FAKE_COUNT];
	uint64_t n = FAKE_BURST - p->n % FAKE_BURST;
	double due;

	if (count && count - r->seq < n)
		n = count - r->seq;
	if (!rate)
		return ring_has_room(r, n) ? n : 0;
	due = (double)elapsed_ns * (double)rate / NS_PER_S - (double)made;
	return due >= (double)n ? n : due >= 1 ? (uint32_t)due : 0;
}

/* Until the next event is due or the reader may have made room, but not when told to stop. */
static void rest(const struct fake_producer *p, uint64_t elapsed_ns, uint64_t made)
{
	uint64_t rate = p->settings.number[FAKE_RATE], ns = WAIT_MIN_NS;
	struct pollfd stop = { .fd = p->stop_fd, .events = POLLIN };
	struct timespec ts;
	double due;

	if (rate) {
		due = (double)(made + 1) * NS_PER_S / (double)rate - (double)elapsed_ns;
		if (due > WAIT_MIN_NS)
			ns = due < WAIT_MAX_NS ? (uint64_t)due : WAIT_MAX_NS;
	}
	ts = (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	ppoll(&stop, 1, &ts, NULL);
}

/* It brings nothing more; with `end` the host is told so. */
static void ring_done(struct fake_producer *p, struct fake_ring *r)
{
	r->is_done = true;
	p->rings_done++;
	if (!p->settings.number[FAKE_END] || r->seq < p->settings.number[FAKE_COUNT])
		return;
	FCD_STORE_RELEASE(&r->has_ended, true);
	eventfd_write(p->wake_fd, 1);
}

static void *produce(void *arg)
{
	struct fake_producer *p = arg;
	uint64_t rate = p->settings.number[FAKE_RATE], count = p->settings.number[FAKE_COUNT];
	uint64_t start = boot_ns(), made = 0, elapsed = 0;

	while (!FCD_LOAD(&p->is_stopping) && p->rings_done < p->rings_count) {
		struct fake_ring *r = &p->rings[p->n / FAKE_BURST % p->rings_count];
		uint32_t n;

		if (r->is_done) {
			p->n += FAKE_BURST - p->n % FAKE_BURST;
			continue;
		}
		if (rate)
			elapsed = boot_ns() - start;
		n = allowance(p, r, elapsed, made);
		if (!n) {
			rest(p, elapsed, made);
			continue;
		}
		burst(p, r, n);
		made += n;
		if (r->is_done || (count && r->seq >= count))
			ring_done(p, r);
	}
	return NULL;
}

/* With `end` other rings take the places of those that were retired. */
static void rings_refill(struct fake_producer *p)
{
	uint32_t i;

	for (i = 0; p->settings.number[FAKE_END] && i < p->rings_count; i++) {
		struct fake_ring *r = &p->rings[i];

		if (r->writer.block || ring_init(r, i, p->settings.number[FAKE_RING_BYTES]))
			continue;
		r->is_done = false;
		p->rings_done--;
	}
}

/* Nothing is wanted: there is no thread. */
int fake_producer_start(struct fake_producer *p, struct fcd_err *err)
{
	int ret;

	if (!p->has_deck)
		return 0;
	rings_refill(p);
	p->special = next_special(p, p->n);
	FCD_STORE(&p->is_stopping, false);
	ret = pthread_create(&p->thread, NULL, produce, p);
	if (ret)
		return fake_fail(err, -ret, NULL, "cannot start the thread that makes events");
	pthread_setname_np(p->thread, "fake engine");
	p->is_running = true;
	return 0;
}

void fake_producer_stop(struct fake_producer *p)
{
	eventfd_t times;

	if (!p->is_running)
		return;
	FCD_STORE(&p->is_stopping, true);
	eventfd_write(p->stop_fd, 1);
	pthread_join(p->thread, NULL);
	eventfd_read(p->stop_fd, &times);
	p->is_running = false;
}

/* The thread is stopped meanwhile. */
void fake_producer_retire(struct fake_producer *p, uint32_t i)
{
	struct fake_ring *r = &p->rings[i];
	bool was_running = p->is_running;

	fake_producer_stop(p);
	if (!r->is_done)
		p->rings_done++;
	ring_fini(r);
	*r = (struct fake_ring){ .is_done = true };
	if (was_running)
		fake_producer_start(p, NULL);
}
