/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - what Falco shows of us. The numbers live where Falco reads them, so two threads that
 * ask at the same time are given the same array, and nothing is written for them.
 */
#ifndef FCD_PLUGIN_METRICS_H
#define FCD_PLUGIN_METRICS_H

#include "abi/event.h"
#include "client/plugin/api.h"

enum fcd_metric {
	FCD_METRIC_EVENTS,
	FCD_METRIC_MALFORMED,
	FCD_METRIC_CLAMPED,
	FCD_METRIC_RECONNECTS,
	FCD_METRIC_CONNECTED,
	FCD_METRIC_LOST, /* by cause */
	FCD_METRICS = FCD_METRIC_LOST + FCD_LOSS_RESTART,
};

struct fcd_metrics {
	struct fcd_falco_metric at[FCD_METRICS];
};

void fcd_metrics_init(struct fcd_metrics *m);

static inline void fcd_metrics_set(struct fcd_metrics *m, uint32_t which, uint64_t value)
{
	__atomic_store_n(&m->at[which].value, value, __ATOMIC_RELAXED);
}

/* [the thread that reads events] */
static inline void fcd_metrics_add(struct fcd_metrics *m, uint32_t which, uint64_t n)
{
	fcd_metrics_set(m, which, m->at[which].value + n);
}

#endif
