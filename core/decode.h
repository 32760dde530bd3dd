/* SPDX-License-Identifier: MIT */
/* decode.h - an event's bytes as typed parameters. Nothing is copied, everything is checked. */
#ifndef FCD_DECODE_H
#define FCD_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include "abi/event.h"
#include "core/table.h"

struct fcd_param {
	const struct fcd_param_info *info;
	const uint8_t *data;
	uint32_t len; /* 0: no value */
};

struct fcd_view {
	const struct fcd_event_info *info;
	uint64_t ts_ns;
	uint64_t tid;
	uint32_t bytes;
	uint32_t nparams;
	struct fcd_param param[FCD_PARAMS_MAX];
};

/*
 * Decode the event in the first `len` bytes. The view points into them.
 * -EPROTO: header, lengths or a value do not fit the schema (wrong width, a string
 * without its NUL, an address too short, ...); -ENOENT: unknown event id.
 */
int fcd_decode(const void *event, size_t len, struct fcd_view *out);

/* Does a value of at least one byte have the shape of its type? */
bool fcd_value_fits(const struct fcd_param_info *info, const uint8_t *data, uint32_t len);

/* Number of the system call of a GENERIC event in the first `len` bytes, -1: it has none. */
int fcd_generic_nr(const void *event, size_t len);

/* A parameter by name, or NULL. */
const struct fcd_param *fcd_view_param(const struct fcd_view *v, const char *name);

/* A number of up to 8 bytes, widened by its type's sign; 0 if there is no value. */
int64_t fcd_param_int(const struct fcd_param *p);

/* Text of a CHARBUF, FSPATH or FSRELPATH; "" if it has none. */
const char *fcd_param_text(const struct fcd_param *p);

#endif
