/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - the op that tells what there is on this host (docs/wire.md). A worker looks, piece
 * by piece, the next when the client has taken the one before.
 */
#ifndef FCD_DAEMON_SNAPSHOT_H
#define FCD_DAEMON_SNAPSHOT_H

#include "daemon/conn.h"

/* Begin what c->request wants, or refuse it. */
void fcd_snapshot_job_begin(struct fcd_conn *c);
/* In state SNAPSHOT: there is a new report. */
void fcd_snapshot_job_report(struct fcd_conn *c, const struct fcd_capture_report *r);
/* In state SNAPSHOT: go on, if the client has room. */
void fcd_snapshot_job_run(struct fcd_conn *c);
/* Neither a worker nor the capture thread uses what it has? */
bool fcd_snapshot_job_is_free(const struct fcd_conn *c, const struct fcd_capture_report *r);
void fcd_snapshot_job_end(struct fcd_conn *c);

#endif
