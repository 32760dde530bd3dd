/* SPDX-License-Identifier: MIT */
/* Lines of JSON and text: golden ones, and those of records that are no events or none at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/format.h"
#include "encode.h"
#include "tests/tests.h"

#define SEEDS 12 /* samples of each event */

static struct fcd_text t;
static const struct fcd_process *process;

static const char *json(const struct fcd_envelope *e, size_t len)
{
	t.len = 0;
	ck_assert_int_eq(fcd_format_json(&t, e, len, process), 0);
	fcd_text_char(&t, 0);
	return t.at;
}

static const char *text(const struct fcd_envelope *e, size_t len)
{
	t.len = 0;
	ck_assert_int_eq(fcd_format_text(&t, e, len, process), 0);
	fcd_text_char(&t, 0);
	return t.at;
}

/* ---- golden lines ---- */

static struct fcd_envelope *record_of_hex(const char *hex, size_t *len)
{
	size_t n = strspn(hex, "0123456789abcdef") / 2;
	struct fcd_envelope *e = calloc(1, sizeof(*e) + n);
	uint8_t *at = (uint8_t *)(e + 1);

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &at[i]), 1);
	*len = sizeof(*e) + n;
	e->bytes = (uint32_t)*len;
	e->kind = FCD_EVENT;
	e->cpu = 1;
	e->tgid = 4200;
	e->seq = 81230;
	return e;
}

START_TEST(lines_are_the_golden_ones)
{
	FILE *file = fopen(GOLDEN, "re");
	struct fcd_envelope *e = NULL;
	char *line = NULL;
	size_t cap = 0, len = 0, lines = 0;

	ck_assert_ptr_nonnull(file);
	while (getline(&line, &cap, file) > 0) {
		if (!strncmp(line, "event ", 6)) {
			free(e);
			e = record_of_hex(line + 6, &len);
		} else if (!strncmp(line, "json ", 5)) {
			ck_assert_str_eq(json(e, len), line + 5);
			lines++;
		} else if (!strncmp(line, "text ", 5)) {
			ck_assert_str_eq(text(e, len), line + 5);
			lines++;
		}
	}
	ck_assert_uint_eq(lines, 64);
	free(e);
	free(line);
	fclose(file);
}
END_TEST

START_TEST(text_of_every_event_is_one_line_that_a_terminal_just_shows)
{
	static struct sample params[FCD_PARAMS_MAX];
	size_t len;

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			const struct fcd_event_info *info = fcd_event_info(id);
			struct fcd_envelope *e;
			const char *line;

			samples_make(params, info, seed);
			e = encode_record(info, params, &len);
			line = text(e, len);
			ck_assert_ptr_eq(strchr(line, '\n'), line + t.len - 2);
			for (const char *c = line; *c != '\n'; c++)
				if ((unsigned char)*c < ' ')
					ck_abort_msg("%s", line);
			free(e);
		}
}
END_TEST

/* ---- what is not an event ---- */

static struct {
	struct fcd_envelope e;
	union {
		struct fcd_gap gap;
		struct fcd_mark mark;
	};
} record;

START_TEST(gaps_say_how_much_was_lost_where_and_why)
{
	static const struct {
		uint32_t cause;
		const char *stage, *name;
	} want[] = {
		{ 0, "engine", "ring_full" },	{ 1, "engine", "nested" },
		{ 2, "engine", "too_big" },	{ 3, "engine", "no_ring" },
		{ 4, "engine", "missed" },	{ 5, "merge", "broken" },
		{ 6, "subscriber", "overrun" }, { 99, "unknown", "unknown" },
	};
	char line[200];

	record.e = (struct fcd_envelope){ .bytes = 56, .kind = FCD_GAP, .seq = 9 };
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		record.gap = (struct fcd_gap){ 1000000001, 1234, 5000, want[i].cause, 0 };
		snprintf(line, sizeof(line),
			 "{\"ts\":\"1970-01-01T00:00:01.000000001Z\",\"seq\":9,\"type\":\"gap\","
			 "\"lost\":1234,\"stage\":\"%s\",\"cause\":\"%s\",\"total\":5000}\n",
			 want[i].stage, want[i].name);
		ck_assert_str_eq(json(&record.e, 56), line);
		snprintf(line, sizeof(line),
			 "00:00:01.000000001 gap lost=1234 stage=%s cause=%s total=5000\n",
			 want[i].stage, want[i].name);
		ck_assert_str_eq(text(&record.e, 56), line);
	}
}
END_TEST

START_TEST(marks_say_by_how_much_the_clock_was_set)
{
	record.e = (struct fcd_envelope){ .bytes = 40, .kind = FCD_MARK, .seq = 9 };
	record.mark = (struct fcd_mark){ 1000000001, -1500 };
	ck_assert_str_eq(json(&record.e, 40),
			 "{\"ts\":\"1970-01-01T00:00:01.000000001Z\",\"seq\":9,"
			 "\"type\":\"mark\",\"shift_ns\":-1500}\n");
	ck_assert_str_eq(text(&record.e, 40), "00:00:01.000000001 mark shift_ns=-1500\n");
}
END_TEST

START_TEST(late_events_and_those_of_32_bit_calls_say_so)
{
	struct sample res[2] = { { .len = 8 }, { .len = 8 } };
	size_t len;
	struct fcd_envelope *e = encode_record(fcd_event_by_code("SYSCALL_CLOSE_X"), res, &len);

	e->flags = FCD_LATE | FCD_COMPAT;
	ck_assert_ptr_nonnull(strstr(json(e, len), "\"type\":\"close\",\"late\":true,"
						   "\"compat\":true,\"res\":0"));
	ck_assert_str_eq(text(e, len),
			 "16:20:00.123456789 1 4242 close (late) (32-bit) res=0 fd=0\n");
	free(e);
}
END_TEST

START_TEST(lines_name_the_process_and_its_container)
{
	struct fcd_process known = { .pid = 4200, .comm = "cat", .cgroup = "/", .container = "" };
	struct sample res[2] = { { .len = 8 }, { .len = 8 } };
	size_t len;
	struct fcd_envelope *e = encode_record(fcd_event_by_code("SYSCALL_CLOSE_X"), res, &len);

	process = &known;
	ck_assert_ptr_nonnull(strstr(json(e, len), ",\"proc\":\"cat\",\"type\":\"close\","));
	ck_assert_str_eq(text(e, len), "16:20:00.123456789 1 cat(4242) close res=0 fd=0\n");
	known.container = "3ad7b26ded6d";
	ck_assert_ptr_nonnull(strstr(json(e, len), ",\"tid\":4242,\"proc\":\"cat\","
						   "\"container\":\"3ad7b26ded6d\","
						   "\"type\":\"close\","));
	ck_assert_str_eq(text(e, len),
			 "16:20:00.123456789 1 cat(4242)@3ad7b26ded6d close res=0 fd=0\n");
	free(e);
}
END_TEST

/* Anybody may give his process any name, of 16 bytes without a NUL in a hostile table. */
START_TEST(names_of_processes_cannot_break_a_line)
{
	struct fcd_process known = { .pid = 4200, .cgroup = "/", .container = "" };
	struct sample res[2] = { { .len = 8 }, { .len = 8 } };
	size_t len;
	struct fcd_envelope *e = encode_record(fcd_event_by_code("SYSCALL_CLOSE_X"), res, &len);

	process = &known;
	memcpy(known.comm, "a \"\n\033\xff 789abcdef", 16);
	ck_assert_ptr_nonnull(strstr(json(e, len), ",\"proc\":\"a \\\"\\n\\u001b\\u00ff "
						   "789abcdef\",\"type\":"));
	ck_assert_str_eq(text(e, len), "16:20:00.123456789 1 \"a \\\"\\n\\x1b\\xff 789abcdef\""
				       "(4242) close res=0 fd=0\n");
	known = (struct fcd_process){ .comm = "cat", .container = "\"\n" };
	ck_assert_ptr_nonnull(strstr(json(e, len), ",\"container\":\"\\\"\\n\",\"type\":"));
	ck_assert_str_eq(text(e, len),
			 "16:20:00.123456789 1 cat(4242)@\"\\\"\\n\" close res=0 fd=0\n");
	free(e);
}
END_TEST

static void check_refused(const struct fcd_envelope *e, size_t len)
{
	t.len = 0;
	ck_assert_int_eq(fcd_format_json(&t, e, len, NULL), -EPROTO);
	ck_assert_int_eq(fcd_format_text(&t, e, len, NULL), -EPROTO);
	ck_assert_uint_eq(t.len, 0);
}

START_TEST(malformed_records_are_refused_and_append_nothing)
{
	static struct sample params[FCD_PARAMS_MAX];
	size_t len;
	struct fcd_envelope *e, *longer;

	samples_make(params, fcd_event_info(307), 1);
	e = encode_record(fcd_event_info(307), params, &len);
	for (size_t cut = 0; cut < len; cut++) {
		check_refused(e, cut);
		e->bytes = (uint32_t)cut;
		check_refused(e, len);
		e->bytes = (uint32_t)len;
	}
	longer = realloc(e, len + 8);
	ck_assert_ptr_nonnull(longer);
	e = longer;
	e->bytes = (uint32_t)len + 8; /* more than the event */
	check_refused(e, len + 8);
	e->bytes = (uint32_t)len;
	e->kind = 0;
	check_refused(e, len);
	e->kind = 4;
	check_refused(e, len);
	e->kind = FCD_EVENT;
	memset((uint8_t *)(e + 1) + 20, 0xff, 2); /* event id */
	check_refused(e, len);
	free(e);
	record.e = (struct fcd_envelope){ .bytes = 55, .kind = FCD_GAP };
	check_refused(&record.e, 56);
	record.e = (struct fcd_envelope){ .bytes = 39, .kind = FCD_MARK };
	check_refused(&record.e, 56);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("format");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, lines_are_the_golden_ones);
	tcase_add_test(t, text_of_every_event_is_one_line_that_a_terminal_just_shows);
	tcase_add_test(t, gaps_say_how_much_was_lost_where_and_why);
	tcase_add_test(t, marks_say_by_how_much_the_clock_was_set);
	tcase_add_test(t, late_events_and_those_of_32_bit_calls_say_so);
	tcase_add_test(t, lines_name_the_process_and_its_container);
	tcase_add_test(t, names_of_processes_cannot_break_a_line);
	tcase_add_test(t, malformed_records_are_refused_and_append_nothing);
	return t;
}
