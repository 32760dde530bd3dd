/* SPDX-License-Identifier: MIT */
/* embed.h - the BPF objects inside this shared object (embed.S). */
#ifndef FCD_BPF_EMBED_H
#define FCD_BPF_EMBED_H

#include <stddef.h>

extern const char fcd_probe_object[], fcd_probe_object_end[];

static inline size_t fcd_probe_object_bytes(void)
{
	return fcd_probe_object_end - fcd_probe_object;
}

extern const char fcd_snapshot_object[], fcd_snapshot_object_end[];

static inline size_t fcd_snapshot_object_bytes(void)
{
	return fcd_snapshot_object_end - fcd_snapshot_object;
}

#endif
