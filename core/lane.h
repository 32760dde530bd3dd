/* SPDX-License-Identifier: MIT */
/* lane.h - which lane of the broadcast ring an event belongs to. */
#ifndef FCD_LANE_H
#define FCD_LANE_H

#include <stdint.h>
#include "abi/engine.h"
#include "abi/wire.h"
#include "core/table.h"
#include "core/table_data.h"

struct fcd_lane_map {
	uint64_t events[(FCD_EVENTS_COUNT + 63) / 64];
	uint64_t calls[FCD_SYSCALLS_MAX / 64]; /* of GENERIC events */
};

void fcd_lane_map_init(struct fcd_lane_map *m);
enum fcd_lane fcd_lane_of_generic(const struct fcd_lane_map *m, const struct fcd_event *event,
				  uint32_t bytes);

/* bytes: of the event that are there, at least its header. What it says may be nonsense. */
static inline enum fcd_lane fcd_lane_of(const struct fcd_lane_map *m, const struct fcd_event *event,
					uint32_t bytes)
{
	uint32_t type = event->type;

	if (type == FCD_GENERIC_X)
		return fcd_lane_of_generic(m, event, bytes);
	return type < FCD_EVENTS_COUNT && m->events[type / 64] >> type % 64 & 1 ? FCD_LANE_PRIORITY
										: FCD_LANE_BULK;
}

#endif
