/* SPDX-License-Identifier: MIT */
/* format_value.h - one value of an event as JSON or text. */
#ifndef FCD_FORMAT_VALUE_H
#define FCD_FORMAT_VALUE_H

#include <stdbool.h>
#include "core/decode.h"
#include "core/text.h"

/* The largest number that JSON readers with doubles keep exact. */
#define FCD_JSON_EXACT (1ULL << 53)

/* As a number, or as a "0x..." string where JSON would round it. */
void fcd_format_u64(struct fcd_text *t, bool json, uint64_t v);
void fcd_format_i64(struct fcd_text *t, bool json, int64_t v);

/* is_result: what the call returned, so that negative values are errors. */
void fcd_format_value(struct fcd_text *t, bool json, const struct fcd_param *p, bool is_result);

#endif
