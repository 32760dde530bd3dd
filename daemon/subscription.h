/* SPDX-License-Identifier: MIT */
/* subscription.h - a connection that reads events, from its request until it is gone. */
#ifndef FCD_SUBSCRIPTION_H
#define FCD_SUBSCRIPTION_H

#include "daemon/conn.h"

/* Ask the capture thread for what c->request wants, or refuse it. */
void fcd_subscription_begin(struct fcd_conn *c);
/* In state WANTED: has it been told? */
void fcd_subscription_report(struct fcd_conn *c, const struct fcd_capture_report *r);
/* It is no subscriber any more; what it has lives until the capture thread let go of it. */
void fcd_subscription_end(struct fcd_conn *c);
void fcd_subscription_free(struct fcd_conn *c);

/* STREAM: move events from the ring to the client, a bounded number. Sets has_more. */
void fcd_stream_run(struct fcd_conn *c);
/*
 * Once a second while clients that are to be disconnected when they are too slow do not take
 * what is in out: is it too late? True: look again.
 */
bool fcd_stream_check(struct fcd_conn *c);

#endif
