/* SPDX-License-Identifier: MIT */
/*
 * enter.h - a Falco before 0.42 takes some arguments of a system call from the event of its
 * entry. That is made here, from what its exit says.
 */
#ifndef FCD_PLUGIN_ENTER_H
#define FCD_PLUGIN_ENTER_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/event.h"
#include "core/table.h"

#define FCD_ENTER_PARAMS 6

struct fcd_enter_map {
	struct {
		bool is_wanted;
		uint8_t nparams;
		uint8_t from[FCD_ENTER_PARAMS]; /* indexes in the exit */
	} type[FCD_EVENTS_COUNT];		/* by that of the exit */
};

/* For a Falco with that schema: from 4 on none is wanted. */
void fcd_enter_map_init(struct fcd_enter_map *m, uint32_t schema);

/*
 * Write the entry of an exit that was validated; it is never longer than that. Returns its bytes,
 * 0: none is wanted.
 */
uint32_t fcd_enter_write(const struct fcd_enter_map *m, const void *exit, void *out);

#endif
