// SPDX-License-Identifier: MIT
/* blocks.c - a mapped array of one element per CPU: the rings the programs write into. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "abi/ring_io.h"
#include "engines/bpf/engine.h"

#define NESTED_BYTES   (256u << 10)
#define PRIORITY_BYTES (1u << 20)
#define LEAST_BYTES    (256u << 10)
/* What the verifier's worst case reaches behind the last slack. */
#define VERIFIER_PAD FCD_EVENT_MAX

static int block_open(struct bpf_blocks *b, struct bpf_block *at)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *page;

	at->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fcd_block", 4, b->map_bytes, 1, &opts);
	if (at->fd < 0)
		return -errno;
	at->block = mmap(NULL, b->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, at->fd, 0);
	if (at->block == MAP_FAILED) {
		at->block = NULL;
		return -errno;
	}
	fcd_block_init(at->block, at->cpu, sizeof(struct probe_private), b->ring_bytes,
		       PROBE_RINGS);
	/* From here on only the consumer page is ours to write. */
	if (mprotect(at->block, b->map_bytes, PROT_READ))
		return -errno;
	page = mmap((char *)at->block + FCD_PAGE, FCD_PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, at->fd, FCD_PAGE);
	return page == MAP_FAILED ? -errno : 0;
}

static void block_close(struct bpf_blocks *b, struct bpf_block *at)
{
	if (at->block)
		munmap(at->block, b->map_bytes);
	if (at->fd >= 0)
		close(at->fd);
	at->block = NULL;
	at->fd = -1;
}

static int blocks_try(struct bpf_blocks *b, uint64_t ring_bytes)
{
	struct fcd_block shape = { 0 };
	uint32_t i;
	int err = 0;

	b->ring_bytes[PROBE_MAIN] = ring_bytes;
	b->ring_bytes[PROBE_NESTED] = NESTED_BYTES;
	b->ring_bytes[PROBE_PRIORITY] = PRIORITY_BYTES;
	b->map_bytes = VERIFIER_PAD + fcd_block_init(&shape, 0, sizeof(struct probe_private),
						     b->ring_bytes, PROBE_RINGS);
	for (i = 0; i < PROBE_RINGS; i++)
		b->place_offset[i] = shape.place[i].offset;
	for (i = 0; i < b->count && !err; i++)
		err = block_open(b, &b->at[i]);
	for (i = 0; i < b->count && err; i++)
		block_close(b, &b->at[i]);
	return err;
}

/* "0-3,8" as the kernel writes it. */
static int online_cpus(struct bpf_blocks *b)
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	unsigned int from, to;
	struct bpf_block *more;

	if (!f)
		return -errno;
	while (fscanf(f, "%u", &from) == 1) {
		if (fscanf(f, "-%u", &to) != 1)
			to = from;
		more = realloc(b->at, (b->count + to - from + 1) * sizeof(*more));
		if (!more)
			break;
		b->at = more;
		for (; from <= to; from++)
			b->at[b->count++] = (struct bpf_block){ .cpu = from, .fd = -1 };
		if (fgetc(f) != ',')
			break;
	}
	fclose(f);
	return b->count ? 0 : -EIO;
}

int bpf_blocks_open(struct bpf_blocks *b, uint64_t ring_bytes, struct fcd_err *err)
{
	int ret;

	memset(b, 0, sizeof(*b));
	ret = online_cpus(b);
	if (ret) {
		bpf_blocks_close(b);
		return bpf_fail(err, ret, "mount sysfs on /sys",
				"cannot read which CPUs are online");
	}
	/* Before 5.11 or so a map of this kind ends at 4 MiB. */
	for (; ring_bytes >= LEAST_BYTES; ring_bytes /= 2) {
		ret = blocks_try(b, ring_bytes);
		if (ret != -E2BIG && ret != -ENOMEM)
			break;
	}
	if (!ret)
		return 0;
	bpf_blocks_close(b);
	return bpf_fail(err, ret,
			ret == -EPERM ? "run the daemon as root or with CAP_BPF and CAP_PERFMON"
				      : "lower engines.bpf.ring_bytes",
			"cannot create the rings");
}

void bpf_blocks_close(struct bpf_blocks *b)
{
	uint32_t i;

	for (i = 0; i < b->count; i++)
		block_close(b, &b->at[i]);
	free(b->at);
	memset(b, 0, sizeof(*b));
}

void bpf_blocks_describe(const struct bpf_blocks *b, struct fcd_ring_desc *out, uint32_t i)
{
	const struct bpf_block *at = &b->at[i / PROBE_RINGS];
	uint32_t ring = i % PROBE_RINGS;

	out->block = at->block;
	out->consumer = at->block;
	out->data = (const uint8_t *)at->block + b->place_offset[ring];
	out->bytes = b->ring_bytes[ring];
	out->ring = ring;
	out->cpu = at->cpu;
}

static int enter_singly(const struct bpf_blocks *b, int outer_fd)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (bpf_map_update_elem(outer_fd, &b->at[i].cpu, &b->at[i].fd, BPF_ANY))
			return -errno;
	return 0;
}

/* At once, where the kernel can: behind each update it waits for all programs that run. */
int bpf_blocks_enter(const struct bpf_blocks *b, int outer_fd)
{
	uint32_t count = b->count, *keys = calloc(2 * count, sizeof(*keys)), *fds;
	int ret;

	if (!keys)
		return -ENOMEM;
	fds = keys + count;
	for (uint32_t i = 0; i < count; i++) {
		keys[i] = b->at[i].cpu;
		fds[i] = b->at[i].fd;
	}
	ret = bpf_map_update_batch(outer_fd, keys, fds, &count, NULL);
	free(keys);
	return ret ? enter_singly(b, outer_fd) : 0;
}
