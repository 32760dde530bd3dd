/* SPDX-License-Identifier: MIT */
/* text.c - a buffer that text is appended to: numbers and times. */
#include <stdlib.h>
#include <string.h>
#include "core/text.h"

void fcd_text_free(struct fcd_text *t)
{
	free(t->at);
	*t = (struct fcd_text){ 0 };
}

/* Room for n more bytes and then some; without memory there is none from now on. */
char *fcd_text_grow(struct fcd_text *t, size_t n)
{
	size_t cap = t->cap ? t->cap : 512;
	char *at;

	if (t->failed)
		return NULL;
	if (n > SIZE_MAX / 4 - t->len)
		goto fail;
	while (cap <= t->len + n)
		cap *= 2;
	at = realloc(t->at, cap);
	if (!at)
		goto fail;
	t->at = at;
	t->cap = cap;
	return at + t->len;
fail:
	t->failed = true;
	t->cap = t->len;
	return NULL;
}

void fcd_text_u64(struct fcd_text *t, uint64_t v)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	fcd_text_add(t, p, (size_t)(digits + sizeof(digits) - p));
}

void fcd_text_i64(struct fcd_text *t, int64_t v)
{
	if (v < 0)
		fcd_text_char(t, '-');
	fcd_text_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

/* v in base 1 << bits after a prefix. */
static void add_base(struct fcd_text *t, const char *prefix, uint64_t v, unsigned int bits)
{
	char digits[22], *p = digits + sizeof(digits);

	fcd_text_str(t, prefix);
	do
		*--p = "0123456789abcdef"[v & ((1U << bits) - 1)];
	while (v >>= bits);
	fcd_text_add(t, p, (size_t)(digits + sizeof(digits) - p));
}

void fcd_text_hex(struct fcd_text *t, uint64_t v)
{
	add_base(t, "0x", v, 4);
}

void fcd_text_octal(struct fcd_text *t, uint64_t v)
{
	add_base(t, v ? "0" : "", v, 3);
}

/* width digits, with leading zeros, ending before end. */
static char *digits_before(char *end, uint32_t v, unsigned int width)
{
	for (; width; width--, v /= 10)
		*--end = (char)('0' + v % 10);
	return end;
}

/*
 * The civil date of a day since the epoch. Years are counted from March, so that the
 * leap day is the last of its year and months have a pattern of 153 days per five.
 */
static void day_to_date(uint32_t day, uint32_t *year, uint32_t *month, uint32_t *mday)
{
	uint32_t n = day + 719468; /* days since 0000-03-01 */
	uint32_t era = n / 146097, of_era = n % 146097;
	uint32_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * y + y / 4 - y / 100);
	uint32_t m = (5 * of_year + 2) / 153;

	*mday = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = era * 400 + y + (*month <= 2);
}

void fcd_text_clock(struct fcd_text *t, uint64_t ns)
{
	uint32_t s = (uint32_t)(ns / 1000000000 % 86400);
	char *to = fcd_text_room(t, 18);

	if (!to)
		return;
	memcpy(to, "hh:mm:ss.nnnnnnnnn", 18);
	digits_before(to + 2, s / 3600, 2);
	digits_before(to + 5, s / 60 % 60, 2);
	digits_before(to + 8, s % 60, 2);
	digits_before(to + 18, (uint32_t)(ns % 1000000000), 9);
	t->len += 18;
}

void fcd_text_time(struct fcd_text *t, uint64_t ns)
{
	uint32_t year, month, mday;
	char *to = fcd_text_room(t, 30);

	if (!to)
		return;
	day_to_date((uint32_t)(ns / 1000000000 / 86400), &year, &month, &mday);
	memcpy(to, "yyyy-mm-ddT", 11);
	digits_before(to + 4, year, 4);
	digits_before(to + 7, month, 2);
	digits_before(to + 10, mday, 2);
	t->len += 11;
	fcd_text_clock(t, ns);
	fcd_text_char(t, 'Z');
}
