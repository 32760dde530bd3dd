// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include "core/json.h"
#include "core/text.h"

/* ---- is it JSON? Each function returns what is behind a value, NULL: no ---- */

static const char *blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *word(const char *at, const char *what)
{
	size_t len = strlen(what);

	return strncmp(at, what, len) ? NULL : at + len;
}

static const char *digits(const char *at)
{
	size_t len = strspn(at, "0123456789");

	return len ? at + len : NULL;
}

static const char *number(const char *at)
{
	if (*at == '-')
		at++;
	at = *at == '0' ? at + 1 : digits(at);
	if (at && *at == '.')
		at = digits(at + 1);
	if (at && (*at == 'e' || *at == 'E')) {
		at++;
		at = digits(*at == '+' || *at == '-' ? at + 1 : at);
	}
	return at;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of an escape, -1: they are not. */
static int32_t hex4(const char *at)
{
	int32_t v = 0;
	int i, digit;

	for (i = 0; i < 4; i++) {
		digit = hex(at[i]);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/*
 * The character of an escape, at its u; *at moves behind it. -1: half a pair of surrogates, or
 * NUL, which no string of ours can hold.
 */
static int32_t escaped(const char **at)
{
	int32_t low, c = hex4(*at + 1);

	if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
		return -1;
	*at += 5;
	if (c < 0xd800 || c >= 0xe000)
		return c;
	low = (*at)[0] == '\\' && (*at)[1] == 'u' ? hex4(*at + 2) : -1;
	if (low < 0xdc00 || low >= 0xe000)
		return -1;
	*at += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* What is behind the character or escape at `at` of a string. */
static const char *character(const char *at)
{
	size_t len;

	if (at[0] == '\\' && at[1] == 'u') {
		at++;
		return escaped(&at) < 0 ? NULL : at;
	}
	if (at[0] == '\\')
		return at[1] && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
	if ((unsigned char)at[0] < 0x20)
		return NULL;
	/* What ends the text is part of no character. */
	len = fcd_text_utf8((const uint8_t *)at, 4);
	return len ? at + len : NULL;
}

static const char *string(const char *at)
{
	for (at++; at && *at != '"';)
		at = character(at);
	return at ? at + 1 : NULL;
}

static const char *value(const char *at, int depth);

static const char *member(const char *at)
{
	at = *at == '"' ? string(at) : NULL;
	if (!at)
		return NULL;
	at = blanks(at);
	return *at == ':' ? blanks(at + 1) : NULL;
}

static const char *items(const char *at, int depth)
{
	char close = *at == '{' ? '}' : ']';

	at = blanks(at + 1);
	if (*at == close)
		return at + 1;
	for (;;) {
		if (close == '}')
			at = member(at);
		if (at)
			at = value(at, depth);
		if (!at)
			return NULL;
		at = blanks(at);
		if (*at == close)
			return at + 1;
		if (*at != ',')
			return NULL;
		at = blanks(at + 1);
	}
}

static const char *value(const char *at, int depth)
{
	switch (*at) {
	case '{':
	case '[':
		return depth < FCD_JSON_DEPTH_MAX ? items(at, depth + 1) : NULL;
	case '"':
		return string(at);
	case 't':
		return word(at, "true");
	case 'f':
		return word(at, "false");
	case 'n':
		return word(at, "null");
	default:
		return number(at);
	}
}

/* ---- what was checked ---- */

static enum fcd_json_kind kind_of(char first)
{
	switch (first) {
	case '{':
		return FCD_JSON_OBJECT;
	case '[':
		return FCD_JSON_ARRAY;
	case '"':
		return FCD_JSON_STRING;
	case 't':
	case 'f':
		return FCD_JSON_BOOL;
	case 'n':
		return FCD_JSON_NULL;
	default:
		return FCD_JSON_NUMBER;
	}
}

/* Take the value at `at`. Returns what is behind it. */
static const char *take(const char *at, struct fcd_json *out)
{
	*out = (struct fcd_json){ .kind = kind_of(*at), .at = at };
	out->end = value(at, 0);
	return out->end;
}

int fcd_json_parse(const char *text, struct fcd_json *out)
{
	const char *end = value(blanks(text), 0);

	if (!end || *blanks(end))
		return -EPROTO;
	take(blanks(text), out);
	return 0;
}

void fcd_json_enter(struct fcd_json_items *i, const struct fcd_json *v)
{
	i->has_keys = v->kind == FCD_JSON_OBJECT;
	i->at = i->has_keys || v->kind == FCD_JSON_ARRAY ? blanks(v->at + 1) : "]";
}

bool fcd_json_next(struct fcd_json_items *i, struct fcd_json *key, struct fcd_json *out)
{
	const char *at = i->at;

	if (*at == ']' || *at == '}')
		return false;
	if (i->has_keys)
		at = blanks(blanks(take(at, key)) + 1);
	at = blanks(take(at, out));
	i->at = *at == ',' ? blanks(at + 1) : at;
	return true;
}

bool fcd_json_member(const struct fcd_json *object, const char *name, struct fcd_json *out)
{
	struct fcd_json_items i;
	struct fcd_json key;

	if (object->kind != FCD_JSON_OBJECT)
		return false;
	for (fcd_json_enter(&i, object); fcd_json_next(&i, &key, out);)
		if (fcd_json_is_text(&key, name))
			return true;
	return false;
}

/* ---- values ---- */

static int utf8(int32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The bytes that a character or escape stands for; *at moves behind it. */
static int decode(const char **at, char *out)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *letter;

	out[0] = *(*at)++;
	if (out[0] != '\\')
		return 1;
	if (**at == 'u')
		return utf8(escaped(at), out);
	letter = strchr(letters, **at);
	out[0] = letter ? meant[letter - letters] : **at;
	(*at)++;
	return 1;
}

int fcd_json_text(const struct fcd_json *v, char *out, size_t cap)
{
	const char *at = v->at + 1;
	size_t len = 0, kept = 0;
	char bytes[4];
	int n;

	if (v->kind != FCD_JSON_STRING)
		return -EINVAL;
	for (; at < v->end - 1; len += (size_t)n) {
		n = decode(&at, bytes);
		if (len + (size_t)n < cap) {
			memcpy(out + len, bytes, (size_t)n);
			kept += (size_t)n;
		}
	}
	out[kept] = 0;
	return (int)len;
}

bool fcd_json_is_text(const struct fcd_json *v, const char *text)
{
	char own[64];

	return fcd_json_text(v, own, sizeof(own)) == (int)strlen(text) && !strcmp(own, text);
}

int fcd_json_bool(const struct fcd_json *v, bool *out)
{
	if (v->kind != FCD_JSON_BOOL)
		return -EINVAL;
	*out = *v->at == 't';
	return 0;
}

int fcd_json_number(const struct fcd_json *v, uint64_t *out)
{
	const char *at = v->at;
	uint64_t n = 0;

	if (v->kind != FCD_JSON_NUMBER)
		return -EINVAL;
	for (; at < v->end; at++) {
		if (*at < '0' || *at > '9' || n > (INT64_MAX - (uint64_t)(*at - '0')) / 10)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*at - '0');
	}
	*out = n;
	return 0;
}
