// SPDX-License-Identifier: MIT
#include "client/plugin/metrics.h"

static const char *const names[FCD_METRICS] = {
	[FCD_METRIC_EVENTS] = "events",
	[FCD_METRIC_MALFORMED] = "malformed",
	[FCD_METRIC_CLAMPED] = "clamped",
	[FCD_METRIC_RECONNECTS] = "reconnects",
	[FCD_METRIC_CONNECTED] = "connected",
	[FCD_METRIC_LOST + FCD_LOSS_RING_FULL] = "lost.ring_full",
	[FCD_METRIC_LOST + FCD_LOSS_NESTED] = "lost.nested",
	[FCD_METRIC_LOST + FCD_LOSS_TOO_BIG] = "lost.too_big",
	[FCD_METRIC_LOST + FCD_LOSS_NO_RING] = "lost.no_ring",
	[FCD_METRIC_LOST + FCD_LOSS_MISSED] = "lost.missed",
	[FCD_METRIC_LOST + FCD_LOSS_BROKEN] = "lost.broken",
	[FCD_METRIC_LOST + FCD_LOSS_OVERRUN] = "lost.overrun",
};

_Static_assert(FCD_LOSS_RESTART == FCD_LOSS_OVERRUN + 1, "each cause has a name above");

void fcd_metrics_init(struct fcd_metrics *m)
{
	for (uint32_t i = 0; i < FCD_METRICS; i++)
		m->at[i] = (struct fcd_falco_metric){
			.name = names[i],
			.kind = i == FCD_METRIC_CONNECTED ? FCD_FALCO_CURRENT : FCD_FALCO_MONOTONIC,
			.type = FCD_FALCO_U64,
		};
}
