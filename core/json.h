/* SPDX-License-Identifier: MIT */
/*
 * json.h - a small reader of JSON, for what may load no library: the text is checked once, as a
 * whole, and then looked at where it lies. Nothing is allocated.
 * A string with a NUL in it is refused.
 */
#ifndef FCD_JSON_H
#define FCD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FCD_JSON_DEPTH_MAX 16

enum fcd_json_kind {
	FCD_JSON_NULL,
	FCD_JSON_BOOL,
	FCD_JSON_NUMBER,
	FCD_JSON_STRING,
	FCD_JSON_ARRAY,
	FCD_JSON_OBJECT,
};

/* A value in a text that was checked and is still there. */
struct fcd_json {
	enum fcd_json_kind kind;
	const char *at, *end;
};

/* One after the other of what is in an array or object. */
struct fcd_json_items {
	const char *at;
	bool has_keys;
};

/* -EPROTO: the text is not one value of JSON, or is nested too deeply. */
int fcd_json_parse(const char *text, struct fcd_json *out);

/* The items of an array or object; of any other value there are none. */
void fcd_json_enter(struct fcd_json_items *i, const struct fcd_json *v);
/* False: there are no more. key, a string, is set in an object; NULL in an array. */
bool fcd_json_next(struct fcd_json_items *i, struct fcd_json *key, struct fcd_json *value);
/* The first member of this name. */
bool fcd_json_member(const struct fcd_json *object, const char *name, struct fcd_json *out);

/*
 * A string's text, as much as fits, always with NUL. Returns the bytes that the whole of it has,
 * -EINVAL: it is no string.
 */
int fcd_json_text(const struct fcd_json *v, char *out, size_t cap);
/* Is it this string (of at most 63 bytes)? */
bool fcd_json_is_text(const struct fcd_json *v, const char *text);
/* -EINVAL: it is another kind of value. */
int fcd_json_bool(const struct fcd_json *v, bool *out);
/* -EINVAL: it is no integer, or not between 0 and INT64_MAX. */
int fcd_json_number(const struct fcd_json *v, uint64_t *out);

#endif
