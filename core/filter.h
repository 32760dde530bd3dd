/* SPDX-License-Identifier: MIT */
/*
 * filter.h - which events a subscriber wants: those of a set of types whose process is one of
 * these. Engines are told the set of types only.
 */
#ifndef FCD_FILTER_H
#define FCD_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include "abi/engine.h"
#include "abi/event.h"
#include "core/proctable.h"

#define FCD_FILTER_VALUES_MAX 64 /* of one property: each is compared with each event's */

struct fcd_filter_numbers {
	uint32_t *at, count;
};

struct fcd_filter_words {
	char **at;
	uint32_t count;
};

/* To be passed on, not copied: the lists are its own. */
struct fcd_filter {
	uint64_t events[8];		       /* bit per event id that passes */
	uint64_t calls[FCD_SYSCALLS_MAX / 64]; /* of GENERIC events */
	struct fcd_interest interest;	       /* what an engine must capture for it */
	bool is_failed;			       /* only what failed */
	/* Properties of the process; of an empty list any passes. */
	struct fcd_filter_numbers pids; /* these and what is below them */
	struct fcd_filter_numbers uids;
	struct fcd_filter_words comms;
	struct fcd_filter_words cgroups;    /* these and what is below them */
	struct fcd_filter_words containers; /* ids or their beginnings */
};

/* Events that no system call's exit makes, by name. */
struct fcd_tracepoint {
	const char *name, *code;
	uint64_t bit; /* FCD_TP_* */
};

#define FCD_TRACEPOINTS 2
extern const struct fcd_tracepoint fcd_tracepoints[FCD_TRACEPOINTS];

/* Everything: all system calls and tracepoint events. */
void fcd_filter_all(struct fcd_filter *f);
/* Nothing, to be added to. */
void fcd_filter_none(struct fcd_filter *f);
void fcd_filter_fini(struct fcd_filter *f);

/*
 * Let a system call (openat) or tracepoint event (procexit) pass. -ENOENT:
 * no such name; suggestion, if not NULL, then holds the nearest known one or "".
 */
int fcd_filter_add(struct fcd_filter *f, const char *name, char *suggestion, size_t cap);
/* The same for all of a category (net); those without an event of their own are in "other". */
int fcd_filter_add_category(struct fcd_filter *f, const char *name, char *suggestion, size_t cap);
/* -ENOMEM; -E2BIG: there are FCD_FILTER_VALUES_MAX already. */
int fcd_filter_add_number(struct fcd_filter_numbers *numbers, uint32_t number);
int fcd_filter_add_word(struct fcd_filter_words *words, const char *word);

/* Does it ask about processes? Then it needs a table of them. */
bool fcd_filter_needs_processes(const struct fcd_filter *f);
/* Have captured what keeps such a table, too. What passes stays the same. */
void fcd_filter_add_processes(struct fcd_filter *f);

/*
 * Does this record's event pass? A GENERIC event passes by its own number. The table has learned
 * from the record; NULL if the filter needs none.
 */
bool fcd_filter_pass(const struct fcd_filter *f, const struct fcd_envelope *record,
		     struct fcd_proctable *processes);

/* a |= b */
void fcd_interest_union(struct fcd_interest *a, const struct fcd_interest *b);
bool fcd_interest_is_empty(const struct fcd_interest *i);

#endif
