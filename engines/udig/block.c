// SPDX-License-Identifier: MIT
/* block.c - the memory of one producer: we lay it out, it writes it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "engines/udig/engine.h"

#define DATA_AT (FCD_UDIG_PAGE_AT + FCD_PAGE)

static struct fcd_udig_page *page_of(const struct udig_block *b)
{
	return (struct fcd_udig_page *)((char *)b->at + FCD_UDIG_PAGE_AT);
}

/* All but the consumer page and the page of the contract is for reading only. */
static int protect(struct udig_block *b)
{
	if (mprotect(b->at, FCD_PAGE, PROT_READ) ||
	    mprotect((char *)b->at + DATA_AT, b->map_bytes - DATA_AT, PROT_READ))
		return -errno;
	return 0;
}

static int block_map(struct udig_block *b, int fd)
{
	void *map;
	int ret;

	if (ftruncate(fd, (off_t)b->map_bytes) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	map = mmap(NULL, b->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	b->at = map;
	fcd_block_init(b->at, 0, FCD_PAGE, &b->ring_bytes, 1);
	ret = protect(b);
	if (ret)
		udig_block_close(b);
	return ret;
}

int udig_block_open(struct udig_block *b, uint64_t ring_bytes, int *fd)
{
	int memory = memfd_create("falco-capture producer", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (memory < 0)
		return -errno;
	b->ring_bytes = ring_bytes;
	b->map_bytes = fcd_block_init(NULL, 0, FCD_PAGE, &ring_bytes, 1);
	ret = block_map(b, memory);
	if (ret) {
		close(memory);
		return ret;
	}
	*fd = memory;
	return 0;
}

void udig_block_close(struct udig_block *b)
{
	if (b->at)
		munmap(b->at, b->map_bytes);
	b->at = NULL;
}

void udig_block_tell(struct udig_block *b, const struct udig_wish *w,
		     const struct fcd_interest *interest)
{
	static const struct fcd_interest none;
	struct fcd_udig_page *page = page_of(b);
	int i;

	if (!interest)
		interest = &none;
	FCD_STORE(&page->hash_key[0], w->hash_key[0]);
	FCD_STORE(&page->hash_key[1], w->hash_key[1]);
	FCD_STORE(&page->snaplen, w->snaplen);
	for (i = 0; i < FCD_SYSCALLS_MAX / 64; i++)
		FCD_STORE(&page->syscalls[i], interest->syscalls[i]);
	FCD_STORE(&page->tracepoints, interest->tracepoints);
}

uint64_t udig_block_alive_ns(const struct udig_block *b)
{
	return FCD_LOAD(&page_of(b)->alive_ns);
}

/* The head is copied again if it moved meanwhile: an honest producer writes one event more. */
static void copy_page(struct fcd_block *to, const struct fcd_block *from)
{
	const uint64_t *source = (const uint64_t *)(const void *)from;
	uint64_t *copy = (uint64_t *)(void *)to;
	int tries;
	size_t i;

	for (tries = 0; tries < 3; tries++) {
		for (i = 0; i < FCD_PAGE / sizeof(*copy); i++)
			copy[i] = FCD_LOAD_ACQUIRE(&source[i]);
		if (copy[0] == FCD_LOAD(&source[0]))
			break;
	}
}

/* What is being written is no part of the capture any more: neither begun nor lost. */
static void forget_unfinished(struct fcd_block *b)
{
	struct fcd_ring_prod *p = &b->prod[0];

	if (!p->busy)
		return;
	p->busy = 0;
	b->produced = p->published + p->drop_full + p->drop_too_big + b->drop_nested;
}

/*
 * A copy of the producer page takes its place. If there is no memory for it the host reads on
 * what the producer writes, and no further than when it saw that the ring has ended.
 */
void udig_block_freeze(struct udig_block *b, bool is_stop)
{
	struct fcd_block *copy =
		mmap(NULL, FCD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return;
	copy_page(copy, b->at);
	if (is_stop)
		forget_unfinished(copy);
	if (mremap(copy, FCD_PAGE, FCD_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b->at) == MAP_FAILED)
		munmap(copy, FCD_PAGE);
}

void udig_block_describe(const struct udig_block *b, struct fcd_ring_desc *out)
{
	out->flags = FCD_RING_UNTRUSTED;
	out->block = out->consumer = b->at;
	out->data = (const uint8_t *)b->at + DATA_AT;
	out->bytes = b->ring_bytes;
}
