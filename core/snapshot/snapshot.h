/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - what there is on this host now, as JSON lines: users, groups, mounts,
 * processes, threads, what they have open.
 *
 * It is taken piece by piece, so that memory does not grow with the host: beside the list of
 * pids there are the sockets of one network namespace at a time. Reading may block: not for
 * a thread that has others waiting.
 */
#ifndef FCD_CORE_SNAPSHOT_H
#define FCD_CORE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/text.h"

enum fcd_snap {
	FCD_SNAP_USERS,
	FCD_SNAP_GROUPS,
	FCD_SNAP_MOUNTS,
	FCD_SNAP_PROCESSES,
	FCD_SNAP_THREADS,
	FCD_SNAP_FDS,
	FCD_SNAPS,
};

#define FCD_SNAP_ALL ((1u << FCD_SNAPS) - 1)

/* "users" ...; FCD_SNAPS names. */
extern const char *const fcd_snap_names[];

struct fcd_snapshot;

/*
 * kinds: bits of enum fcd_snap. tasks and files: an engine's descriptors (abi/snapshot.h), which
 * it takes over whatever it returns, or -1: from /proc. -ENOMEM, or why /proc cannot be opened.
 */
int fcd_snapshot_new(struct fcd_snapshot **out, uint32_t kinds, int tasks, int files);
/* NULL is allowed. */
void fcd_snapshot_free(struct fcd_snapshot *s);

/* Is it, or a part of it, an engine's? */
bool fcd_snapshot_is_engine(const struct fcd_snapshot *s);
/* Append some objects, a line each. False: these were the last. */
bool fcd_snapshot_more(struct fcd_snapshot *s, struct fcd_text *t);
/* Append ,"users":3,... : how many of each kind there were, and what could not be read. */
void fcd_snapshot_sums(const struct fcd_snapshot *s, struct fcd_text *t);

#endif
