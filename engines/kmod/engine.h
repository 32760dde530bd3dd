/* SPDX-License-Identifier: MIT */
/* engine.h - the parts of the kmod engine. One instance, one thread at a time. */
#ifndef FCD_KMOD_ENGINE_H
#define FCD_KMOD_ENGINE_H

#include "abi/engine.h"
#include "engines/kmod/falco_capture.h"

#define KMOD_DEVICE "/dev/" FCD_KMOD_NAME

/* ---- mapping.c: the device, and its blocks as mapped here ---- */

struct kmod_mapping {
	int fd;
	uint32_t count;		  /* blocks */
	struct fcd_block **block; /* read-only but for the consumer page */
	uint64_t map_bytes, place[FCD_KMOD_RINGS], bytes[FCD_KMOD_RINGS];
};

/* fd is the device's, and the mapping's from then on. */
int kmod_mapping_open(struct kmod_mapping *m, int fd, uint64_t ring_bytes, uint32_t snaplen,
		      struct fcd_err *err);
void kmod_mapping_close(struct kmod_mapping *m);
/* Map the blocks that the module has made since. */
int kmod_mapping_grow(struct kmod_mapping *m, uint32_t count);
void kmod_mapping_describe(const struct kmod_mapping *m, struct fcd_ring_desc *out, uint32_t i);

/* ---- check.c: the module, as the engine finds it ---- */

/* Open the device of a module of our revision that nobody else has. Its descriptor or -errno. */
int kmod_check(struct fcd_err *err);
/* Somebody has it: pid as HELLO and ACQUIRE say. Returns -EBUSY. */
int kmod_busy(struct fcd_err *err, uint32_t pid);

/* ---- text.c ---- */

/* Fill err (may be NULL) with text and hint; returns code. */
int kmod_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
