/* SPDX-License-Identifier: MIT */
/*
 * canary.h - is the engine alive? While something is attached, the capture thread makes one
 * system call a second that nobody else makes, and its event has to come through a ring.
 */
#ifndef FCD_CANARY_H
#define FCD_CANARY_H

#include "core/pump.h"

enum fcd_canary_state {
	FCD_CANARY_OFF,	    /* nothing is attached, or the daemon's calls cannot be seen */
	FCD_CANARY_WAITING, /* the first one has not come yet */
	FCD_CANARY_ALIVE,
	FCD_CANARY_DEAD, /* for FCD_CANARY_DEADLINE_S none came, and no loss explains it */
};

#define FCD_CANARY_DEADLINE_S 3

struct fcd_canary {
	enum fcd_canary_state state;
	uint64_t called_ns; /* the oldest call that nothing came of; 0: each was seen */
	uint64_t due_ns;    /* when to call again */
	uint64_t lost;	    /* losses counted at that call */
};

/* Add the call to an interest that wants something at all. */
void fcd_canary_want(struct fcd_interest *interest);
/*
 * Now and then, at least once a second while `is_on`: look whether the last call was seen, and
 * make the next one. pump: from whose records it is seen. now_ns: of CLOCK_BOOTTIME. Logs when the state becomes DEAD, or is
 * that no longer.
 */
void fcd_canary_step(struct fcd_canary *k, struct fcd_pump *pump, bool is_on, uint64_t now_ns);

const char *fcd_canary_name(enum fcd_canary_state state); /* "alive" */

#endif
