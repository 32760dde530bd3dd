/* SPDX-License-Identifier: MIT */
/* text_escape.c - bytes of any kind as JSON strings and as text for a terminal. */
#include <string.h>
#include "core/text.h"

static const char hex[] = "0123456789abcdef";

/* Bytes that a UTF-8 character has by its first, 0: none begins so. */
static size_t utf8_want(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t fcd_text_utf8(const uint8_t *s, size_t n)
{
	size_t want = utf8_want(s[0]);

	if (want > n)
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return want;
}

/* The letter after the backslash, 0: there is none for c. */
static char short_escape(uint8_t c)
{
	switch (c) {
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '"':
	case '\\':
		return (char)c;
	default:
		return 0;
	}
}

static void escape(struct fcd_text *t, const char *prefix, uint8_t c)
{
	char letter = short_escape(c);

	if (letter) {
		fcd_text_add(t, (char[]){ '\\', letter }, 2);
		return;
	}
	fcd_text_str(t, prefix);
	fcd_text_add(t, (char[]){ hex[c >> 4], hex[c & 15] }, 2);
}

/* Bytes of a character that stands for itself in a JSON string, 0: it is none. */
static size_t json_length(const uint8_t *s, size_t n)
{
	return s[0] < 0x20 || s[0] == '"' || s[0] == '\\' ? 0 : fcd_text_utf8(s, n);
}

void fcd_text_json_part(struct fcd_text *t, const char *s, size_t n)
{
	size_t run = 0, i = 0;

	while (i < n) {
		size_t len = json_length((const uint8_t *)s + i, n - i);

		if (len) {
			i += len;
			continue;
		}
		fcd_text_add(t, s + run, i - run);
		escape(t, "\\u00", (uint8_t)s[i]);
		run = ++i;
	}
	fcd_text_add(t, s + run, n - run);
}

void fcd_text_json(struct fcd_text *t, const char *s, size_t n)
{
	fcd_text_char(t, '"');
	fcd_text_json_part(t, s, n);
	fcd_text_char(t, '"');
}

/* Bytes of a character that a terminal just shows, 0: it is none. */
static size_t shown_length(const uint8_t *s, size_t n)
{
	size_t len = fcd_text_utf8(s, n);

	if (s[0] < 0x20 || s[0] == 0x7f || s[0] == '"' || s[0] == '\\')
		return 0;
	if (len == 2 && s[0] == 0xc2 && s[1] < 0xa0) /* C1 controls */
		return 0;
	return len;
}

/* A lone - is what stands for no value. */
static bool needs_quotes(const char *s, size_t n)
{
	return !n || (n == 1 && *s == '-') || memchr(s, ' ', n) || memchr(s, '"', n);
}

void fcd_text_plain(struct fcd_text *t, const char *s, size_t n)
{
	bool quoted = needs_quotes(s, n);
	size_t run = 0, i = 0;

	if (quoted)
		fcd_text_char(t, '"');
	while (i < n) {
		size_t len = shown_length((const uint8_t *)s + i, n - i);

		if (len) {
			i += len;
			continue;
		}
		fcd_text_add(t, s + run, i - run);
		escape(t, "\\x", (uint8_t)s[i]);
		run = ++i;
	}
	fcd_text_add(t, s + run, n - run);
	if (quoted)
		fcd_text_char(t, '"');
}
