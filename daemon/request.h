/* SPDX-License-Identifier: MIT */
/* request.h - one line from a client (docs/wire.md). */
#ifndef FCD_REQUEST_H
#define FCD_REQUEST_H

#include "core/access.h"
#include "core/filter.h"
#include "core/snapshot/snapshot.h"

enum fcd_stream { FCD_STREAM_JSON, FCD_STREAM_FRAMES, FCD_STREAM_SHM };
/* What becomes of a stream that the ring overtook. */
enum fcd_slow { FCD_SLOW_DROP, FCD_SLOW_DISCONNECT };

/* All but op and kinds is of subscribe; else it is zero. */
struct fcd_request {
	enum fcd_op op;
	uint32_t kinds; /* of a snapshot: bits of enum fcd_snap */
	enum fcd_stream format;
	enum fcd_slow slow;
	bool wants_processes; /* names are wanted */
	struct fcd_filter filter;
};

/* Does the stream's reader keep a table of processes? */
bool fcd_request_keeps_processes(const struct fcd_request *r);
/* "json" */
const char *fcd_stream_name(enum fcd_stream format);

/* *out is to be freed. -EINVAL: *code is the reply's "code", err its text and hint. */
int fcd_request_parse(const char *line, size_t len, struct fcd_request *out, const char **code,
		      struct fcd_err *err);
void fcd_request_fini(struct fcd_request *request);

#endif
