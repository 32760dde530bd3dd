// SPDX-License-Identifier: MIT
/* init_config, as Falco passes it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "client/plugin/config.h"
#include "client/plugin/validate.h"
#include "core/table.h"
#include "tests/tests.h"

static struct fcd_plugin_config config;
static char error[256];

static void accept(const char *text)
{
	ck_assert_msg(fcd_plugin_config_parse(text, &config, error, sizeof(error)) == 0, "%s: %s",
		      text, error);
}

static bool has(const char *name)
{
	uint32_t nr = fcd_syscall_by_name(name)->nr;

	return config.filter.interest.syscalls[nr / 64] >> nr % 64 & 1;
}

static uint32_t calls(void)
{
	uint32_t n = 0;

	for (size_t i = 0; i < FCD_SYSCALLS_MAX / 64; i++)
		n += (uint32_t)__builtin_popcountll(config.filter.interest.syscalls[i]);
	return n;
}

/* 65 of the state, 7 of the default rules, 13 of the incubating ones; but procexit is no call, and
 * x86_64 has no umount. */
START_TEST(nothing_means_what_falcos_rules_need)
{
	static const char *const texts[] = { "", "  ", "{}", " { } " };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		accept(texts[i]);
		ck_assert_uint_eq(calls(), 65 + 7 + 13 - 2);
		ck_assert_uint_eq(config.filter.interest.tracepoints, FCD_TP_PROCEXIT);
		ck_assert_str_eq(config.socket, "");
		ck_assert_uint_eq(config.schema, FCD_SCHEMA_NEWEST);
		ck_assert_uint_eq(config.snaplen, UINT16_MAX);
	}
	ck_assert(has("prlimit64") && has("openat") && has("setns") && has("close_range"));
	ck_assert(!has("read") && !has("write") && !has("sendfile"));
}
END_TEST

START_TEST(all_keys_are_taken)
{
	accept("{\"socket\":\"/run/\\u00e4.sock\",\"snaplen\":80,\"schema\":3,"
	       "\"syscalls\":[\"openat\",\"prlimit\",\"pread\"]}");
	ck_assert_str_eq(config.socket, "/run/\xc3\xa4.sock");
	ck_assert_uint_eq(config.snaplen, 80);
	ck_assert_uint_eq(config.schema, 3);
	/* by the names of events, too; and what begins and ends processes */
	ck_assert(has("openat") && has("prlimit64") && has("pread64"));
	ck_assert(has("clone") && has("clone3") && has("fork") && has("vfork"));
	ck_assert(has("execve") && has("execveat"));
	ck_assert_uint_eq(config.filter.interest.tracepoints, FCD_TP_PROCEXIT);
	ck_assert_uint_eq(calls(), 3 + 6);
}
END_TEST

START_TEST(an_old_falco_is_not_sent_what_it_does_not_know)
{
	accept("{\"schema\":3}");
	ck_assert(!has("close_range") && has("setregid") && has("setreuid"));
	ck_assert_uint_eq(config.filter.events[451 / 64] >> 451 % 64 & 1, 0);
	ck_assert_uint_eq(config.filter.events[429 / 64] >> 429 % 64 & 1, 1);
	accept("{\"schema\":2,\"syscalls\":[\"delete_module\",\"keyctl\",\"close\"]}");
	ck_assert(!has("delete_module") && !has("keyctl") && has("close"));
}
END_TEST

START_TEST(a_mistake_is_told_with_what_was_probably_meant)
{
	static const char *const bad[][2] = {
		{ "{\"soket\":\"/x\"}", "unknown key \"soket\"; did you mean \"socket\"?" },
		{ "{\"zzzzzzzz\":1}",
		  "unknown key \"zzzzzzzz\"; known: socket, syscalls, snaplen, schema" },
		{ "{\"syscalls\":[\"opena\"]}",
		  "syscalls: no system call is called \"opena\"; did you mean \"open\"?" },
		{ "{\"syscalls\":\"openat\"}",
		  "syscalls: expected an array of names, as [\"openat\",\"connect\"]" },
		{ "{\"syscalls\":[7]}", "syscalls: expected names of system calls" },
		{ "{\"socket\":1}", "socket: expected a path" },
		{ "{\"snaplen\":65536}", "snaplen: expected a number from 0 to 65535" },
		{ "{\"snaplen\":\"80\"}", "snaplen: expected a number from 0 to 65535" },
		{ "{\"schema\":5}", "schema: expected a number from 2 to 4" },
		{ "{\"schema\":1}", "schema: expected a number from 2 to 4" },
		{ "[]", "expected an object of JSON, as {\"schema\":3}" },
		{ "socket", "expected an object of JSON, as {\"schema\":3}" },
		{ "{\"schema\":4}}", "expected an object of JSON, as {\"schema\":3}" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(fcd_plugin_config_parse(bad[i][0], &config, error, sizeof(error)) < 0,
			      "%s", bad[i][0]);
		ck_assert_str_eq(error, bad[i][1]);
	}
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
	char text[PATH_MAX + 32] = "{\"socket\":\"";
	size_t len = strlen(text);

	memset(text + len, 'a', PATH_MAX);
	strcpy(text + len + PATH_MAX, "\"}");
	ck_assert_int_lt(fcd_plugin_config_parse(text, &config, error, sizeof(error)), 0);
	ck_assert_str_eq(error, "socket: the path is too long");
}
END_TEST

START_TEST(the_filter_asks_for_the_same)
{
	char *text;
	json_t *json;

	accept("{\"syscalls\":[\"openat\"]}");
	text = fcd_plugin_config_filter(&config);
	json = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_eq(json_object_size(json), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "syscalls")), 8);
	ck_assert_ptr_nonnull(strstr(text, "\"openat\""));
	ck_assert_ptr_nonnull(strstr(text, "\"procexit\""));
	json_decref(json);
	free(text);
}
END_TEST

START_TEST(signals_that_are_delivered_come_only_if_they_are_named)
{
	char *text;

	accept("");
	ck_assert(!(config.filter.interest.tracepoints & FCD_TP_SIGNALDELIVER));
	accept("{\"syscalls\":[\"signaldeliver\"]}");
	text = fcd_plugin_config_filter(&config);
	ck_assert_ptr_nonnull(strstr(text, "\"signaldeliver\""));
	free(text);
}
END_TEST

/* Falco reads it with a parser of its own. */
START_TEST(the_schema_is_json_and_has_all_keys)
{
	json_t *json = json_loads(fcd_plugin_config_schema, 0, NULL);

	ck_assert_ptr_nonnull(json);
	ck_assert_uint_eq(json_object_size(json_object_get(json, "properties")), 4);
	json_decref(json);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("config");

	tcase_add_test(t, nothing_means_what_falcos_rules_need);
	tcase_add_test(t, all_keys_are_taken);
	tcase_add_test(t, an_old_falco_is_not_sent_what_it_does_not_know);
	tcase_add_test(t, a_mistake_is_told_with_what_was_probably_meant);
	tcase_add_test(t, a_path_that_is_too_long_is_refused);
	tcase_add_test(t, the_filter_asks_for_the_same);
	tcase_add_test(t, signals_that_are_delivered_come_only_if_they_are_named);
	tcase_add_test(t, the_schema_is_json_and_has_all_keys);
	return t;
}
