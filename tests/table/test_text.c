/* SPDX-License-Identifier: MIT */
/* Text: numbers against printf, times against the C library, strings against jansson. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/text.h"
#include "tests/tests.h"

static struct fcd_text t;

static const char *text(void)
{
	fcd_text_char(&t, 0);
	t.len = 0;
	return t.at;
}

START_TEST(numbers_are_printed_as_printf_does)
{
	static const uint64_t numbers[] = {
		0, 1, 9, 10, 99, 100, 1234567890123, 1ULL << 53, INT64_MAX, 1ULL << 63, UINT64_MAX,
	};
	char want[128];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned long long v = numbers[i];

		snprintf(want, sizeof(want), "%llu %lld 0x%llx %#llo", v, (long long)v, v, v);
		fcd_text_u64(&t, v);
		fcd_text_char(&t, ' ');
		fcd_text_i64(&t, (int64_t)v);
		fcd_text_char(&t, ' ');
		fcd_text_hex(&t, v);
		fcd_text_char(&t, ' ');
		fcd_text_octal(&t, v);
		ck_assert_str_eq(text(), want);
	}
}
END_TEST

/* Each day for 584 years, at a different second. */
START_TEST(times_are_those_of_the_c_library)
{
	for (uint64_t s = 0; s <= UINT64_MAX / 1000000000; s += 86400 + 7919) {
		uint64_t ns = s * 1000000000 + s % 1000000000;
		time_t seconds = (time_t)s;
		char want[64], clock[64];
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(want, 32, "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want + 19, 32, ".%09uZ", (unsigned int)(ns % 1000000000));
		memcpy(clock, want + 11, 18);
		clock[18] = 0;
		fcd_text_time(&t, ns);
		if (strcmp(text(), want))
			ck_abort_msg("%s, expected %s", t.at, want);
		fcd_text_clock(&t, ns);
		if (strcmp(text(), clock))
			ck_abort_msg("%s, expected %s", t.at, clock);
	}
	fcd_text_time(&t, UINT64_MAX);
	ck_assert_str_eq(text(), "2554-07-21T23:34:33.709551615Z");
}
END_TEST

/* What jansson reads back from our string; it accepts valid UTF-8 only. */
static json_t *read_back(const char *s, size_t n)
{
	json_error_t error;
	json_t *string;

	fcd_text_json(&t, s, n);
	string = json_loadb(t.at, t.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!string)
		ck_abort_msg("%s: %.*s", error.text, (int)t.len, t.at);
	t.len = 0;
	return string;
}

static void check_json(const char *s, size_t n, const char *want, size_t want_len)
{
	json_t *string = read_back(s, n);

	ck_assert_uint_eq(json_string_length(string), want_len);
	ck_assert_mem_eq(json_string_value(string), want, want_len);
	json_decref(string);
}

START_TEST(json_keeps_utf8_and_escapes_other_bytes)
{
#define SAME(s) check_json(s, sizeof(s) - 1, s, sizeof(s) - 1)
	SAME("");
	SAME("plain");
	SAME("\"\\/\b\f\n\r\t\x01\x1f\x7f");
	SAME("nul\0inside");
	SAME("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7");
	SAME("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"); /* beside surrogates, the last */
#undef SAME
	check_json("\xff", 1, "\xc3\xbf", 2);		  /* U+00FF */
	check_json("\xc3", 1, "\xc3\x83", 2);		  /* cut */
	check_json("a\x80z", 3, "a\xc2\x80z", 4);	  /* continuation alone */
	check_json("\xc0\x80", 2, "\xc3\x80\xc2\x80", 4); /* longer form of NUL */
	check_json("\xe0\x80\x80", 3, "\xc3\xa0\xc2\x80\xc2\x80", 6);
	check_json("\xed\xa0\x80", 3, "\xc3\xad\xc2\xa0\xc2\x80", 6); /* surrogate */
	check_json("\xf4\x90\x80\x80", 4, "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80", 8);
	check_json("\xf8\x88", 2, "\xc3\xb8\xc2\x88", 4);
}
END_TEST

START_TEST(json_of_any_bytes_is_valid)
{
	char s[6];

	srand(1);
	for (int i = 0; i < 100000; i++) {
		/* lead and continuation bytes mostly */
		for (size_t k = 0; k < sizeof(s); k++)
			s[k] = (char)(rand() % 4 ? 0x80 | rand() % 128 : rand());
		json_decref(read_back(s, sizeof(s)));
	}
}
END_TEST

static void check_plain(const char *s, size_t n, const char *want)
{
	fcd_text_plain(&t, s, n);
	ck_assert_str_eq(text(), want);
}

START_TEST(plain_text_is_quoted_where_needed_and_safe_for_a_terminal)
{
#define PLAIN(s, want) check_plain(s, sizeof(s) - 1, want)
	PLAIN("/etc/hosts", "/etc/hosts");
	PLAIN("", "\"\"");
	PLAIN("-", "\"-\"");
	PLAIN("--", "--");
	PLAIN("a b", "\"a b\"");
	PLAIN("a\"b", "\"a\\\"b\"");
	PLAIN("a\\b", "a\\\\b");
	PLAIN("a\nb\tc\rd", "a\\nb\\tc\\rd");
	PLAIN("\x1b[31m\x7f", "\\x1b[31m\\x7f");
	PLAIN("\0x", "\\x00x");
	PLAIN("caf\xc3\xa9", "caf\xc3\xa9");
	PLAIN("\xc2\x9b"
	      "1m",
	      "\\xc2\\x9b1m"); /* CSI as one character */
	PLAIN("\xff", "\\xff");
#undef PLAIN
}
END_TEST

START_TEST(running_out_of_memory_is_remembered)
{
	struct fcd_text full = { 0 };

	fcd_text_str(&full, "before");
	ck_assert_ptr_null(fcd_text_room(&full, SIZE_MAX - 100));
	ck_assert(full.failed);
	fcd_text_str(&full, "after");
	ck_assert_uint_eq(full.len, 6);
	fcd_text_free(&full);
	ck_assert_ptr_null(full.at);
	fcd_text_str(&full, "again");
	ck_assert_uint_eq(full.len, 5);
	fcd_text_free(&full);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, numbers_are_printed_as_printf_does);
	tcase_add_test(t, times_are_those_of_the_c_library);
	tcase_add_test(t, json_keeps_utf8_and_escapes_other_bytes);
	tcase_add_test(t, json_of_any_bytes_is_valid);
	tcase_add_test(t, plain_text_is_quoted_where_needed_and_safe_for_a_terminal);
	tcase_add_test(t, running_out_of_memory_is_remembered);
	return t;
}
