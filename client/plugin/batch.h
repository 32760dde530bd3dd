/* SPDX-License-Identifier: MIT */
/*
 * batch.h - events that are handed to Falco together. Each is copied to where nobody else can
 * write, and looked at there. What could not be handed over is told in an event of its own,
 * notification, once for each kind and batch.
 */
#ifndef FCD_PLUGIN_BATCH_H
#define FCD_PLUGIN_BATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/event.h"
#include "client/plugin/enter.h"
#include "client/plugin/metrics.h"
#include "client/plugin/validate.h"

#define FCD_BATCH_EVENTS 256

/* The causes of losses, of which RESTART means: found the next daemon; and these. */
enum fcd_notice {
	FCD_NOTICE_MALFORMED = FCD_LOSSES,
	FCD_NOTICE_DISCONNECTED,
	FCD_NOTICE_REFUSED,
	FCD_NOTICES,
};

/* What it needs of the plugin. */
struct fcd_batch_rules {
	const struct fcd_validator *validator;
	const struct fcd_enter_map *enter; /* NULL: Falco wants exits alone */
	struct fcd_metrics *metrics;
	uint32_t snaplen;
};

struct fcd_batch {
	struct fcd_batch_rules rules;
	uint8_t *bytes; /* of the events */
	uint32_t used;
	uint32_t count; /* events */
	uint64_t now_ns;
	char refused[256]; /* the daemon's words */
	struct {
		uint64_t ts_ns, count;
		uint32_t slot; /* in the array, 1 for its first; 0: nothing to be told */
	} notice[FCD_NOTICES];
	void *events[FCD_BATCH_EVENTS + FCD_NOTICES];
};

int fcd_batch_init(struct fcd_batch *b, const struct fcd_batch_rules *rules);
void fcd_batch_fini(struct fcd_batch *b);

/* Forget what was in it. */
void fcd_batch_begin(struct fcd_batch *b);
bool fcd_batch_is_full(const struct fcd_batch *b);
/* It is not full. */
void fcd_batch_add(struct fcd_batch *b, const struct fcd_envelope *record);
/* Tell that it happened `n` times, here. */
void fcd_batch_tell(struct fcd_batch *b, uint32_t notice, uint64_t n, uint64_t ts_ns);
/* Write what is to be told. Now its events may be handed over. */
void fcd_batch_end(struct fcd_batch *b);

#endif
