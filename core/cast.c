// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "core/cast.h"
#include "core/lane.h"

#define CHUNKS 16

/* A lane, writing side. */
struct lane {
	struct fcd_cast_lane *shared;
	uint8_t *data;
	uint64_t bytes;
	uint64_t head; /* behind the last record copied, always a record's boundary */
	/*
	 * The lane in sixteenths. `edge` is the first chunk's start that no record's
	 * boundary was noted for; first[] has the boundaries at or behind the 16 before.
	 */
	uint64_t edge;
	uint64_t first[CHUNKS];
};

struct fcd_cast {
	struct fcd_cast_header *header;
	uint64_t seq;
	struct lane lane[FCD_LANES];
	struct fcd_lane_map map;
	uint64_t lost[FCD_LOSSES];
	size_t map_bytes;
	int fd;
};

static void lanes_init(struct fcd_cast *c)
{
	uint64_t at = FCD_CAST_DATA;
	uint32_t i;

	for (i = 0; i < FCD_LANES; i++) {
		struct lane *l = &c->lane[i];

		l->shared = &c->header->lane[i];
		l->data = (uint8_t *)c->header + at;
		l->shared->offset = at;
		l->shared->bytes = l->bytes;
		at += l->bytes + FCD_RING_SLACK;
	}
}

static int cast_header_init(struct fcd_cast *c)
{
	uint64_t generation;

	if (getrandom(&generation, sizeof(generation), 0) != sizeof(generation))
		return -EIO;
	lanes_init(c);
	c->header->wire = FCD_WIRE;
	c->header->lanes = FCD_LANES;
	c->header->generation = generation;
	c->header->magic = FCD_CAST_MAGIC;
	return 0;
}

static int cast_map(struct fcd_cast *c)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	void *map;

	c->fd = memfd_create("falco-capture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->fd < 0)
		return -errno;
	if (ftruncate(c->fd, (off_t)c->map_bytes))
		return -errno;
	map = mmap(NULL, c->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	c->header = map;
	/* Ours is the last mapping that can write. */
	if (fcntl(c->fd, F_ADD_SEALS, seals))
		return -errno;
	return cast_header_init(c);
}

static bool bytes_are_valid(uint64_t bytes)
{
	return bytes >= FCD_CAST_BYTES_MIN && bytes <= UINT64_MAX / 8 && !(bytes & (bytes - 1));
}

int fcd_cast_new(struct fcd_cast **out, uint64_t bulk_bytes, uint64_t priority_bytes)
{
	struct fcd_cast *c;
	int err;

	if (!bytes_are_valid(bulk_bytes) || !bytes_are_valid(priority_bytes))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->lane[FCD_LANE_BULK].bytes = bulk_bytes;
	c->lane[FCD_LANE_PRIORITY].bytes = priority_bytes;
	c->map_bytes = FCD_CAST_DATA + bulk_bytes + priority_bytes + FCD_LANES * FCD_RING_SLACK;
	fcd_lane_map_init(&c->map);
	err = cast_map(c);
	if (err) {
		fcd_cast_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void fcd_cast_free(struct fcd_cast *c)
{
	if (!c)
		return;
	if (c->header)
		munmap(c->header, c->map_bytes);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

int fcd_cast_fd(const struct fcd_cast *c)
{
	return c->fd;
}

const struct fcd_cast_header *fcd_cast_header(const struct fcd_cast *c)
{
	return c->header;
}

uint64_t fcd_cast_publish(struct fcd_cast *c)
{
	uint64_t published = 0;
	uint32_t i;

	/* In this order: who sees a number sees the heads of all events before it. */
	for (i = 0; i < FCD_LANES; i++) {
		FCD_STORE_RELEASE(&c->lane[i].shared->head, c->lane[i].head);
		published += c->lane[i].head;
	}
	FCD_STORE_RELEASE(&c->header->seq, c->seq);
	FCD_STORE_RELEASE(&c->header->published, published);
	return c->seq;
}

/*
 * A record that ends at `end` reaches past the edge. Note where records begin, and
 * give up the oldest chunks whose bytes it will overwrite.
 *
 * What lies at position x is overwritten by x + bytes; a record that runs into the
 * slack stands for the positions behind it, so the same holds for it. The chunk that
 * `end` is in begins less than 5 chunks behind the edge (a record is at most 64 KiB
 * and a bit, a chunk at least 16 KiB), so the new floor's boundary is still noted.
 */
static void lane_move_floor(struct fcd_cast *c, struct lane *l, uint64_t end)
{
	uint64_t chunk = l->bytes / CHUNKS, up_to = (end + chunk - 1) & ~(chunk - 1);

	/* A floor behind the head that is visible would be no boundary to its reader. */
	fcd_cast_publish(c);
	for (; l->edge <= l->head; l->edge += chunk)
		l->first[l->edge / chunk % CHUNKS] = l->head;
	if (up_to <= l->bytes)
		return;
	FCD_STORE_RELEASE(&l->shared->floor, l->first[up_to / chunk % CHUNKS]);
	/* Who sees a byte of what is copied from now on must see this floor. */
	fcd_fence();
}

static inline uint8_t *lane_space(struct fcd_cast *c, struct lane *l, uint64_t step)
{
	if (l->head + step > l->edge)
		lane_move_floor(c, l, l->head + step);
	return l->data + (l->head & (l->bytes - 1));
}

static inline struct lane *lane_of(struct fcd_cast *c, const struct fcd_envelope *record,
				   uint32_t bytes)
{
	const struct fcd_event *event = (const struct fcd_event *)(record + 1);

	return &c->lane[fcd_lane_of(&c->map, event, bytes - sizeof(*record))];
}

void fcd_cast_event(struct fcd_cast *c, const struct fcd_envelope *record, uint32_t bytes,
		    uint64_t epoch_ns, uint16_t flags)
{
	const struct fcd_event *from = (const struct fcd_event *)(record + 1);
	uint64_t step = FCD_RECORD_STEP(bytes);
	struct lane *l = lane_of(c, record, bytes);
	uint8_t *to = lane_space(c, l, step);
	struct fcd_envelope *e = (struct fcd_envelope *)to;
	struct fcd_event *event = (struct fcd_event *)(e + 1);

	fcd_record_copy(to, record, step);
	e->flags = record->flags | flags;
	e->seq = c->seq++;
	event->ts_ns = from->ts_ns + epoch_ns;
	l->head += step;
}

/* Do the lengths of an event fit what holds it? */
static int event_check(const struct fcd_event *event, uint32_t bytes)
{
	const uint8_t *lens = (const uint8_t *)(event + 1);
	uint32_t at, i, n = event->nparams;

	if (event->bytes != bytes || n > FCD_PARAMS_MAX)
		return -EPROTO;
	at = FCD_EVENT_HEADER + 2 * n;
	for (i = 0; i < n; i++) {
		uint16_t len;

		memcpy(&len, lens + 2 * i, 2);
		at += len;
	}
	return at == bytes ? 0 : -EPROTO;
}

int fcd_cast_event_checked(struct fcd_cast *c, struct fcd_ref ref, uint64_t epoch_ns,
			   uint16_t flags)
{
	uint64_t step = FCD_RECORD_STEP(ref.bytes);
	struct lane *l = lane_of(c, ref.record, ref.bytes);
	uint8_t *to = lane_space(c, l, step);
	struct fcd_envelope *e = (struct fcd_envelope *)to;
	struct fcd_event *event = (struct fcd_event *)(e + 1);

	fcd_record_copy(to, ref.record, step);
	if (e->kind != FCD_EVENT || event_check(event, ref.bytes - sizeof(*e)))
		return -EPROTO;
	e->bytes = ref.bytes;
	e->flags = (e->flags & FCD_COMPAT) | flags;
	e->seq = c->seq++;
	event->ts_ns = ref.ts_ns + epoch_ns;
	l->head += step;
	return 0;
}

/* A record of our own, in bulk: envelope and body, a multiple of 8 bytes. */
static void cast_own(struct fcd_cast *c, uint16_t kind, const void *body, uint32_t bytes)
{
	struct fcd_envelope e = { .bytes = sizeof(e) + bytes, .kind = kind, .seq = c->seq };
	struct lane *l = &c->lane[FCD_LANE_BULK];
	uint8_t *to = lane_space(c, l, e.bytes);

	memcpy(to, &e, sizeof(e));
	memcpy(to + sizeof(e), body, bytes);
	l->head += e.bytes;
}

void fcd_cast_gap(struct fcd_cast *c, uint32_t cause, uint64_t n, uint64_t ts_ns)
{
	struct fcd_gap gap = { .ts_ns = ts_ns, .lost = n, .cause = cause };

	gap.total = c->lost[cause] += n;
	/* Before the record is published: see at_head() in cast_reader.c. */
	FCD_STORE(&c->header->lost[cause], gap.total);
	cast_own(c, FCD_GAP, &gap, sizeof(gap));
}

void fcd_cast_mark(struct fcd_cast *c, uint64_t ts_ns, int64_t shift_ns)
{
	struct fcd_mark mark = { .ts_ns = ts_ns, .shift_ns = shift_ns };

	cast_own(c, FCD_MARK, &mark, sizeof(mark));
}

void fcd_cast_close(struct fcd_cast *c)
{
	fcd_cast_publish(c);
	FCD_STORE_RELEASE(&c->header->closed, 1);
}
