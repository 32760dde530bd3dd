/* SPDX-License-Identifier: MIT */
/* records.h - is what is in a ring an event, and whose? */
#ifndef FCD_CONFORMANCE_RECORDS_H
#define FCD_CONFORMANCE_RECORDS_H

#include "tests/conformance/host.h"

/* CLOCK_BOOTTIME, as engines stamp their events. */
uint64_t records_now_ns(void);
/* Is everything mapped that a ring's reader may touch? */
bool records_are_mapped(const struct fcd_ring_desc *d);

/* Claim that a record is an event as event.h and the schema have it, and in order. */
void record_check(struct host *h, struct slot *s, const struct fcd_ref *ref);

/*
 * Calls that a program makes for the suite carry a number that no other call has: the pid
 * that it kills, the descriptor that it closes. None of these exists.
 */
#define TOKEN_PID   5000000
#define TOKEN_FD    1000000
#define TOKEN_NOISE 0 /* of all calls that are not counted */

/* How many of the n calls from `first` on were recorded; a call recorded twice ends the claim. */
uint32_t records_count(const uint8_t *calls, uint32_t first, uint32_t n);

#endif
