/* SPDX-License-Identifier: MIT */
/*
 * text.h - a buffer that text is appended to. Running out of memory is remembered, not
 * reported each time: afterwards nothing more is appended.
 */
#ifndef FCD_TEXT_H
#define FCD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fcd_text {
	char *at;
	size_t len, cap;
	bool failed; /* memory ran out: what is here is not whole */
};

void fcd_text_free(struct fcd_text *t);
char *fcd_text_grow(struct fcd_text *t, size_t n);

/* Space for n more bytes at t->at + t->len, or NULL. */
static inline char *fcd_text_room(struct fcd_text *t, size_t n)
{
	return n < t->cap - t->len ? t->at + t->len : fcd_text_grow(t, n);
}

static inline void fcd_text_add(struct fcd_text *t, const char *s, size_t n)
{
	char *to = fcd_text_room(t, n);

	if (!to)
		return;
	memcpy(to, s, n);
	t->len += n;
}

static inline void fcd_text_str(struct fcd_text *t, const char *s)
{
	fcd_text_add(t, s, strlen(s));
}

static inline void fcd_text_char(struct fcd_text *t, char c)
{
	fcd_text_add(t, &c, 1);
}

void fcd_text_u64(struct fcd_text *t, uint64_t v);
void fcd_text_i64(struct fcd_text *t, int64_t v);
void fcd_text_hex(struct fcd_text *t, uint64_t v);   /* 0x1f */
void fcd_text_octal(struct fcd_text *t, uint64_t v); /* 0644 */
/* 2026-11-24T16:20:00.123456789Z */
void fcd_text_time(struct fcd_text *t, uint64_t ns);
/* 16:20:00.123456789, of the same */
void fcd_text_clock(struct fcd_text *t, uint64_t ns);
/* Bytes of the UTF-8 character at s, 0: it is none. Not the longer forms, not surrogates. */
size_t fcd_text_utf8(const uint8_t *s, size_t n);
/* A JSON string with quotes; bytes that are not UTF-8 become \u00XX. */
void fcd_text_json(struct fcd_text *t, const char *s, size_t n);
/* What is between the quotes of one. */
void fcd_text_json_part(struct fcd_text *t, const char *s, size_t n);
/*
 * For a person: as it is, or in double quotes if it is empty, "-" or has spaces or quotes.
 * Nothing that a terminal acts upon gets through: \n, \t, \r, \\, \" or \xXX per byte.
 */
void fcd_text_plain(struct fcd_text *t, const char *s, size_t n);

#endif
