// SPDX-License-Identifier: MIT
/* mapping.c - the device, acquired, and its blocks as they are mapped here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include "engines/kmod/engine.h"

static int acquire(struct kmod_mapping *m, uint64_t ring_bytes, uint32_t snaplen,
		   struct fcd_err *err)
{
	struct fcd_kmod_acquire a = {
		.revision = FCD_KMOD_REVISION,
		.ring_bytes = ring_bytes,
		.snaplen = snaplen,
	};
	int code;

	if (getrandom(a.hash_key, sizeof(a.hash_key), 0) != sizeof(a.hash_key))
		return kmod_fail(err, -EAGAIN, NULL, "no random bytes for the engine's key");
	code = ioctl(m->fd, FCD_KMOD_ACQUIRE, &a) ? -errno : 0;
	if (code == -EBUSY)
		return kmod_busy(err, a.holder);
	if (code)
		return kmod_fail(err, code, "lower engines.kmod.ring_bytes",
				 "the module cannot make rings of %llu bytes: %s",
				 (unsigned long long)ring_bytes, strerror(-code));
	m->map_bytes = a.map_bytes;
	memcpy(m->place, a.place, sizeof(m->place));
	memcpy(m->bytes, a.bytes, sizeof(m->bytes));
	return 0;
}

static int block_map(struct kmod_mapping *m, uint32_t i)
{
	struct fcd_block *b;
	void *page;
	int err;

	b = mmap(NULL, m->map_bytes, PROT_READ, MAP_SHARED, m->fd, (off_t)FCD_KMOD_BLOCK(i));
	if (b == MAP_FAILED)
		return -errno;
	page = mmap((char *)b + FCD_PAGE, FCD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    m->fd, (off_t)FCD_KMOD_CONSUMER(i));
	if (page == MAP_FAILED) {
		err = -errno;
		munmap(b, m->map_bytes);
		return err;
	}
	m->block[i] = b;
	return 0;
}

int kmod_mapping_grow(struct kmod_mapping *m, uint32_t count)
{
	struct fcd_block **more;
	int err;

	if (count <= m->count)
		return 0;
	more = realloc(m->block, count * sizeof(struct fcd_block *));
	if (!more)
		return -ENOMEM;
	m->block = more;
	while (m->count < count) {
		err = block_map(m, m->count);
		if (err)
			return err;
		m->count++;
	}
	return 0;
}

int kmod_mapping_open(struct kmod_mapping *m, int fd, uint64_t ring_bytes, uint32_t snaplen,
		      struct fcd_err *err)
{
	struct fcd_kmod_status s;
	int ret;

	*m = (struct kmod_mapping){ .fd = fd };
	ret = acquire(m, ring_bytes, snaplen, err);
	if (ret)
		goto err_close;
	ret = ioctl(fd, FCD_KMOD_STATUS, &s) ? -errno : kmod_mapping_grow(m, s.blocks);
	if (ret) {
		kmod_fail(err, ret, "lower engines.kmod.ring_bytes", "cannot map the rings: %s",
			  strerror(-ret));
		goto err_close;
	}
	return 0;

err_close:
	kmod_mapping_close(m);
	return ret;
}

void kmod_mapping_close(struct kmod_mapping *m)
{
	uint32_t i;

	for (i = 0; i < m->count; i++)
		munmap(m->block[i], m->map_bytes);
	free(m->block);
	close(m->fd);
}

void kmod_mapping_describe(const struct kmod_mapping *m, struct fcd_ring_desc *out, uint32_t i)
{
	struct fcd_block *b = m->block[i / FCD_KMOD_RINGS];
	uint32_t ring = i % FCD_KMOD_RINGS;

	out->block = b;
	out->consumer = b;
	out->data = (const uint8_t *)b + m->place[ring];
	out->bytes = m->bytes[ring];
	out->ring = ring;
	out->cpu = b->cpu;
}
