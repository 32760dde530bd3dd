/* SPDX-License-Identifier: MIT */
/* stats.h - what falco-capturectl stats makes of the daemon's answer. */
#ifndef FCD_CTL_STATS_H
#define FCD_CTL_STATS_H

#include "cli/ctl.h"

/* The ledger as a table; with an answer of `seconds` before, and rates. */
void stats_show(const json_t *now, const json_t *before, double seconds);
/* What changed since then, in one line. */
void stats_show_line(const json_t *now, const json_t *before, double seconds);

/* Do both sums hold? Says so term by term if `is_shown`; returns how many are off. */
unsigned int stats_audit(const json_t *stats, int is_shown);

#endif
