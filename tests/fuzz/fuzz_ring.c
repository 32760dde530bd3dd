/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an engine's block under reader and pump, or as a broadcast ring under its
 * reader. What comes out is in bounds and accounted for, and there is an end to it.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/cast.h"
#include "core/cast_reader.h"
#include "core/pump.h"
#include "fuzz.h"

#define RING_BYTES  4096u
#define RECORDS_MAX 100000

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The numbers at the input's beginning; what follows is the ring's content. */
struct input {
	uint8_t is_cast;
	uint8_t flags;
	uint16_t spare;
	uint32_t bytes;
	uint64_t head[2], floor[2], published, seq, first_seq, lost;
};

/* Touch each byte of what a user may touch. Returns the events that the record stands for. */
static uint64_t record_check(const struct fcd_envelope *e)
{
	const uint8_t *byte = (const uint8_t *)e;
	uint32_t i, sum = 0;

	must(e->bytes >= sizeof(*e) && e->bytes <= FCD_RECORD_MAX);
	for (i = 0; i < e->bytes; i++)
		sum += byte[i];
	must(sum);
	if (e->kind == FCD_GAP)
		must(((const struct fcd_gap *)(e + 1))->lost);
	return e->kind == FCD_EVENT;
}

static uint64_t read_all(struct fcd_cast_reader *r)
{
	const struct fcd_envelope *e;
	uint64_t events = 0, n = 0;

	while ((e = fcd_cast_reader_next(r))) {
		events += record_check(e);
		must(++n < RECORDS_MAX);
	}
	fcd_cast_reader_ended(r);
	fcd_cast_reader_sleep(r);
	fcd_cast_reader_awake(r);
	return events;
}

/* ---- an engine's block ---- */

static void pump_check(struct fcd_block *block, const struct input *in, struct fcd_pump *pump,
		       struct fcd_cast_reader *r)
{
	struct fcd_pump_stats stats;
	struct fcd_pump_pass pass;
	uint64_t seen = 0;
	int i;

	for (i = 0; i < 2; i++) {
		block->prod[0].head = in->head[i];
		block->prod[0].drop_full = in->lost;
		fcd_pump_run(pump, 100, &pass);
		must(pass.taken <= 100);
		seen += read_all(r);
	}
	fcd_pump_drain(pump);
	seen += read_all(r);
	fcd_pump_stats(pump, &stats);
	must(seen == stats.published);
}

static void fuzz_pump(const struct input *in, const uint8_t *data, size_t size)
{
	static struct fcd_cast *cast;
	struct fcd_sub_page *page = calloc(1, sizeof(*page));
	uint64_t ring_bytes = RING_BYTES;
	size_t bytes = fcd_block_init(NULL, 0, 0, &ring_bytes, 1);
	struct fcd_block *block = aligned_alloc(FCD_PAGE, bytes);
	struct fcd_ring_desc desc = { .size = sizeof(desc), .bytes = RING_BYTES };
	struct fcd_clock clock = { .epoch_ns = 1 };
	struct fcd_cast_reader *r;
	struct fcd_pump *pump;

	if (!cast)
		must(!fcd_cast_new(&cast, 1 << 20, 1 << 18));
	memset(block, 0, bytes);
	fcd_block_init(block, 0, 0, &ring_bytes, 1);
	memcpy((char *)block + block->place[0].offset, data,
	       size < RING_BYTES + FCD_RING_SLACK ? size : RING_BYTES + FCD_RING_SLACK);
	block->prod[0].busy = in->flags & 2;
	block->prod[0].published = in->published;
	desc.flags = in->flags & FCD_RING_UNTRUSTED;
	desc.block = desc.consumer = block;
	desc.data = (const uint8_t *)block + block->place[0].offset;
	must(!fcd_pump_new(&pump, cast, &clock, 1000) && !fcd_pump_add(pump, &desc));
	must(!fcd_cast_reader_new(&r, fcd_cast_fd(cast), page, UINT64_MAX));
	pump_check(block, in, pump, r);
	fcd_cast_reader_free(r);
	fcd_pump_free(pump);
	free(block);
	free(page);
}

/* ---- a broadcast ring ---- */

static void cast_fill(struct fcd_cast_header *h, const struct input *in, int i)
{
	uint32_t lane;

	/* The priority lane has the other round's, so that the lanes differ. */
	for (lane = 0; lane < FCD_LANES; lane++) {
		h->lane[lane].head = in->head[i ^ lane];
		h->lane[lane].floor = in->floor[i ^ lane];
	}
	h->seq = in->seq;
	h->published = h->lane[0].head + h->lane[1].head;
	h->lost[in->flags % 16] = in->lost;
	h->closed = in->flags >> 7;
}

static void fuzz_cast(const struct input *in, const uint8_t *data, size_t size)
{
	size_t bytes = FCD_CAST_DATA + FCD_LANES * (RING_BYTES + FCD_RING_SLACK);
	int fd = memfd_create("fuzz", MFD_ALLOW_SEALING);
	struct fcd_sub_page *page = calloc(1, sizeof(*page));
	struct fcd_cast_header *h;
	struct fcd_cast_reader *r;

	must(!ftruncate(fd, (off_t)bytes) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	h = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(h != MAP_FAILED);
	h->magic = FCD_CAST_MAGIC;
	h->wire = FCD_WIRE;
	h->lanes = FCD_LANES;
	h->lane[FCD_LANE_BULK].offset = FCD_CAST_DATA;
	h->lane[FCD_LANE_BULK].bytes = in->bytes;
	h->lane[FCD_LANE_PRIORITY].offset = FCD_CAST_DATA + in->bytes % RING_BYTES / 8 * 8;
	h->lane[FCD_LANE_PRIORITY].bytes = RING_BYTES;
	cast_fill(h, in, 0);
	if (size > bytes - FCD_CAST_DATA)
		size = bytes - FCD_CAST_DATA;
	memcpy((char *)h + FCD_CAST_DATA, data, size);
	if (!fcd_cast_reader_new(&r, fd, page, in->first_seq)) {
		read_all(r);
		cast_fill(h, in, 1);
		read_all(r);
		fcd_cast_reader_free(r);
	}
	munmap(h, bytes);
	close(fd);
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	if (in.is_cast & 1)
		fuzz_cast(&in, data + sizeof(in), size - sizeof(in));
	else
		fuzz_pump(&in, data + sizeof(in), size - sizeof(in));
	return 0;
}
