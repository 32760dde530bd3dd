/* SPDX-License-Identifier: MIT */
/* spot.h - a place in a JSON text that somebody wrote, and what is wrong there. */
#ifndef FCD_SPOT_H
#define FCD_SPOT_H

#include <jansson.h>
#include <stdint.h>
#include "abi/engine.h"

struct fcd_spot {
	const char *source; /* the file it is in, or NULL */
	struct fcd_err *err;
	char path[160]; /* $.limits.clients */
};

/* The place of a key of the object at `parent`. */
void fcd_spot_enter(struct fcd_spot *spot, const struct fcd_spot *parent, const char *key);

/* All of these return -EINVAL with text and hint set. hint may be NULL. */
int fcd_spot_fail(const struct fcd_spot *spot, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int fcd_spot_expected(const struct fcd_spot *spot, const char *what, const json_t *got);
/* names: every known key of the object that spot's key is in. */
int fcd_spot_unknown(const struct fcd_spot *spot, const char *key, const char *const *names,
		     unsigned int count);

/* 0, or the error that the value is not an object / a string / an integer from min to max. */
int fcd_spot_object(const struct fcd_spot *spot, const json_t *value);
int fcd_spot_text(const struct fcd_spot *spot, const json_t *value, const char **out);
int fcd_spot_number(const struct fcd_spot *spot, const json_t *value, uint64_t min, uint64_t max,
		    uint64_t *out);

#endif
