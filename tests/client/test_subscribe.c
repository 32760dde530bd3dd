// SPDX-License-Identifier: MIT
/* A subscription, against a ring that the daemon's own writer fills. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/client/daemon_stub.h"
#include "tests/tests.h"

static struct stub stub;
static struct fcd_client_error err;

static void setup(void)
{
	stub_start(&stub);
}

static void teardown(void)
{
	stub_stop(&stub);
}

static void assert_next_is(struct fcd_client *c, uint64_t seq)
{
	const struct fcd_envelope *r;

	ck_assert_int_eq(fcd_client_next(c, &r, 0), 1);
	ck_assert_uint_eq(r->kind, FCD_EVENT);
	ck_assert_uint_eq(r->seq, seq);
}

static void assert_none(struct fcd_client *c)
{
	const struct fcd_envelope *r;

	ck_assert_int_eq(fcd_client_next(c, &r, 0), 0);
}

/* ---- the request ---- */

START_TEST(subscription_sends_its_filter)
{
	struct fcd_client *c = stub_subscribe(&stub, "{ \"syscalls\": [\"close\", \"kill\"] }", 0);

	ck_assert_str_eq(stub_received(&stub),
			 "{\"op\":\"subscribe\",\"format\":\"shm\","
			 "\"wire\":2,\"filter\":{\"syscalls\":[\"close\",\"kill\"]}}\n");
	ck_assert_str_eq(fcd_client_reply(c), "{\"ok\":true,\"seq\":0}");
	fcd_client_close(c);
}
END_TEST

START_TEST(subscription_to_everything_has_no_filter)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);

	ck_assert_str_eq(stub_received(&stub),
			 "{\"op\":\"subscribe\",\"format\":\"shm\",\"wire\":2}\n");
	fcd_client_close(c);
}
END_TEST

static const struct {
	const char *filter;
	const char *says;
} wrong_filters[] = {
	{ "{\"syscalls\":[\"opnat\"]}", "did you mean \"openat\"?" },
	{ "{\"syscalls\":[\"zzzzzzzz\"]}", "no system call is called \"zzzzzzzz\"" },
	{ "{\"syscalls\":[7]}", "filter.syscalls[0]: expected a string, got 7" },
	{ "{\"syscalls\":\"openat\"}", "filter.syscalls: expected an array of names" },
	{ "{\"syscals\":[]}", "filter.syscals: unknown key (did you mean \"syscalls\"?)" },
	{ "[]", "filter: expected an object" },
	{ "{", "filter: " },
	{ "{\"syscalls\":[],\"syscalls\":[]}", "duplicate" },
};

START_TEST(wrong_filter_is_refused_before_it_is_sent)
{
	struct fcd_client *c = stub_connect(&stub);
	char byte;

	ck_assert_int_eq(fcd_client_subscribe(c, wrong_filters[_i].filter, 0, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, wrong_filters[_i].says) != NULL, "%s", err.text);
	ck_assert_int_lt(recv(stub.conn, &byte, 1, MSG_DONTWAIT), 0);
	fcd_client_close(c);
}
END_TEST

START_TEST(calls_out_of_order_are_refused)
{
	struct fcd_client *c = stub_connect(&stub);
	const struct fcd_envelope *r;
	char *reply;

	ck_assert_int_eq(fcd_client_next(c, &r, 0), -ENOTCONN);
	ck_assert_ptr_null(fcd_client_reply(c));
	fcd_client_close(c);
	c = stub_subscribe(&stub, NULL, 0);
	ck_assert_int_eq(fcd_client_subscribe(c, NULL, 0, &err), -EISCONN);
	ck_assert_int_eq(fcd_client_request(c, "{}", &reply, &err), -EISCONN);
	fcd_client_close(c);
}
END_TEST

/* ---- processes ---- */

/* Elsewhere /proc numbers processes in its own way, and is not read. */
static bool is_initial_namespace(void)
{
	char name[64] = "";

	return readlink("/proc/self/ns/pid", name, sizeof(name) - 1) > 0 &&
	       !strcmp(name, "pid:[4026531836]");
}

START_TEST(process_is_what_it_says_of_itself)
{
	struct fcd_client *c = stub_subscribe_with(&stub, NULL, 0, FCD_CLIENT_PROCESSES);
	struct fcd_client_process me = { .size = sizeof(me) };
	int ret = fcd_client_process(c, getpid(), &me);
	char comm[16];

	ck_assert_str_eq(stub_received(&stub), "{\"op\":\"subscribe\",\"format\":\"shm\","
					       "\"wire\":2,\"processes\":true}\n");
	ck_assert_int_eq(ret, is_initial_namespace() ? 0 : -ESRCH);
	if (!ret) {
		prctl(PR_GET_NAME, comm);
		ck_assert_str_eq(me.comm, comm);
		ck_assert_uint_eq(me.pid, getpid());
		ck_assert_uint_eq(me.ppid, getppid());
		ck_assert_uint_eq(me.uid, geteuid());
		ck_assert_uint_eq(me.size, sizeof(me));
	}
	fcd_client_close(c);
}
END_TEST

START_TEST(process_of_another_version_is_filled_as_far_as_it_is_known)
{
	struct fcd_client *c = stub_subscribe_with(&stub, NULL, 0, FCD_CLIENT_PROCESSES);
	struct {
		struct fcd_client_process known;
		uint64_t later;
	} p = { .known = { .size = sizeof(p) }, .later = 1 };

	if (is_initial_namespace()) {
		ck_assert_int_eq(fcd_client_process(c, getpid(), &p.known), 0);
		ck_assert_uint_eq(p.later, 0);
	}
	p.known.size = sizeof(p.known) - 1;
	ck_assert_int_eq(fcd_client_process(c, getpid(), &p.known), -EINVAL);
	fcd_client_close(c);
}
END_TEST

START_TEST(without_a_table_no_process_is_known)
{
	struct fcd_client_process me = { .size = sizeof(me) };
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);

	ck_assert_int_eq(fcd_client_process(c, getpid(), &me), -ESRCH);
	fcd_client_close(c);
}
END_TEST

/* ---- the descriptors of the reply ---- */

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int subscribe_with(const char *reply, const int *fds, int count)
{
	struct fcd_client *c = stub_connect(&stub);
	int before = open_fds(), ret;

	stub_send(&stub, reply, fds, count);
	ret = fcd_client_subscribe(c, NULL, 0, &err);
	/* Mapped or refused, none is needed any more. */
	ck_assert_int_eq(open_fds(), before);
	fcd_client_close(c);
	return ret;
}

START_TEST(reply_needs_two_descriptors_and_keeps_none_of_others)
{
	const char *ok = "{\"ok\":true,\"seq\":0}\n";
	int page = stub_memfd(sizeof(struct fcd_sub_page), F_SEAL_SHRINK);
	int fds[] = { fcd_cast_fd(stub.cast), page, page, page, page, page };

	ck_assert_int_eq(subscribe_with(ok, NULL, 0), -EPROTO);
	ck_assert_int_eq(subscribe_with(ok, fds, 1), -EPROTO);
	ck_assert_int_eq(subscribe_with("{\"ok\":true}\n", fds, 2), -EPROTO);
	ck_assert_int_eq(subscribe_with("{\"ok\":true,\"seq\":-1}\n", fds, 2), -EPROTO);
	ck_assert_int_eq(subscribe_with("{\"ok\":false,\"error\":\"no\"}\n", fds, 2), -EREMOTEIO);
	ck_assert_int_eq(subscribe_with(ok, fds, 4), 0);
	ck_assert_int_eq(subscribe_with(ok, fds, 6), 0);
	close(page);
}
END_TEST

START_TEST(page_that_could_shrink_is_refused)
{
	const char *ok = "{\"ok\":true,\"seq\":0}\n";
	int fds[] = { fcd_cast_fd(stub.cast), -1 };

	fds[1] = stub_memfd(sizeof(struct fcd_sub_page), F_SEAL_GROW);
	ck_assert_int_eq(subscribe_with(ok, fds, 2), -EPROTO);
	close(fds[1]);
	fds[1] = stub_memfd(sizeof(struct fcd_sub_page) - 1, F_SEAL_SHRINK);
	ck_assert_int_eq(subscribe_with(ok, fds, 2), -EPROTO);
	close(fds[1]);
	fds[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(subscribe_with(ok, fds, 2), -EPROTO);
	close(fds[1]);
}
END_TEST

/* ---- next ---- */

START_TEST(reading_starts_at_the_replys_number)
{
	struct fcd_client *c;
	int i;

	for (i = 0; i < 5; i++)
		stub_close_call(&stub, i);
	fcd_cast_publish(stub.cast);
	c = stub_subscribe(&stub, NULL, 3);
	assert_next_is(c, 3);
	assert_next_is(c, 4);
	assert_none(c);
	fcd_client_close(c);
}
END_TEST

START_TEST(unwanted_events_are_passed_over_and_counted)
{
	struct fcd_client *c = stub_subscribe(&stub, "{\"syscalls\":[\"read\"]}", 0);

	stub_close_call(&stub, 3);
	stub_close_call(&stub, 4);
	stub_publish(&stub);
	assert_none(c);
	ck_assert_uint_eq(stub_books(&stub)->filtered, 2);
	ck_assert_uint_eq(stub_books(&stub)->delivered, 0);
	fcd_client_close(c);
}
END_TEST

START_TEST(wanted_events_are_delivered_and_counted)
{
	struct fcd_client *c = stub_subscribe(&stub, "{\"syscalls\":[\"close\"]}", 0);

	stub_close_call(&stub, 3);
	stub_close_call(&stub, 4);
	stub_publish(&stub);
	assert_next_is(c, 0);
	assert_next_is(c, 1);
	assert_none(c);
	ck_assert_uint_eq(stub_books(&stub)->delivered, 2);
	ck_assert_uint_eq(stub_books(&stub)->filtered, 0);
	fcd_client_close(c);
}
END_TEST

START_TEST(gap_comes_in_its_place_whatever_the_filter)
{
	struct fcd_client *c = stub_subscribe(&stub, "{\"syscalls\":[\"close\"]}", 0);
	const struct fcd_envelope *r;
	const struct fcd_gap *gap;

	stub_close_call(&stub, 3);
	fcd_cast_gap(stub.cast, FCD_LOSS_RING_FULL, 1234, 1000000000);
	stub_close_call(&stub, 4);
	stub_publish(&stub);
	assert_next_is(c, 0);
	ck_assert_int_eq(fcd_client_next(c, &r, 0), 1);
	ck_assert_uint_eq(r->kind, FCD_GAP);
	gap = (const struct fcd_gap *)(r + 1);
	ck_assert_uint_eq(gap->lost, 1234);
	ck_assert_uint_eq(gap->cause, FCD_LOSS_RING_FULL);
	assert_next_is(c, 1);
	fcd_client_close(c);
}
END_TEST

START_TEST(slow_reader_accounts_for_every_event)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	const struct fcd_envelope *r;
	uint64_t seen = 0, lost = 0, last = 0;
	int i;

	/* 72 bytes each: several times around the ring. */
	for (i = 0; i < 20000; i++)
		stub_close_call(&stub, i);
	stub_publish(&stub);
	while (fcd_client_next(c, &r, 0) == 1) {
		if (r->kind == FCD_EVENT)
			seen++, last = r->seq;
		else
			lost += ((const struct fcd_gap *)(r + 1))->lost;
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_eq(seen + lost, 20000);
	ck_assert_uint_eq(last, 19999);
	ck_assert_uint_eq(stub_books(&stub)->overrun, lost);
	ck_assert_uint_eq(stub_books(&stub)->delivered, seen);
	fcd_client_close(c);
}
END_TEST

START_TEST(next_gives_up_when_its_time_is_over)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	const struct fcd_envelope *r;

	ck_assert_int_eq(fcd_client_next(c, &r, 20), 0);
	fcd_client_close(c);
}
END_TEST

static void *publish_when_asleep(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stub.page->asleep, __ATOMIC_ACQUIRE))
		sched_yield();
	stub_close_call(&stub, 3);
	stub_publish(&stub);
	return NULL;
}

START_TEST(next_waits_until_it_is_woken)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	const struct fcd_envelope *r;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, publish_when_asleep, NULL), 0);
	ck_assert_int_eq(fcd_client_next(c, &r, -1), 1);
	ck_assert_uint_eq(r->seq, 0);
	pthread_join(thread, NULL);
	fcd_client_close(c);
}
END_TEST

START_TEST(descriptor_serves_a_foreign_loop)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	struct pollfd p = { .fd = fcd_client_fd(c), .events = POLLIN };
	int i;

	for (i = 0; i < 3; i++) {
		assert_none(c);
		ck_assert_int_eq(poll(&p, 1, 0), 0);
		stub_close_call(&stub, i);
		stub_publish(&stub);
		ck_assert_int_eq(poll(&p, 1, 0), 1);
		assert_next_is(c, i);
	}
	fcd_client_close(c);
}
END_TEST

START_TEST(reader_that_reads_is_awake)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);

	assert_none(c);
	ck_assert_uint_eq(stub.page->asleep, 1);
	stub_close_call(&stub, 0);
	fcd_cast_publish(stub.cast);
	assert_next_is(c, 0);
	ck_assert_uint_eq(stub.page->asleep, 0);
	fcd_client_close(c);
}
END_TEST

START_TEST(death_of_the_daemon_comes_after_its_last_event)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	const struct fcd_envelope *r;

	stub_close_call(&stub, 0);
	fcd_cast_publish(stub.cast);
	shutdown(stub.conn, SHUT_RDWR);
	assert_next_is(c, 0);
	ck_assert_int_eq(fcd_client_next(c, &r, -1), -ECONNRESET);
	ck_assert_int_eq(fcd_client_next(c, &r, -1), -ECONNRESET);
	fcd_client_close(c);
}
END_TEST

START_TEST(closed_ring_ends_after_its_last_event)
{
	struct fcd_client *c = stub_subscribe(&stub, NULL, 0);
	const struct fcd_envelope *r;

	stub_close_call(&stub, 0);
	fcd_cast_publish(stub.cast);
	fcd_cast_close(stub.cast);
	assert_next_is(c, 0);
	ck_assert_int_eq(fcd_client_next(c, &r, -1), -ECONNRESET);
	fcd_client_close(c);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("subscribe");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, subscription_sends_its_filter);
	tcase_add_test(t, subscription_to_everything_has_no_filter);
	tcase_add_loop_test(t, wrong_filter_is_refused_before_it_is_sent, 0,
			    sizeof(wrong_filters) / sizeof(wrong_filters[0]));
	tcase_add_test(t, calls_out_of_order_are_refused);
	tcase_add_test(t, process_is_what_it_says_of_itself);
	tcase_add_test(t, process_of_another_version_is_filled_as_far_as_it_is_known);
	tcase_add_test(t, without_a_table_no_process_is_known);
	tcase_add_test(t, reply_needs_two_descriptors_and_keeps_none_of_others);
	tcase_add_test(t, page_that_could_shrink_is_refused);
	tcase_add_test(t, reading_starts_at_the_replys_number);
	tcase_add_test(t, unwanted_events_are_passed_over_and_counted);
	tcase_add_test(t, wanted_events_are_delivered_and_counted);
	tcase_add_test(t, gap_comes_in_its_place_whatever_the_filter);
	tcase_add_test(t, slow_reader_accounts_for_every_event);
	tcase_add_test(t, next_gives_up_when_its_time_is_over);
	tcase_add_test(t, next_waits_until_it_is_woken);
	tcase_add_test(t, descriptor_serves_a_foreign_loop);
	tcase_add_test(t, reader_that_reads_is_awake);
	tcase_add_test(t, death_of_the_daemon_comes_after_its_last_event);
	tcase_add_test(t, closed_ring_ends_after_its_last_event);
	return t;
}
