// SPDX-License-Identifier: MIT
/* The plugin as a whole, with the daemon played by the test (tests/client/daemon_stub.h). */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "client/plugin/api.h"
#include "tests/client/daemon_stub.h"
#include "tests/tests.h"

#define CLOSE_E	       4
#define CLOSE_X	       5
#define WRITE_X	       9
#define NOTIFICATION_E 280
#define DAY_NS	       86400000000000ULL

static struct stub stub;
static void *object, *state, *handle;
static void **events;
static uint32_t count;
static int32_t rc;

static void *symbol(const char *name)
{
	void *at = dlsym(object, name);

	ck_assert_msg(at != NULL, "%s", name);
	return at;
}

#define CALL(name) ((__typeof__(name) *)symbol(#name))

static void setup(void)
{
	object = dlopen(getenv("PLUGIN"), RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(object != NULL, "%s", dlerror());
	stub_start(&stub);
}

static void teardown(void)
{
	CALL(plugin_close)(state, handle);
	CALL(plugin_destroy)(state);
	stub_stop(&stub);
	dlclose(object);
}

static void init(const char *keys)
{
	char config[512];
	struct fcd_falco_init in = { .config = config };

	snprintf(config, sizeof(config), "{\"socket\":\"%s\"%s}", stub.path, keys);
	state = CALL(plugin_init)(&in, &rc);
	ck_assert_int_eq(rc, FCD_FALCO_SUCCESS);
}

static void *serve(void *arg)
{
	(void)arg;
	stub_accept(&stub);
	stub_answer(&stub, 0);
	return NULL;
}

static void open_plugin(void)
{
	handle = CALL(plugin_open)(state, "", &rc);
	ck_assert_int_eq(rc, FCD_FALCO_SUCCESS);
	ck_assert_ptr_nonnull(handle);
}

/* Open, while a daemon answers. */
static void begin(const char *keys)
{
	pthread_t daemon;

	init(keys);
	ck_assert_int_eq(pthread_create(&daemon, NULL, serve, NULL), 0);
	open_plugin();
	pthread_join(daemon, NULL);
}

static int32_t next(void)
{
	count = 0xcccc;
	return CALL(plugin_next_batch)(state, handle, &count, &events);
}

static struct fcd_event header(uint32_t i)
{
	struct fcd_event e;

	ck_assert_uint_lt(i, count);
	memcpy(&e, events[i], sizeof(e));
	return e;
}

/* Bytes of the event behind its lengths. */
static const char *values(uint32_t i)
{
	return (const char *)events[i] + FCD_EVENT_HEADER + header(i).nparams * 2;
}

static void assert_notice(uint32_t i, const char *id, const char *desc)
{
	struct fcd_event e = header(i);

	ck_assert_uint_eq(e.type, NOTIFICATION_E);
	ck_assert_uint_eq(e.nparams, 2);
	ck_assert_uint_eq(e.tid, UINT64_MAX);
	ck_assert_uint_eq(e.bytes, FCD_EVENT_HEADER + 4 + strlen(id) + 1 + strlen(desc) + 1);
	ck_assert_str_eq(values(i), id);
	ck_assert_str_eq(values(i) + strlen(id) + 1, desc);
}

static uint64_t metric(const char *name)
{
	uint32_t n, i;
	const struct fcd_falco_metric *m = CALL(plugin_get_metrics)(state, &n);

	for (i = 0; i < n; i++)
		if (!strcmp(m[i].name, name))
			return m[i].value;
	ck_abort_msg("no metric %s", name);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Publish write(3, data) = len of them at a time; its fixed widths are those of the table. */
static void put_write(uint64_t ts_ns, const char *data, uint16_t len, uint16_t res_len)
{
	uint64_t record[64] = { 0 };
	struct fcd_envelope *e = (void *)record;
	uint8_t *at = (uint8_t *)(e + 1);
	const uint16_t lens[4] = { res_len, len, 8, 4 };
	struct fcd_event h = { .tid = 4242, .type = WRITE_X, .nparams = 4 };

	h.bytes = FCD_EVENT_HEADER + sizeof(lens) + res_len + len + 12u;
	memcpy(at, &h, sizeof(h));
	memcpy(at + FCD_EVENT_HEADER, lens, sizeof(lens));
	memcpy(at + FCD_EVENT_HEADER + sizeof(lens) + res_len, data, len);
	at[FCD_EVENT_HEADER + sizeof(lens) + res_len + len] = 3;
	*e = (struct fcd_envelope){ .bytes = sizeof(*e) + h.bytes, .kind = FCD_EVENT };
	fcd_cast_event(stub.cast, e, e->bytes, ts_ns, 0);
}

/* ---- */

START_TEST(falco_is_told_what_it_wants_to_know)
{
	static const char *const texts[] = { "plugin_get_version", "plugin_get_name",
					     "plugin_get_description", "plugin_get_contact" };
	int32_t type = 0;

	ck_assert_str_eq(CALL(plugin_get_required_api_version)(), "3.0.0");
	ck_assert_str_eq(CALL(plugin_get_name)(), "falco_capture");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_str_ne(((const char *(*)(void))symbol(texts[i]))(), "");
	ck_assert_ptr_nonnull(CALL(plugin_get_init_schema)(&type));
	ck_assert_int_eq(type, 1);
	/* Neither: that makes it a source of system calls. */
	ck_assert_ptr_null(dlsym(object, "plugin_get_id"));
	ck_assert_ptr_null(dlsym(object, "plugin_get_event_source"));
	handle = state = NULL;
}
END_TEST

START_TEST(a_wrong_configuration_has_words)
{
	struct fcd_falco_init in = { .config = "{\"shema\":4}" };

	handle = NULL;
	state = CALL(plugin_init)(&in, &rc);
	ck_assert_int_eq(rc, FCD_FALCO_FAILURE);
	ck_assert_ptr_nonnull(state);
	ck_assert_str_eq(CALL(plugin_get_last_error)(state),
			 "unknown key \"shema\"; did you mean \"schema\"?");
}
END_TEST

START_TEST(what_the_daemon_published_comes_in_order)
{
	begin("");
	ck_assert_ptr_nonnull(strstr(stub_received(&stub), "\"procexit\""));
	ck_assert_uint_eq(metric("connected"), 1);
	for (int i = 0; i < 1000; i++)
		stub_close_call(&stub, i);
	stub_publish(&stub);
	for (int i = 0; i < 1000;) {
		ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
		for (uint32_t k = 0; k < count; k++, i++) {
			int64_t fd;

			ck_assert_uint_eq(header(k).type, CLOSE_X);
			ck_assert_uint_eq(header(k).tid, 4242);
			memcpy(&fd, values(k) + 8, sizeof(fd));
			ck_assert_int_eq(fd, i);
		}
	}
	ck_assert_int_eq(next(), FCD_FALCO_TIMEOUT);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(metric("events"), 1000);
}
END_TEST

START_TEST(without_a_daemon_it_says_so_once_and_finds_the_next)
{
	stub_stop(&stub);
	init("");
	open_plugin();
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 1);
	assert_notice(0, "falco_capture.disconnected",
		      "there is no daemon; nothing is seen until there is one");
	ck_assert_int_eq(next(), FCD_FALCO_TIMEOUT);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(metric("connected"), 0);
	stub_start(&stub);
}
END_TEST

START_TEST(a_daemon_that_goes_is_two_notices)
{
	begin("");
	stub_close_call(&stub, 7);
	stub_publish(&stub);
	close(stub.conn);
	stub.conn = -1;
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(header(0).type, CLOSE_X);
	assert_notice(1, "falco_capture.disconnected",
		      "there is no daemon; nothing is seen until there is one");
	ck_assert_uint_eq(metric("connected"), 0);
	while (next() == FCD_FALCO_TIMEOUT && stub.conn < 0)
		serve(NULL);
	while (!count)
		next();
	assert_notice(0, "falco_capture.reconnected",
		      "the daemon is there; what happened meanwhile is not known");
	ck_assert_uint_eq(metric("connected"), 1);
	ck_assert_uint_eq(metric("reconnects"), 1);
}
END_TEST

static void *refuse(void *arg)
{
	(void)arg;
	stub_accept(&stub);
	stub_send(&stub, "{\"ok\":false,\"code\":\"denied\",\"error\":\"no\",\"hint\":\"ask\"}\n",
		  NULL, 0);
	return NULL;
}

START_TEST(a_refusal_is_told_in_the_daemons_words_and_asked_again)
{
	pthread_t daemon;

	init("");
	ck_assert_int_eq(pthread_create(&daemon, NULL, refuse, NULL), 0);
	open_plugin();
	pthread_join(daemon, NULL);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 2);
	assert_notice(0, "falco_capture.refused", "the daemon refused: no (ask)");
	ck_assert_int_eq(pthread_create(&daemon, NULL, serve, NULL), 0);
	while (next() == FCD_FALCO_TIMEOUT)
		;
	pthread_join(daemon, NULL);
	assert_notice(0, "falco_capture.reconnected",
		      "the daemon is there; what happened meanwhile is not known");
}
END_TEST

START_TEST(losses_are_told_by_cause_with_their_number)
{
	begin("");
	stub_close_call(&stub, 1);
	fcd_cast_gap(stub.cast, FCD_LOSS_RING_FULL, 100, now_ns());
	stub_close_call(&stub, 2);
	fcd_cast_gap(stub.cast, FCD_LOSS_RING_FULL, 23, now_ns());
	fcd_cast_gap(stub.cast, FCD_LOSS_TOO_BIG, 1, now_ns());
	stub_publish(&stub);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(header(0).type, CLOSE_X);
	assert_notice(1, "falco_capture.lost", "123 events lost: ring_full");
	ck_assert_uint_eq(header(2).type, CLOSE_X);
	assert_notice(3, "falco_capture.lost", "1 event lost: too_big");
	ck_assert_uint_eq(metric("lost.ring_full"), 123);
	ck_assert_uint_eq(metric("lost.too_big"), 1);
	ck_assert_uint_eq(metric("events"), 2);
}
END_TEST

START_TEST(an_event_from_the_future_is_of_now)
{
	uint64_t past = now_ns() - DAY_NS;

	begin(",\"syscalls\":[\"write\"]");
	put_write(now_ns() + DAY_NS, "abc", 3, 8);
	put_write(UINT64_MAX, "abc", 3, 8);
	put_write(past, "abc", 3, 8);
	stub_publish(&stub);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_le(header(0).ts_ns, now_ns() + 1000000000);
	ck_assert_uint_le(header(1).ts_ns, now_ns() + 1000000000);
	ck_assert_uint_gt(header(1).ts_ns, past);
	ck_assert_uint_eq(header(2).ts_ns, past);
	ck_assert_uint_eq(metric("clamped"), 2);
}
END_TEST

START_TEST(a_malformed_event_is_told_and_not_passed_on)
{
	begin(",\"syscalls\":[\"write\"]");
	put_write(now_ns(), "abc", 3, 4);
	put_write(now_ns(), "abc", 3, 8);
	put_write(now_ns(), "abc", 3, 9);
	stub_publish(&stub);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 2);
	assert_notice(0, "falco_capture.malformed", "2 events refused: malformed");
	ck_assert_uint_eq(header(1).type, WRITE_X);
	ck_assert_uint_eq(metric("malformed"), 2);
}
END_TEST

START_TEST(data_are_cut_to_the_snap_length)
{
	uint16_t len;

	begin(",\"syscalls\":[\"write\"],\"snaplen\":4");
	put_write(now_ns(), "abcdef", 6, 8);
	put_write(now_ns(), "abcd", 4, 8);
	stub_publish(&stub);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		memcpy(&len, (char *)events[i] + FCD_EVENT_HEADER + 2, sizeof(len));
		ck_assert_uint_eq(len, 4);
		ck_assert_uint_eq(header(i).bytes, FCD_EVENT_HEADER + 8 + 8 + 4 + 12);
		ck_assert_mem_eq(values(i) + 8, "abcd\3", 5);
	}
}
END_TEST

START_TEST(an_old_falco_gets_the_entry_before_the_exit)
{
	begin(",\"schema\":3");
	stub_close_call(&stub, 7);
	stub_close_call(&stub, 8);
	stub_publish(&stub);
	ck_assert_int_eq(next(), FCD_FALCO_SUCCESS);
	ck_assert_uint_eq(count, 4);
	for (uint32_t i = 0; i < 4; i += 2) {
		ck_assert_uint_eq(header(i).type, CLOSE_E);
		ck_assert_uint_eq(header(i + 1).type, CLOSE_X);
		ck_assert_uint_eq(header(i).tid, header(i + 1).tid);
		ck_assert_uint_eq(header(i).ts_ns, header(i + 1).ts_ns);
		ck_assert_int_eq(values(i)[0], 7 + (int)i / 2);
	}
}
END_TEST

static void on_alarm(int number)
{
	(void)number;
}

/* Without it the wait would take 100 ms; the timer fires once, in the first one. */
START_TEST(a_signal_ends_the_wait)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	struct itimerval left;

	begin("");
	next();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	ck_assert_int_eq(next(), FCD_FALCO_TIMEOUT);
	ck_assert_uint_eq(count, 0);
	getitimer(ITIMER_REAL, &left);
	ck_assert_int_eq(left.it_value.tv_usec, 0);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("plugin");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 20);
	tcase_add_test(t, falco_is_told_what_it_wants_to_know);
	tcase_add_test(t, a_wrong_configuration_has_words);
	tcase_add_test(t, what_the_daemon_published_comes_in_order);
	tcase_add_test(t, without_a_daemon_it_says_so_once_and_finds_the_next);
	tcase_add_test(t, a_daemon_that_goes_is_two_notices);
	tcase_add_test(t, a_refusal_is_told_in_the_daemons_words_and_asked_again);
	tcase_add_test(t, losses_are_told_by_cause_with_their_number);
	tcase_add_test(t, an_event_from_the_future_is_of_now);
	tcase_add_test(t, a_malformed_event_is_told_and_not_passed_on);
	tcase_add_test(t, data_are_cut_to_the_snap_length);
	tcase_add_test(t, an_old_falco_gets_the_entry_before_the_exit);
	tcase_add_test(t, a_signal_ends_the_wait);
	return t;
}
