/* SPDX-License-Identifier: MIT */
/*
 * capture.h - from the daemon to batches of events, for as long as Falco reads: without a daemon
 * it looks for one.
 */
#ifndef FCD_PLUGIN_CAPTURE_H
#define FCD_PLUGIN_CAPTURE_H

#include "client/plugin/batch.h"
#include "client/plugin/config.h"

struct fcd_capture_source;

/* A daemon that is there is capturing when this returns. None is no error. -ENOMEM, -EMFILE, ... */
int fcd_capture_source_open(struct fcd_capture_source **out, const struct fcd_plugin_config *config,
			    const struct fcd_batch_rules *rules);
void fcd_capture_source_close(struct fcd_capture_source *s);

/* Events, valid until the next call, or NULL after a tenth of a second without any. */
const struct fcd_batch *fcd_capture_source_next(struct fcd_capture_source *s);

#endif
