// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/config.h"
#include "tests/tests.h"

static struct fcd_config c;
static struct fcd_err err;

static const struct fcd_option_info info[] = {
	{ .size = sizeof(info[0]), .type = FCD_OPTION_TEXT, .name = "probe", .fallback = "" },
	{ .size = sizeof(info[0]),
	  .type = FCD_OPTION_NUMBER,
	  .name = "ring_bytes",
	  .fallback = "8192",
	  .min = 4096,
	  .max = 65536 },
	{ .size = sizeof(info[0]),
	  .type = FCD_OPTION_BOOL,
	  .name = "drop_failed",
	  .fallback = "true" },
};

static void init(void)
{
	ck_assert_int_eq(fcd_config_init(&c), 0);
	memset(&err, 0, sizeof(err));
}

static void fini(void)
{
	fcd_config_fini(&c);
}

static int parse(const char *text)
{
	return fcd_config_parse(&c, "test.json", text, strlen(text), &err);
}

/* ---- bad input: what the message has to say ---- */

static const struct {
	const char *text, *where, *why, *hint;
} bad[] = {
	{ "", "test.json:1:0: ", "", "one JSON object" },
	{ "{\n \"engine\": \"bpf\",\n \"hold_ms\" 2\n}", "test.json:3:", "':' expected", "" },
	{ "{\"hold_ms\":2} x", "test.json:1:", "end of file expected", "" },
	{ "{\"hold_ms\":2,\"hold_ms\":3}", "test.json:1:", "duplicate object key", "" },
	{ "[]", "$: ", "expected an object, got an array", "" },
	{ "{\"engin\":\"bpf\"}", "$.engin: ", "unknown key", "did you mean \"engine\"?" },
	{ "{\"xyzzy\":1}", "$.xyzzy: ", "unknown key", "known here: engine, engine_dir, socket" },
	{ "{\"a b\":1}", "$[\"a b\"]: ", "unknown key", "" },
	{ "{\"engine\":7}", "$.engine: ", "expected a string, got 7", "put a string there" },
	{ "{\"engine\":\"../evil\"}", "$.engine: ", "not the name of an engine", "auto, kmod" },
	{ "{\"engine\":\"\"}", "$.engine: ", "not the name of an engine", "" },
	{ "{\"engine_dir\":\"lib\"}", "$.engine_dir: ", "not an absolute path", "" },
	{ "{\"socket\":17}", "$.socket: ", "expected a path or null, got 17", "" },
	{ "{\"socket_group\":null}", "$.socket_group: ", "expected a string, got null", "" },
	{ "{\"broadcast_bytes\":3000000}", "$.broadcast_bytes: ", "not a power of two",
	  "2097152 and 4194304" },
	{ "{\"broadcast_bytes\":1024}",
	  "$.broadcast_bytes: ", "expected an integer from 262144 to 1073741824, got 1024", "" },
	{ "{\"priority_bytes\":131072}",
	  "$.priority_bytes: ", "expected an integer from 262144 to 1073741824", "" },
	{ "{\"broadcast_bytes\":-1}", "$.broadcast_bytes: ", "got -1", "" },
	{ "{\"broadcast_bytes\":1048576.0}", "$.broadcast_bytes: ", "expected an integer", "" },
	{ "{\"hold_ms\":\"2\"}", "$.hold_ms: ", "from 0 to 1000, got \"2\"", "" },
	{ "{\"hold_ms\":1001}", "$.hold_ms: ", "got 1001", "" },
	{ "{\"linger_ms\":true}", "$.linger_ms: ", "got true", "" },
	{ "{\"log_level\":\"loud\"}",
	  "$.log_level: ", "expected error, warning, info, debug or null", "" },
	{ "{\"limits\":[]}", "$.limits: ", "expected an object, got an array", "" },
	{ "{\"limits\":{\"client\":1}}", "$.limits.client: ", "unknown key",
	  "did you mean \"clients\"?" },
	{ "{\"limits\":{\"clients\":0}}", "$.limits.clients: ", "from 1 to 1024, got 0", "" },
	{ "{\"limits\":{\"request_bytes\":99999999}}", "$.limits.request_bytes: ", "got 99999999",
	  "" },
	{ "{\"access\":[]}", "$.access: ", "expected an object", "" },
	{ "{\"access\":{\"subscribed\":{}}}", "$.access.subscribed: ", "unknown key",
	  "did you mean \"subscribe\"?" },
	{ "{\"access\":{\"stats\":true}}", "$.access.stats: ", "expected an object or null", "" },
	{ "{\"access\":{\"stats\":{\"user\":[]}}}", "$.access.stats.user: ", "unknown key",
	  "did you mean \"users\"?" },
	{ "{\"access\":{\"stats\":{\"users\":\"root\"}}}",
	  "$.access.stats.users: ", "expected an array of names and numbers, got \"root\"", "" },
	{ "{\"access\":{\"stats\":{\"users\":[\"root\",\"no such user\"]}}}",
	  "$.access.stats.users[1]: ", "there is no user \"no such user\"",
	  "that this host knows" },
	{ "{\"access\":{\"stats\":{\"groups\":[\"no such group\"]}}}",
	  "$.access.stats.groups[0]: ", "there is no group \"no such group\"", "" },
	{ "{\"access\":{\"stats\":{\"groups\":[4294967295]}}}",
	  "$.access.stats.groups[0]: ", "from 0 to 4294967294, got 4294967295", "" },
	{ "{\"access\":{\"stats\":{\"groups\":[-1]}}}", "$.access.stats.groups[0]: ", "got -1",
	  "" },
	{ "{\"engines\":3}", "$.engines: ", "expected an object, got 3", "" },
	{ "{\"engines\":{\"bpf\":1}}", "$.engines.bpf: ", "expected an object, got 1", "" },
	{ "{\"engines\":{\"a/b\":{}}}", "$.engines[\"a/b\"]: ", "not the name of an engine", "" },
	{ "{\"engines\":{\"auto\":{}}}", "$.engines.auto: ", "not the name of an engine", "" },
};

START_TEST(bad_config_is_refused_with_place_and_reason)
{
	ck_assert_int_eq(parse(bad[_i].text), -EINVAL);
	ck_assert_msg(strstr(err.text, "test.json") == err.text, "no file name: %s", err.text);
	ck_assert_msg(strstr(err.text, bad[_i].where) != NULL, "%s: not in: %s", bad[_i].where,
		      err.text);
	ck_assert_msg(strstr(err.text, bad[_i].why) != NULL, "%s: not in: %s", bad[_i].why,
		      err.text);
	ck_assert_msg(strstr(err.hint, bad[_i].hint) != NULL, "%s: not in: %s", bad[_i].hint,
		      err.hint);
}
END_TEST

static const struct {
	const char *section, *where, *why, *hint;
} bad_option[] = {
	{ "{\"ring_byte\":1}", "$.engines.bpf.ring_byte: ", "unknown key",
	  "did you mean \"ring_bytes\"?" },
	{ "{\"zzz\":1}", "$.engines.bpf.zzz: ", "unknown key",
	  "known here: probe, ring_bytes, drop_failed" },
	{ "{\"ring_bytes\":1}", "$.engines.bpf.ring_bytes: ", "from 4096 to 65536, got 1", "" },
	{ "{\"ring_bytes\":\"8192\"}", "$.engines.bpf.ring_bytes: ", "got \"8192\"", "" },
	{ "{\"probe\":false}", "$.engines.bpf.probe: ", "expected a string, got false", "" },
	{ "{\"drop_failed\":1}", "$.engines.bpf.drop_failed: ", "expected true or false, got 1",
	  "" },
};

START_TEST(bad_engine_option_is_refused_with_place_and_reason)
{
	struct fcd_options *o = NULL;
	char text[128];

	snprintf(text, sizeof(text), "{\"engines\":{\"bpf\":%s}}", bad_option[_i].section);
	ck_assert_int_eq(parse(text), 0);
	ck_assert_int_eq(fcd_config_options(&c, "bpf", info, 3, sizeof(info[0]), &o, &err),
			 -EINVAL);
	ck_assert_ptr_null(o);
	ck_assert_msg(strstr(err.text, bad_option[_i].where) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, bad_option[_i].why) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.hint, bad_option[_i].hint) != NULL, "%s", err.hint);
}
END_TEST

/* ---- good input ---- */

START_TEST(every_key_reaches_its_setting)
{
	ck_assert_int_eq(parse("{\"engine\":\"fake\",\"engine_dir\":\"/e\",\"socket\":\"/s\","
			       "\"socket_group\":\"g\",\"broadcast_bytes\":524288,"
			       "\"priority_bytes\":262144,\"hold_ms\":3,\"linger_ms\":4,\"log_"
			       "level\":\"debug\","
			       "\"limits\":{\"clients\":5,\"request_bytes\":6000},"
			       "\"engines\":{\"fake\":{},\"bpf\":{\"ring_bytes\":4096}}}"),
			 0);
	ck_assert_str_eq(c.engine, "fake");
	ck_assert_str_eq(c.engine_dir, "/e");
	ck_assert_str_eq(c.socket, "/s");
	ck_assert_str_eq(c.socket_group, "g");
	ck_assert_uint_eq(c.broadcast_bytes, 524288);
	ck_assert_uint_eq(c.priority_bytes, 262144);
	ck_assert_uint_eq(c.hold_ms, 3);
	ck_assert_uint_eq(c.linger_ms, 4);
	ck_assert_uint_eq(c.log_level, FCD_LOG_DEBUG);
	ck_assert_uint_eq(c.clients, 5);
	ck_assert_uint_eq(c.request_bytes, 6000);
	ck_assert_str_eq(fcd_config_section(&c, 0), "fake");
	ck_assert_str_eq(fcd_config_section(&c, 1), "bpf");
	ck_assert_ptr_null(fcd_config_section(&c, 2));
}
END_TEST

START_TEST(example_config_is_the_defaults)
{
	struct fcd_config d;

	ck_assert_int_eq(fcd_config_init(&d), 0);
	ck_assert_int_eq(fcd_config_load(&c, EXAMPLE, &err), 0);
	ck_assert_str_eq(c.engine, d.engine);
	ck_assert_ptr_null(c.engine_dir);
	ck_assert_ptr_null(c.socket);
	ck_assert_str_eq(c.socket_group, d.socket_group);
	ck_assert_uint_eq(c.broadcast_bytes, d.broadcast_bytes);
	ck_assert_uint_eq(c.priority_bytes, d.priority_bytes);
	ck_assert_uint_eq(c.hold_ms, d.hold_ms);
	ck_assert_uint_eq(c.linger_ms, d.linger_ms);
	ck_assert_uint_eq(c.log_level, d.log_level);
	ck_assert_uint_eq(c.clients, d.clients);
	ck_assert_uint_eq(c.request_bytes, d.request_bytes);
	fcd_config_fini(&d);
}
END_TEST

START_TEST(options_come_from_section_or_fallback)
{
	struct fcd_options *o;

	ck_assert_int_eq(parse("{\"engines\":{\"bpf\":{\"ring_bytes\":4096}}}"), 0);
	ck_assert_int_eq(fcd_config_options(&c, "bpf", info, 3, sizeof(info[0]), &o, &err), 0);
	ck_assert_uint_eq(o->count, 3);
	ck_assert_str_eq(fcd_options_at(o, 0)->name, "probe");
	ck_assert_str_eq(fcd_options_at(o, 0)->text, "");
	ck_assert_str_eq(fcd_options_at(o, 1)->text, "4096");
	ck_assert_uint_eq(fcd_options_at(o, 1)->number, 4096);
	ck_assert_str_eq(fcd_options_at(o, 2)->text, "true");
	ck_assert_uint_eq(fcd_options_at(o, 2)->number, 1);
	fcd_config_options_free(o);

	ck_assert_int_eq(fcd_config_options(&c, "kmod", info, 3, sizeof(info[0]), &o, &err), 0);
	ck_assert_uint_eq(fcd_options_at(o, 1)->number, 8192);
	fcd_config_options_free(o);
}
END_TEST

START_TEST(options_of_a_newer_engine_are_read_by_their_stride)
{
	struct {
		struct fcd_option_info known;
		uint64_t newer[3];
	} wide[2] = { { .known = info[1] }, { .known = info[2] } };
	struct fcd_options *o;

	ck_assert_int_eq(parse("{\"engines\":{\"bpf\":{\"drop_failed\":false}}}"), 0);
	ck_assert_int_eq(
		fcd_config_options(&c, "bpf", &wide[0].known, 2, sizeof(wide[0]), &o, &err), 0);
	ck_assert_uint_eq(fcd_options_at(o, 0)->number, 8192);
	ck_assert_uint_eq(fcd_options_at(o, 1)->number, 0);
	ck_assert_str_eq(fcd_options_at(o, 1)->text, "false");
	fcd_config_options_free(o);
}
END_TEST

START_TEST(environment_wins_over_file)
{
	struct fcd_options *o;

	ck_assert_int_eq(parse("{\"engine\":\"kmod\",\"engines\":{\"bpf\":{\"probe\":\"/old\","
			       "\"ring_bytes\":4096}}}"),
			 0);
	ck_assert_int_eq(fcd_config_bpf_probe(&c, NULL, &err), 0);
	ck_assert_str_eq(c.engine, "kmod");

	ck_assert_int_eq(fcd_config_bpf_probe(&c, "/new", &err), 0);
	ck_assert_str_eq(c.engine, "bpf");
	ck_assert_int_eq(fcd_config_options(&c, "bpf", info, 3, sizeof(info[0]), &o, &err), 0);
	ck_assert_str_eq(fcd_options_at(o, 0)->text, "/new");
	ck_assert_uint_eq(fcd_options_at(o, 1)->number, 4096);
	fcd_config_options_free(o);

	ck_assert_int_eq(fcd_config_bpf_probe(&c, "", &err), 0);
	ck_assert_int_eq(fcd_config_options(&c, "bpf", info, 3, sizeof(info[0]), &o, &err), 0);
	ck_assert_str_eq(fcd_options_at(o, 0)->text, "");
	fcd_config_options_free(o);
}
END_TEST

START_TEST(file_that_cannot_be_read_is_said_by_name)
{
	ck_assert_int_eq(fcd_config_load(&c, "/nonexistent/x.json", &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.json: No such file"));
	ck_assert_int_eq(fcd_config_load(&c, "/", &err), -EISDIR);
	ck_assert_int_eq(fcd_config_load(&c, "/dev/zero", &err), -EFBIG);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("config");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_loop_test(t, bad_config_is_refused_with_place_and_reason, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, bad_engine_option_is_refused_with_place_and_reason, 0,
			    sizeof(bad_option) / sizeof(bad_option[0]));
	tcase_add_test(t, every_key_reaches_its_setting);
	tcase_add_test(t, example_config_is_the_defaults);
	tcase_add_test(t, options_come_from_section_or_fallback);
	tcase_add_test(t, options_of_a_newer_engine_are_read_by_their_stride);
	tcase_add_test(t, environment_wins_over_file);
	tcase_add_test(t, file_that_cannot_be_read_is_said_by_name);
	return t;
}
