// SPDX-License-Identifier: MIT
/* FCD_CLIENT_RECONNECT: one daemon ends, another begins. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/client/daemon_stub.h"
#include "tests/tests.h"

static struct stub stub;
static struct fcd_client *client;

static void setup(void)
{
	stub_start(&stub);
	client = stub_subscribe_with(&stub, "{\"syscalls\":[\"close\"]}", 0, FCD_CLIENT_RECONNECT);
	stub_received(&stub);
}

static void teardown(void)
{
	fcd_client_close(client);
	stub_stop(&stub);
}

static int next(const struct fcd_envelope **r)
{
	return fcd_client_next(client, r, 0);
}

static void hang_up(void)
{
	close(stub.conn);
	stub.conn = -1;
}

/* Wait as a foreign loop does, until the client has asked again. */
static void accept_again(void)
{
	struct pollfd p[] = { { .fd = fcd_client_fd(client), .events = POLLIN },
			      { .fd = stub.listener, .events = POLLIN } };
	const struct fcd_envelope *r;

	while (!p[1].revents) {
		ck_assert_int_eq(next(&r), 0);
		ck_assert_int_eq(fcd_client_is_connected(client), 0);
		ck_assert_int_ge(poll(p, 2, -1), 1);
	}
	stub_accept(&stub);
	ck_assert_str_eq(stub_received(&stub),
			 "{\"op\":\"subscribe\",\"format\":\"shm\",\"wire\":2,"
			 "\"filter\":{\"syscalls\":[\"close\"]}}\n");
}

static void new_ring(uint64_t events)
{
	fcd_cast_free(stub.cast);
	ck_assert_int_eq(fcd_cast_new(&stub.cast, STUB_RING_BYTES, STUB_RING_BYTES), 0);
	while (events--)
		stub_close_call(&stub, 0);
	fcd_cast_publish(stub.cast);
}

static void assert_restart(int timeout_ms, uint64_t seq)
{
	const struct fcd_envelope *r;
	const struct fcd_gap *gap;

	ck_assert_int_eq(fcd_client_next(client, &r, timeout_ms), 1);
	gap = (const struct fcd_gap *)(r + 1);
	ck_assert_uint_eq(r->kind, FCD_GAP);
	ck_assert_uint_eq(r->bytes, sizeof(*r) + sizeof(*gap));
	ck_assert_uint_eq(r->seq, seq);
	ck_assert_uint_eq(gap->cause, FCD_LOSS_RESTART);
	ck_assert_uint_eq(gap->lost, 0);
}

START_TEST(hole_is_told_between_the_events_of_both_daemons)
{
	const struct fcd_envelope *r;

	stub_close_call(&stub, 3);
	fcd_cast_publish(stub.cast);
	hang_up();
	ck_assert_int_eq(next(&r), 1);
	ck_assert_uint_eq(r->seq, 0);
	accept_again();
	new_ring(9);
	stub_answer(&stub, 7);
	assert_restart(0, 7);
	ck_assert_int_eq(fcd_client_is_connected(client), 1);
	ck_assert_str_eq(fcd_client_reply(client), "{\"ok\":true,\"seq\":7}");
	ck_assert_int_eq(next(&r), 1);
	ck_assert_uint_eq(r->seq, 7);
	ck_assert_int_eq(next(&r), 1);
	ck_assert_int_eq(next(&r), 0);
}
END_TEST

/* epoll knows what a descriptor stood for, not its number. */
START_TEST(foreign_epoll_needs_no_second_registration)
{
	int loop = epoll_create1(EPOLL_CLOEXEC), fd = fcd_client_fd(client);
	struct epoll_event event = { .events = EPOLLIN };
	const struct fcd_envelope *r;

	ck_assert_int_eq(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(next(&r), 0);
	ck_assert_int_eq(epoll_wait(loop, &event, 1, 0), 0);
	hang_up();
	ck_assert_int_eq(epoll_wait(loop, &event, 1, 0), 1);
	ck_assert_int_eq(next(&r), 0);
	ck_assert_int_eq(epoll_wait(loop, &event, 1, -1), 1);
	ck_assert_int_eq(next(&r), 0);
	stub_accept(&stub);
	stub_answer(&stub, 0);
	ck_assert_int_eq(epoll_wait(loop, &event, 1, 0), 1);
	assert_restart(0, 0);
	ck_assert_int_eq(next(&r), 0);
	ck_assert_int_eq(epoll_wait(loop, &event, 1, 0), 0);
	stub_close_call(&stub, 3);
	stub_publish(&stub);
	ck_assert_int_eq(epoll_wait(loop, &event, 1, 0), 1);
	ck_assert_int_eq(next(&r), 1);
	ck_assert_int_eq(fcd_client_fd(client), fd);
	close(loop);
}
END_TEST

static const char *const no_answers[] = {
	"",
	"{\"ok\":tr",
	"{\"ok\":true}\n",
	"{\"ok\":false,\"code\":\"stopping\",\"error\":\"it ends\"}\n",
	"{\"ok\":false,\"code\":\"too_many_clients\",\"error\":\"full\"}\n",
	"HTTP/1.1 400 Bad Request\n",
};

START_TEST(attempt_that_fails_is_repeated)
{
	hang_up();
	accept_again();
	if (no_answers[_i][0])
		stub_send(&stub, no_answers[_i], NULL, 0);
	hang_up();
	accept_again();
	stub_answer(&stub, 0);
	assert_restart(0, 0);
}
END_TEST

START_TEST(answer_may_come_in_pieces)
{
	const struct fcd_envelope *r;

	hang_up();
	accept_again();
	stub_send(&stub, "{\"ok\":false,\"code\":", NULL, 0);
	ck_assert_int_eq(next(&r), 0);
	stub_send(&stub, "\"stopping\",\"error\":\"\"}\n", NULL, 0);
	ck_assert_int_eq(next(&r), 0);
	accept_again();
}
END_TEST

START_TEST(refusal_for_good_ends_it_and_says_why)
{
	const char *why = "{\"ok\":false,\"code\":\"forbidden\",\"error\":\"no\"}";
	const struct fcd_envelope *r;

	hang_up();
	accept_again();
	stub_send(&stub, why, NULL, 0);
	stub_send(&stub, "\n", NULL, 0);
	ck_assert_int_eq(next(&r), -EREMOTEIO);
	ck_assert_str_eq(fcd_client_reply(client), why);
	ck_assert_int_eq(fcd_client_next(client, &r, -1), -EREMOTEIO);
}
END_TEST

START_TEST(socket_that_is_away_for_a_while_is_found_again)
{
	struct pollfd p = { .fd = fcd_client_fd(client), .events = POLLIN };
	char away[sizeof(stub.path) + 8];
	const struct fcd_envelope *r;
	int i;

	snprintf(away, sizeof(away), "%s.away", stub.path);
	ck_assert_int_eq(rename(stub.path, away), 0);
	hang_up();
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(next(&r), 0);
		ck_assert_int_eq(poll(&p, 1, -1), 1);
	}
	ck_assert_int_eq(rename(away, stub.path), 0);
	accept_again();
	stub_answer(&stub, 0);
	assert_restart(0, 0);
}
END_TEST

static void *serve_again(void *arg)
{
	(void)arg;
	stub_accept(&stub);
	stub_answer(&stub, 0);
	return NULL;
}

START_TEST(waiting_goes_on_until_the_next_daemon)
{
	pthread_t thread;

	hang_up();
	ck_assert_int_eq(pthread_create(&thread, NULL, serve_again, NULL), 0);
	assert_restart(-1, 0);
	pthread_join(thread, NULL);
}
END_TEST

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

START_TEST(nothing_of_the_daemon_before_is_kept)
{
	int before = open_fds(), i;

	for (i = 0; i < 3; i++) {
		hang_up();
		accept_again();
		stub_answer(&stub, 0);
		assert_restart(0, 0);
		ck_assert_int_eq(open_fds(), before);
	}
}
END_TEST

START_TEST(unknown_flag_is_refused)
{
	struct fcd_client *c = stub_connect(&stub);
	struct fcd_client_error err;

	ck_assert_int_eq(fcd_client_subscribe(c, NULL, 0x80, &err), -EINVAL);
	ck_assert_str_eq(err.text, "unknown flags 0x80");
	fcd_client_close(c);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("reconnect");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, hole_is_told_between_the_events_of_both_daemons);
	tcase_add_test(t, foreign_epoll_needs_no_second_registration);
	tcase_add_loop_test(t, attempt_that_fails_is_repeated, 0,
			    sizeof(no_answers) / sizeof(no_answers[0]));
	tcase_add_test(t, answer_may_come_in_pieces);
	tcase_add_test(t, refusal_for_good_ends_it_and_says_why);
	tcase_add_test(t, socket_that_is_away_for_a_while_is_found_again);
	tcase_add_test(t, waiting_goes_on_until_the_next_daemon);
	tcase_add_test(t, nothing_of_the_daemon_before_is_kept);
	tcase_add_test(t, unknown_flag_is_refused);
	return t;
}
