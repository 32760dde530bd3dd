/* SPDX-License-Identifier: MIT */
/* A filter as it is written, and the events of processes that it lets pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "core/filter_json.h"
#include "made.h"
#include "tests/tests.h"

#define P   5000000 /* above PID_MAX_LIMIT of the kernel */
#define ID  "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e"
#define ID2 "3ad7b26ded6e0000000000000000000000000000000000000000000000000000"

static struct fcd_proctable *t;
static struct fcd_filter f;
static struct fcd_err err;
static const char *code;
static struct made m;

static void add_process(uint32_t pid, uint32_t ppid, const char *comm, uint32_t uid,
			const char *cgroup)
{
	made_begin(&m, "SYSCALL_CLONE_20_X", pid);
	made_number(&m, "ptid", ppid);
	made_text(&m, "comm", comm);
	made_number(&m, "uid", uid);
	made_text(&m, "cgroups", cgroup);
	fcd_proctable_event(t, made_end(&m));
}

static void setup(void)
{
	ck_assert_int_eq(fcd_proctable_new(&t), 0);
	add_process(P, 0, "systemd-journal", 0, "memory=/system.slice/x.service");
	add_process(P + 1, P, "nginx", 33, "memory=/docker/" ID);
	add_process(P + 2, P + 1, "sh", 33, "memory=/docker/" ID2);
	add_process(P + 3, 0, "sh", 1000, "memory=/system.slice2");
}

static void teardown(void)
{
	fcd_filter_fini(&f);
	fcd_proctable_free(t);
	made_begin(&m, "GENERIC_X", 1);
}

static int parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	int ret;

	ck_assert_ptr_nonnull(value);
	fcd_filter_fini(&f);
	code = "";
	ret = fcd_filter_parse(value, "$", &f, &code, &err);
	json_decref(value);
	return ret;
}

/* The digits of the processes whose close() passes. */
static const char *passing(const char *text)
{
	static char digits[8];
	size_t len = 0;

	ck_assert_msg(parse(text) == 0, "%s", err.text);
	for (uint32_t i = 0; i < 5; i++) {
		made_begin(&m, "SYSCALL_CLOSE_X", P + i);
		if (fcd_filter_pass(&f, made_end(&m), t))
			digits[len++] = (char)('0' + i);
	}
	digits[len] = 0;
	return digits;
}

/* Of what nobody knows, P + 4, nothing passes that is asked by process. */
START_TEST(events_pass_by_properties_of_their_process)
{
	static const struct {
		const char *filter, *pass;
	} want[] = {
		{ "{}", "01234" },
		{ "{\"comms\":[\"sh\"]}", "23" },
		{ "{\"comms\":[\"s\"]}", "" },
		{ "{\"comms\":[\"nginx\",\"sh\"]}", "123" },
		{ "{\"comms\":[\"systemd-journald\"]}", "0" }, /* the kernel cuts it */
		{ "{\"uids\":[33]}", "12" },
		{ "{\"uids\":[\"root\",1000]}", "03" },
		{ "{\"uids\":[33],\"comms\":[\"sh\"]}", "2" },
		{ "{\"cgroups\":[\"/system.slice\"]}", "0" },
		{ "{\"cgroups\":[\"/system.slice2\",\"/docker/\"]}", "123" },
		{ "{\"cgroups\":[\"/\"]}", "0123" },
		{ "{\"containers\":[\"3ad7b26ded6\"]}", "12" },
		{ "{\"containers\":[\"3ad7b26ded6d\"]}", "1" },
		{ "{\"containers\":[\"" ID2 "\"]}", "2" },
		{ "{\"containers\":[\"4\"]}", "" },
		{ "{\"syscalls\":[\"close\"],\"comms\":[\"sh\"]}", "23" },
		{ "{\"comms\":[\"sh\"],\"syscalls\":[\"openat\"]}", "" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_str_eq(passing(want[i].filter), want[i].pass);
}
END_TEST

START_TEST(a_pid_stands_for_the_tree_below_it)
{
	/* Numbers that a filter may name. */
	add_process(70, 0, "a", 0, "memory=/");
	for (uint32_t pid = 71; pid < 75; pid++)
		add_process(pid, pid - 1, "a", 0, "memory=/");
	ck_assert_int_eq(parse("{\"pids\":[72]}"), 0);
	for (uint32_t pid = 70; pid < 75; pid++) {
		made_begin(&m, "SYSCALL_CLOSE_X", pid);
		ck_assert_int_eq(fcd_filter_pass(&f, made_end(&m), t), pid >= 72);
	}
	made_begin(&m, "SYSCALL_CLOSE_X", P + 1);
	ck_assert(!fcd_filter_pass(&f, made_end(&m), t));
	ck_assert_int_eq(parse("{\"pids\":[74,71]}"), 0);
	made_begin(&m, "SYSCALL_CLOSE_X", 73);
	ck_assert(fcd_filter_pass(&f, made_end(&m), t));
	ck_assert(!fcd_filter_pass(&f, m.e, NULL));
}
END_TEST

static bool passes(const char *event, const char *result, int64_t value)
{
	made_begin(&m, event, P);
	if (result)
		made_number(&m, result, value);
	return fcd_filter_pass(&f, made_end(&m), NULL);
}

START_TEST(failed_lets_only_errors_pass)
{
	ck_assert_int_eq(parse("{\"failed\":true}"), 0);
	ck_assert(passes("SYSCALL_OPENAT_2_X", "fd", -2));
	ck_assert(!passes("SYSCALL_OPENAT_2_X", "fd", 3));
	ck_assert(passes("SYSCALL_CLOSE_X", "res", -4095));
	ck_assert(!passes("SYSCALL_CLOSE_X", "res", 0));
	ck_assert(!passes("SYSCALL_MMAP_X", "res", -4096)); /* an address */
	ck_assert(!passes("PROCEXIT_1_E", "status", -1));
	ck_assert(!passes("SYSCALL_GETUID_X", "uid", -1));
	ck_assert(!passes("GENERIC_X", "ID", -1));
	ck_assert_int_eq(parse("{\"failed\":false}"), 0);
	ck_assert(passes("SYSCALL_CLOSE_X", "res", 0));
}
END_TEST

static bool wants(long nr)
{
	return f.interest.syscalls[nr / 64] >> nr % 64 & 1;
}

START_TEST(categories_are_sets_of_calls)
{
	ck_assert_int_eq(parse("{\"categories\":[\"net\"],\"syscalls\":[\"openat\"]}"), 0);
	ck_assert(wants(SYS_connect) && wants(SYS_socket) && wants(SYS_openat));
	ck_assert(!wants(SYS_open) && !wants(SYS_read) && !f.interest.tracepoints);
	ck_assert(passes("SOCKET_CONNECT_X", NULL, 0));
	ck_assert(!passes("SYSCALL_READ_X", NULL, 0));
	ck_assert_int_eq(parse("{\"categories\":[\"process\"]}"), 0);
	ck_assert(wants(SYS_execve) && wants(SYS_clone3) && f.interest.tracepoints);
	ck_assert(passes("PROCEXIT_1_E", NULL, 0));
	ck_assert_int_eq(parse("{\"categories\":[\"wait\"]}"), 0);
	ck_assert(wants(SYS_epoll_wait) && !wants(SYS_execve));
	/* without an event of its own */
	ck_assert_int_eq(parse("{\"categories\":[\"other\"]}"), 0);
	ck_assert(wants(SYS_fsync) && !wants(SYS_openat));
}
END_TEST

/* Each that the hint names is one, and together they are all. */
START_TEST(the_hint_names_every_category)
{
	struct fcd_filter all;
	char *name, *rest;

	ck_assert_int_eq(parse("{\"categories\":[\"zzzzzzzz\"]}"), -EINVAL);
	rest = strdup(err.hint + strlen("known: "));
	fcd_filter_none(&all);
	for (char *at = rest; (name = strtok(at, ", ")); at = NULL)
		ck_assert_msg(fcd_filter_add_category(&all, name, NULL, 0) == 0, "%s", name);
	free(rest);
	fcd_filter_all(&f);
	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (fcd_syscall_by_nr(nr))
			ck_assert_msg(all.interest.syscalls[nr / 64] >> nr % 64 & 1, "%u", nr);
	ck_assert_uint_eq(all.interest.tracepoints, f.interest.tracepoints);
}
END_TEST

START_TEST(what_keeps_the_table_is_captured_but_does_not_pass)
{
	ck_assert_int_eq(parse("{\"syscalls\":[\"close\"],\"uids\":[33]}"), 0);
	ck_assert(fcd_filter_needs_processes(&f));
	ck_assert(wants(SYS_execve) && wants(SYS_clone) && wants(SYS_clone3) && wants(SYS_vfork));
	ck_assert(wants(SYS_setresuid) && wants(SYS_prctl) && f.interest.tracepoints);
	ck_assert(!wants(SYS_read));
	made_begin(&m, "SYSCALL_EXECVE_19_X", P + 1);
	ck_assert(!fcd_filter_pass(&f, made_end(&m), t));
	made_begin(&m, "GENERIC_X", P + 1);
	made_bytes(&m, "nativeID", &(uint16_t){ SYS_unshare }, 2);
	ck_assert(!fcd_filter_pass(&f, made_end(&m), t));
	ck_assert_int_eq(parse("{\"syscalls\":[\"close\"],\"failed\":true}"), 0);
	ck_assert(!fcd_filter_needs_processes(&f));
	ck_assert(!wants(SYS_execve));
}
END_TEST

static const struct {
	const char *filter, *code, *text, *hint;
} bad[] = {
	{ "[]", "bad_request", "$: expected an object", "" },
	{ "{\"pid\":[1]}", "bad_request", "$.pid: unknown key", "did you mean \"pids\"?" },
	{ "{\"zzzzzz\":1}", "bad_request", "$.zzzzzz: unknown key",
	  "failed, syscalls, categories, pids, comms, uids, cgroups, containers" },
	{ "{\"pids\":[0]}", "bad_request", "$.pids[0]: expected an integer from 1", "" },
	{ "{\"pids\":[1,\"2\"]}", "bad_request", "$.pids[1]: expected an integer", "" },
	{ "{\"pids\":[4194305]}", "bad_request", "$.pids[0]: expected", "to 4194304" },
	{ "{\"pids\":7}", "bad_request", "$.pids: expected an array of numbers, got 7", "" },
	{ "{\"pids\":[]}", "bad_request", "$.pids: no process is named", "leave \"pids\" out" },
	{ "{\"uids\":[-1]}", "bad_request", "$.uids[0]: expected an integer from 0", "" },
	{ "{\"uids\":[\"no-such-user\"]}", "unknown_user",
	  "$.uids[0]: no user of /etc/passwd is called \"no-such-user\"", "id -u" },
	{ "{\"comms\":[\"\"]}", "bad_request", "$.comms[0]: expected a string that is not", "" },
	{ "{\"comms\":[\"a\",1]}", "bad_request", "$.comms[1]: expected a string, got 1", "" },
	{ "{\"cgroups\":[\"system.slice\"]}", "bad_request",
	  "$.cgroups[0]: expected a path that begins with /", "" },
	{ "{\"containers\":[7]}", "bad_request", "$.containers[0]: expected a string", "" },
	{ "{\"failed\":1}", "bad_request", "$.failed: expected true or false, got 1", "" },
	{ "{\"categories\":[\"nett\"]}", "unknown_category",
	  "$.categories[0]: no category is called \"nett\"", "did you mean \"net\"?" },
	{ "{\"syscalls\":[\"openatt\"]}", "unknown_syscall", "$.syscalls[0]: no system call is",
	  "did you mean \"openat\"?" },
};

START_TEST(what_is_wrong_is_said_with_place_and_hint)
{
	ck_assert_int_eq(parse(bad[_i].filter), -EINVAL);
	ck_assert_str_eq(code, bad[_i].code);
	ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.hint, bad[_i].hint) != NULL, "%s", err.hint);
}
END_TEST

START_TEST(the_values_of_a_key_have_a_limit)
{
	char text[1024] = "{\"pids\":[1";

	for (int i = 1; i < FCD_FILTER_VALUES_MAX; i++)
		strcat(text, ",1");
	strcat(text, "]}");
	ck_assert_int_eq(parse(text), 0);
	strcpy(text + strlen(text) - 2, ",1]}");
	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "$.pids[64]: more than 64 values"));
}
END_TEST

TCase *tests(void)
{
	TCase *c = tcase_create("process filter");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, events_pass_by_properties_of_their_process);
	tcase_add_test(c, a_pid_stands_for_the_tree_below_it);
	tcase_add_test(c, failed_lets_only_errors_pass);
	tcase_add_test(c, categories_are_sets_of_calls);
	tcase_add_test(c, the_hint_names_every_category);
	tcase_add_test(c, what_keeps_the_table_is_captured_but_does_not_pass);
	tcase_add_loop_test(c, what_is_wrong_is_said_with_place_and_hint, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(c, the_values_of_a_key_have_a_limit);
	return c;
}
