/* SPDX-License-Identifier: MIT */
/* iterators.h - an engine's descriptors of what there is now (abi/snapshot.h). */
#ifndef FCD_ITERATORS_H
#define FCD_ITERATORS_H

#include <stdbool.h>
#include "abi/engine.h"
#include "abi/snapshot.h"

struct fcd_iterators {
	struct fcd_iterators *next;
	bool wanted[2]; /* by enum fcd_snapshot_kind */
	int fd[2];	/* all that were wanted, or -1, -1 */
};

void fcd_iterators_init(struct fcd_iterators *i);
/* [capture thread] Open those of a list. One that the engine cannot give all of has none. */
void fcd_iterators_open(struct fcd_iterators *list, const struct fcd_engine_ops *ops,
			struct fcd_engine *engine);
void fcd_iterators_close(struct fcd_iterators *i);

#endif
