// SPDX-License-Identifier: MIT
/* The small reader of JSON. What is JSON and what is not is said by RFC 8259, and by jansson. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "core/json.h"
#include "tests/tests.h"

static struct fcd_json parse(const char *text)
{
	struct fcd_json v;

	ck_assert_msg(fcd_json_parse(text, &v) == 0, "%s", text);
	return v;
}

static const char *text_of(const struct fcd_json *v)
{
	static char text[256];

	ck_assert_int_ge(fcd_json_text(v, text, sizeof(text)), 0);
	return text;
}

START_TEST(it_accepts_what_jansson_accepts)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" [ ] ",
		"{\"a\":1}",
		"{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"1.5",
		"-1e5",
		"1E+5",
		"1e-5",
		"\"\"",
		"\"a\\u00e4\"",
		"\"\\ud83d\\ude00\"",
		"\"\xc3\xa4\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\t[\r\n1 , 2]\n",
		"[\"\\uABCD\\uabcd\"]",
		/* and not: */
		"",
		" ",
		"{",
		"}",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:1}",
		"nul",
		"truex",
		"01",
		"-",
		"1.",
		".5",
		"1e",
		"1e+",
		"+1",
		"\"",
		"\"a",
		"\"\\\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u123g\"",
		"\"\\u\x10\x10\x10\x10\"",
		"\"\\ud83d\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ude00\"",
		"\"\\u0000\"",
		"\"\x01\"",
		"\"\n\"",
		"\"\xff\"",
		"\"\xc3\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"[1] x",
		"[1][2]",
		"{}}",
		"[1 2]",
		"{\"a\" 1}",
		"'a'",
		"\"\\",
		"\"\\u",
		"NaN",
		"Infinity",
		"/**/1",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		struct fcd_json v;

		ck_assert_msg(!fcd_json_parse(texts[i], &v) == !!json, "%s", texts[i]);
		json_decref(json);
	}
}
END_TEST

START_TEST(nesting_has_a_bound)
{
	char text[2 * FCD_JSON_DEPTH_MAX + 3] = "";
	struct fcd_json v;

	memset(text, '[', FCD_JSON_DEPTH_MAX);
	memset(text + FCD_JSON_DEPTH_MAX, ']', FCD_JSON_DEPTH_MAX);
	ck_assert_int_eq(fcd_json_parse(text, &v), 0);
	memset(text, '[', FCD_JSON_DEPTH_MAX + 1);
	memset(text + FCD_JSON_DEPTH_MAX + 1, ']', FCD_JSON_DEPTH_MAX + 1);
	ck_assert_int_eq(fcd_json_parse(text, &v), -EPROTO);
}
END_TEST

START_TEST(members_are_found_by_name_however_it_is_written)
{
	struct fcd_json v = parse(
				" { \"x\" : [ {\"ok\":1} ] , \"o\\u006b\" : \"yes\", \"ok\":2 } "),
			m;

	ck_assert(fcd_json_member(&v, "ok", &m));
	ck_assert_str_eq(text_of(&m), "yes");
	ck_assert(!fcd_json_member(&v, "o", &m));
	ck_assert(!fcd_json_member(&v, "okk", &m));
	v = parse("[\"ok\"]");
	ck_assert(!fcd_json_member(&v, "ok", &m));
}
END_TEST

START_TEST(items_come_in_their_order)
{
	static const enum fcd_json_kind kinds[] = { FCD_JSON_NUMBER, FCD_JSON_STRING,
						    FCD_JSON_ARRAY,  FCD_JSON_OBJECT,
						    FCD_JSON_NULL,   FCD_JSON_BOOL };
	struct fcd_json v = parse("[ 7 , \"],\" , [[1],2], {\"a\":{}} , null,true ]"), key, item;
	struct fcd_json_items i;
	size_t n = 0;

	for (fcd_json_enter(&i, &v); fcd_json_next(&i, &key, &item); n++)
		ck_assert_int_eq(item.kind, kinds[n]);
	ck_assert_uint_eq(n, 6);
	v = parse("\"text\"");
	fcd_json_enter(&i, &v);
	ck_assert(!fcd_json_next(&i, &key, &item));
}
END_TEST

START_TEST(texts_are_those_that_jansson_reads)
{
	static const char *const texts[] = { "\"\"", "\"a\\u00e4\\u20ac\\ud83d\\ude00z\"",
					     "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\xe2\x82\xac\"" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		struct fcd_json v = parse(texts[i]);

		ck_assert_str_eq(text_of(&v), json_string_value(json));
		json_decref(json);
	}
}
END_TEST

START_TEST(text_is_cut_between_characters)
{
	struct fcd_json v = parse("\"ab\\u20acz\"");
	char cut[5];

	ck_assert_int_eq(fcd_json_text(&v, cut, sizeof(cut)), 6);
	ck_assert_str_eq(cut, "ab");
	v = parse("17");
	ck_assert_int_eq(fcd_json_text(&v, cut, sizeof(cut)), -EINVAL);
}
END_TEST

START_TEST(numbers_are_whole_and_not_negative)
{
	static const char *const bad[] = {
		"-1", "1.0", "1e3", "9223372036854775808", "18446744073709551616", "\"1\"", "true"
	};
	struct fcd_json v = parse("9223372036854775807");
	uint64_t n = 0;
	size_t i;

	ck_assert_int_eq(fcd_json_number(&v, &n), 0);
	ck_assert_uint_eq(n, INT64_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v = parse(bad[i]);
		ck_assert_msg(fcd_json_number(&v, &n) == -EINVAL, "%s", bad[i]);
	}
	ck_assert_uint_eq(n, INT64_MAX);
}
END_TEST

START_TEST(only_true_and_false_are_bool)
{
	struct fcd_json v = parse("true");
	bool b = false;

	ck_assert_int_eq(fcd_json_bool(&v, &b), 0);
	ck_assert(b);
	v = parse("false");
	ck_assert_int_eq(fcd_json_bool(&v, &b), 0);
	ck_assert(!b);
	v = parse("1");
	ck_assert_int_eq(fcd_json_bool(&v, &b), -EINVAL);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("json");

	tcase_add_test(t, it_accepts_what_jansson_accepts);
	tcase_add_test(t, nesting_has_a_bound);
	tcase_add_test(t, members_are_found_by_name_however_it_is_written);
	tcase_add_test(t, items_come_in_their_order);
	tcase_add_test(t, texts_are_those_that_jansson_reads);
	tcase_add_test(t, text_is_cut_between_characters);
	tcase_add_test(t, numbers_are_whole_and_not_negative);
	tcase_add_test(t, only_true_and_false_are_bool);
	return t;
}
