// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "daemon/request.h"
#include "tests/tests.h"

static struct fcd_request request;
static struct fcd_err err;
static const char *code;

static int parse(const char *line)
{
	code = NULL;
	return fcd_request_parse(line, strlen(line), &request, &code, &err);
}

static const struct {
	const char *line, *code, *error, *hint;
} bad[] = {
	{ "", "bad_json", "", "one JSON object on one line" },
	{ "status", "bad_json", "invalid token near 'status'", "" },
	{ "{\"op\":\"status\"", "bad_json", "'}' expected", "" },
	{ "{\"op\":\"status\",\"op\":\"stats\"}", "bad_json", "duplicate", "" },
	{ "{\"op\":\"status\"}{}", "bad_json", "end of file expected", "" },
	{ "{\"op\":\"\\u0000\"}", "bad_json", "\\u0000", "" },
	{ "{\"op\":\"\xff\"}", "bad_json", "unable to decode byte 0xff", "" },
	{ "7", "bad_request", "$: expected an object, got 7", "" },
	{ "{}", "bad_request", "the key \"op\" is missing", "" },
	{ "{\"op\":null}", "bad_request", "$.op: expected a string, got null", "" },
	{ "{\"op\":\"reboot\"}", "unknown_op", "$.op: there is no \"reboot\"",
	  "known: subscribe, status, stats" },
	{ "{\"op\":\"stat\"}", "unknown_op", "$.op: there is no \"stat\"",
	  "did you mean \"stats\"?" },
	{ "{\"op\":\"status\",\"format\":\"json\"}", "bad_request", "$.format: unknown key",
	  "known here: op" },
	{ "{\"op\":\"snapshot\",\"kinds\":[\"fds\",\"user\"]}", "unknown_kind",
	  "$.kinds[1]: there is no \"user\"", "did you mean \"users\"?" },
	{ "{\"op\":\"snapshot\",\"kinds\":[]}", "bad_request", "$.kinds: no kind is named",
	  "leave it out" },
	{ "{\"op\":\"snapshot\",\"kinds\":\"fds\"}", "bad_request",
	  "$.kinds: expected an array of names, got \"fds\"", "" },
	{ "{\"op\":\"subscribe\",\"kinds\":[\"fds\"]}", "bad_request", "$.kinds: unknown key",
	  "known here: op" },
	{ "{\"op\":\"subscribe\",\"filtr\":{}}", "bad_request", "$.filtr: unknown key",
	  "did you mean \"filter\"?" },
	{ "{\"op\":\"subscribe\",\"format\":\"parquet\"}", "unknown_format",
	  "$.format: there is no \"parquet\"", "known: json, frames, shm" },
	{ "{\"op\":\"subscribe\",\"slow\":\"wait\"}", "unknown_policy",
	  "$.slow: there is no \"wait\"", "known: drop, disconnect" },
	{ "{\"slow\":\"disconnect\",\"op\":\"subscribe\",\"format\":\"shm\"}", "bad_request",
	  "$.slow: the daemon does not follow", "disconnect when you see a gap" },
	{ "{\"op\":\"subscribe\",\"processes\":1}", "bad_request",
	  "$.processes: expected true or false, got 1", "" },
	{ "{\"processes\":true,\"op\":\"subscribe\",\"format\":\"frames\"}", "bad_request",
	  "$.processes: frames carry no names", "in the filter" },
	{ "{\"op\":\"subscribe\",\"wire\":99}", "unsupported_wire", "$.wire: this daemon",
	  "update the older" },
	{ "{\"op\":\"subscribe\",\"wire\":\"1\"}", "bad_request", "$.wire: expected", "" },
	{ "{\"op\":\"subscribe\",\"format\":{}}", "bad_request", "$.format: expected a string",
	  "" },
	{ "{\"op\":\"subscribe\",\"filter\":[]}", "bad_request", "$.filter: expected an object",
	  "" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscall\":[\"open\"]}}", "bad_request",
	  "$.filter.syscall: unknown key", "did you mean \"syscalls\"?" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscalls\":\"open\"}}", "bad_request",
	  "$.filter.syscalls: expected an array of names, got \"open\"", "" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscalls\":[]}}", "bad_request",
	  "$.filter.syscalls: no system call is named", "leave \"syscalls\" out" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscalls\":[\"open\",2]}}", "bad_request",
	  "$.filter.syscalls[1]: expected a string, got 2", "" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscalls\":[\"openatt\"]}}", "unknown_syscall",
	  "$.filter.syscalls[0]: no system call is called \"openatt\"",
	  "did you mean \"openat\"?" },
	{ "{\"op\":\"subscribe\",\"filter\":{\"syscalls\":[\"qqqqqqqqqqqqqq\"]}}",
	  "unknown_syscall", "called \"qqqqqqqqqqqqqq\"", "names are those of" },
};

START_TEST(bad_request_is_refused_with_code_place_and_hint)
{
	ck_assert_int_eq(parse(bad[_i].line), -EINVAL);
	ck_assert_str_eq(code, bad[_i].code);
	ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.hint, bad[_i].hint) != NULL, "%s", err.hint);
}
END_TEST

START_TEST(status_and_stats_are_understood)
{
	ck_assert_int_eq(parse("{\"op\":\"status\"}"), 0);
	ck_assert_int_eq(request.op, FCD_OP_STATUS);
	ck_assert_int_eq(parse(" { \"op\" : \"stats\" } \r"), 0);
	ck_assert_int_eq(request.op, FCD_OP_STATS);
}
END_TEST

static bool wants(long nr)
{
	return request.filter.interest.syscalls[nr / 64] >> nr % 64 & 1;
}

START_TEST(subscription_without_filter_wants_everything)
{
	ck_assert_int_eq(parse("{\"op\":\"subscribe\"}"), 0);
	ck_assert_int_eq(request.op, FCD_OP_SUBSCRIBE);
	ck_assert_int_eq(request.format, FCD_STREAM_JSON);
	ck_assert(wants(SYS_read) && wants(SYS_execve) && wants(SYS_clone3));
	ck_assert_uint_eq(request.filter.interest.tracepoints,
			  FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER);
}
END_TEST

START_TEST(filter_wants_what_it_names)
{
	ck_assert_int_eq(parse("{\"filter\":{\"syscalls\":[\"execve\",\"procexit\"]},"
			       "\"format\":\"shm\",\"op\":\"subscribe\"}"),
			 0);
	ck_assert_int_eq(request.format, FCD_STREAM_SHM);
	ck_assert(wants(SYS_execve));
	ck_assert(!wants(SYS_read));
	ck_assert_uint_eq(request.filter.interest.tracepoints, FCD_TP_PROCEXIT);
	ck_assert_uint_eq(request.filter.interest.size, sizeof(struct fcd_interest));
}
END_TEST

static const struct {
	const char *line;
	bool keeps;
} tables[] = {
	{ "{\"op\":\"subscribe\"}", true },
	{ "{\"op\":\"subscribe\",\"format\":\"json\"}", true },
	{ "{\"op\":\"subscribe\",\"processes\":false}", false },
	{ "{\"op\":\"subscribe\",\"format\":\"frames\"}", false },
	{ "{\"op\":\"subscribe\",\"format\":\"shm\",\"processes\":true}", false },
};

START_TEST(table_of_processes_is_kept_for_lines)
{
	ck_assert_int_eq(parse(tables[_i].line), 0);
	ck_assert_int_eq(fcd_request_keeps_processes(&request), tables[_i].keeps);
}
END_TEST

START_TEST(refused_request_leaves_the_one_before)
{
	ck_assert_int_eq(parse("{\"op\":\"stats\"}"), 0);
	ck_assert_int_eq(parse("{\"op\":\"subscribe\",\"filter\":7}"), -EINVAL);
	ck_assert_int_eq(request.op, FCD_OP_STATS);
}
END_TEST

START_TEST(snapshot_is_of_everything_or_of_what_is_named)
{
	ck_assert_int_eq(parse("{\"op\":\"snapshot\"}"), 0);
	ck_assert_int_eq(request.op, FCD_OP_SNAPSHOT);
	ck_assert_uint_eq(request.kinds, FCD_SNAP_ALL);
	ck_assert_int_eq(parse("{\"op\":\"snapshot\",\"kinds\":[\"fds\",\"users\"]}"), 0);
	ck_assert_uint_eq(request.kinds, 1u << FCD_SNAP_FDS | 1u << FCD_SNAP_USERS);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("request");

	tcase_add_loop_test(t, bad_request_is_refused_with_code_place_and_hint, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, status_and_stats_are_understood);
	tcase_add_test(t, subscription_without_filter_wants_everything);
	tcase_add_test(t, filter_wants_what_it_names);
	tcase_add_test(t, snapshot_is_of_everything_or_of_what_is_named);
	tcase_add_loop_test(t, table_of_processes_is_kept_for_lines, 0,
			    sizeof(tables) / sizeof(tables[0]));
	tcase_add_test(t, refused_request_leaves_the_one_before);
	return t;
}
