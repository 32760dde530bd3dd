// SPDX-License-Identifier: MIT
#include <unistd.h>
#include "core/filter.h"
#include "daemon/canary.h"
#include "daemon/log.h"

#define NS_PER_S 1000000000ULL

void fcd_canary_want(struct fcd_interest *interest)
{
	if (!fcd_interest_is_empty(interest))
		interest->syscalls[FCD_CANARY_CALL / 64] |= 1ULL << FCD_CANARY_CALL % 64;
}

static uint64_t losses(struct fcd_pump *pump)
{
	struct fcd_pump_stats stats;

	fcd_pump_stats(pump, &stats);
	return fcd_pump_stats_lost(&stats);
}

static void set_state(struct fcd_canary *k, enum fcd_canary_state state)
{
	if (state == FCD_CANARY_DEAD && k->state != FCD_CANARY_DEAD)
		fcd_log(FCD_LOG_ERROR,
			"the engine is dead: it is attached, and for %d s not even the daemon's "
			"own "
			"calls came through it (restart the daemon; is something else detaching "
			"the probe?)",
			FCD_CANARY_DEADLINE_S);
	else if (state == FCD_CANARY_ALIVE && k->state == FCD_CANARY_DEAD)
		fcd_log(FCD_LOG_WARNING, "the engine is alive again");
	k->state = state;
}

static void look(struct fcd_canary *k, struct fcd_pump *pump, uint64_t now)
{
	if (!k->called_ns)
		return;
	if (fcd_pump_canary_ns(pump) >= k->called_ns) {
		k->called_ns = 0;
		set_state(k, FCD_CANARY_ALIVE);
	} else if (now - k->called_ns >= FCD_CANARY_DEADLINE_S * NS_PER_S) {
		/* It may have been among those that were lost. */
		if (losses(pump) == k->lost)
			set_state(k, FCD_CANARY_DEAD);
		k->called_ns = now;
		k->lost = losses(pump);
	}
}

void fcd_canary_step(struct fcd_canary *k, struct fcd_pump *pump, bool is_on, uint64_t now)
{
	if (!is_on) {
		*k = (struct fcd_canary){ .state = FCD_CANARY_OFF };
		return;
	}
	if (k->state == FCD_CANARY_OFF)
		k->state = FCD_CANARY_WAITING;
	look(k, pump, now);
	if (now < k->due_ns)
		return;
	k->due_ns = now + NS_PER_S;
	if (!k->called_ns) {
		k->called_ns = now;
		k->lost = losses(pump);
	}
	syscall(FCD_CANARY_CALL);
}

const char *fcd_canary_name(enum fcd_canary_state state)
{
	static const char *const names[] = { "off", "waiting", "alive", "dead" };

	return names[state];
}
