/* SPDX-License-Identifier: MIT */
/* engine.h - the parts of the bpf engine. One instance, one thread at a time. */
#ifndef FCD_BPF_ENGINE_H
#define FCD_BPF_ENGINE_H

#include <stdbool.h>
#include <bpf/libbpf.h>
#include "abi/engine.h"
#include "engines/bpf/probe.h"

/* ---- blocks.c: a block per CPU, shared with the programs ---- */

struct bpf_block {
	uint32_t cpu;
	int fd;			 /* of its map */
	struct fcd_block *block; /* read-only but for the consumer page */
};

struct bpf_blocks {
	uint32_t count;
	uint64_t map_bytes;
	uint64_t place_offset[PROBE_RINGS], ring_bytes[PROBE_RINGS];
	struct bpf_block *at;
};

/* ring_bytes is lowered if the kernel has no maps that large. */
int bpf_blocks_open(struct bpf_blocks *b, uint64_t ring_bytes, struct fcd_err *err);
void bpf_blocks_close(struct bpf_blocks *b);
void bpf_blocks_describe(const struct bpf_blocks *b, struct fcd_ring_desc *out, uint32_t i);
/* 0, or -errno of the kernel's refusal; libbpf finds a map's inner kind by this descriptor. */
int bpf_blocks_enter(const struct bpf_blocks *b, int outer_fd);

/* ---- object.c: the probe object ---- */

enum bpf_hook { HOOK_SYS_EXIT, HOOK_EXEC, HOOK_EXIT, HOOK_SIGNAL, HOOKS };

struct bpf_probe {
	struct bpf_object *object;
	struct bpf_program *hook[HOOKS];
	struct probe_state *state; /* mapped */
	size_t state_bytes;
	bool by_perf;
};

/* path "": the built-in object. */
int bpf_probe_open(struct bpf_probe *p, const char *path, uint32_t snaplen,
		   const struct bpf_blocks *blocks, struct fcd_err *err);
void bpf_probe_close(struct bpf_probe *p);
/* Write what is wanted where the programs look. */
void bpf_probe_interest(struct bpf_probe *p, const struct fcd_interest *i);
/* Program runs that the kernel skipped. */
uint64_t bpf_probe_missed(const struct bpf_probe *p);

/* ---- attach.c ---- */

struct bpf_hooks {
	struct bpf_link *link[HOOKS];
};

/* Attach the hooks whose bit is set and detach the others. On failure as before. */
int bpf_hooks_set(struct bpf_hooks *h, const struct bpf_probe *p, uint32_t wanted,
		  struct fcd_err *err);
uint32_t bpf_hooks_count(const struct bpf_hooks *h);

/* ---- snapshot.c: what there is now ---- */

#define BPF_SNAPSHOT_KINDS 2

struct bpf_snapshot {
	struct bpf_object *object; /* NULL: not loaded yet */
	struct bpf_link *link[BPF_SNAPSHOT_KINDS];
	bool is_refused; /* this kernel cannot */
};

/* A descriptor that reads as records of this kind, the caller's to close; -ENOTSUP and others. */
int bpf_snapshot_open(struct bpf_snapshot *s, uint32_t kind, struct fcd_err *err);
void bpf_snapshot_close(struct bpf_snapshot *s);

/* ---- check.c: could it work here? ---- */
int bpf_check(struct fcd_err *err);

/* ---- text.c ---- */

/* libbpf's messages: kept for the error that follows, see bpf_fail. */
void bpf_text_init(void);
/* Fill err (may be NULL) with text, the last message of libbpf, and hint; returns code. */
int bpf_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
