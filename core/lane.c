// SPDX-License-Identifier: MIT
#include <string.h>
#include "core/decode.h"
#include "core/fill/lane.h"
#include "core/lane.h"

#define NAME(call) #call,
static const char *const priority_calls[] = { FCD_PRIORITY_CALLS(NAME) };
/* What else such calls, and the ends of threads, make. */
static const char *const priority_events[] = { "SYSCALL_EXECVE_19_X", "PROCEXIT_1_E" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void set_bit(uint64_t *bits, uint32_t n)
{
	bits[n / 64] |= 1ULL << n % 64;
}

void fcd_lane_map_init(struct fcd_lane_map *m)
{
	uint32_t i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < COUNT(priority_calls); i++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_name(priority_calls[i]);

		set_bit(m->calls, call->nr);
		set_bit(m->events, call->exit_event);
	}
	for (i = 0; i < COUNT(priority_events); i++)
		set_bit(m->events, fcd_event_by_code(priority_events[i])->id);
}

enum fcd_lane fcd_lane_of_generic(const struct fcd_lane_map *m, const struct fcd_event *event,
				  uint32_t bytes)
{
	int nr = fcd_generic_nr(event, bytes);

	return nr >= 0 && m->calls[nr / 64] >> nr % 64 & 1 ? FCD_LANE_PRIORITY : FCD_LANE_BULK;
}
