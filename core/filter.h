/* SPDX-License-Identifier: MIT */
/* filter.h - what a subscriber wants, by the names of system calls and events. */
#ifndef FCD_FILTER_H
#define FCD_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include "abi/engine.h"
#include "abi/event.h"

struct fcd_filter {
	uint64_t events[8];	      /* bit per event id that passes */
	struct fcd_interest interest; /* what an engine must capture for it */
};

/* Everything: all system calls and tracepoint events. */
void fcd_filter_all(struct fcd_filter *f);
/* Nothing, to be added to. */
void fcd_filter_none(struct fcd_filter *f);
/*
 * Let a system call (openat) or tracepoint event (procexit) pass. -ENOENT:
 * no such name; suggestion, if not NULL, then holds the nearest known one or "".
 */
int fcd_filter_add(struct fcd_filter *f, const char *name, char *suggestion, size_t cap);
/* Does this record's event pass? A GENERIC event passes by its own number. */
bool fcd_filter_pass(const struct fcd_filter *f, const struct fcd_envelope *record);

/* a |= b */
void fcd_interest_union(struct fcd_interest *a, const struct fcd_interest *b);
bool fcd_interest_is_empty(const struct fcd_interest *i);

#endif
