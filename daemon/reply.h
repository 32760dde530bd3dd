/* SPDX-License-Identifier: MIT */
/* reply.h - what the daemon answers, one line of JSON each (docs/wire.md). */
#ifndef FCD_REPLY_H
#define FCD_REPLY_H

#include "core/text.h"
#include "daemon/request.h"
#include "daemon/server.h"

void fcd_reply_error(struct fcd_text *t, const char *code, const struct fcd_err *err);
void fcd_reply_subscribed(struct fcd_text *t, const struct fcd_server *s, uint64_t seq,
			  enum fcd_stream format);
void fcd_reply_status(struct fcd_text *t, const struct fcd_server *s);
void fcd_reply_stats(struct fcd_text *t, const struct fcd_server *s);
/* A negative errno: t is as it was, err says why. */
int fcd_reply_engines(struct fcd_text *t, const struct fcd_server *s, struct fcd_err *err);

#endif
