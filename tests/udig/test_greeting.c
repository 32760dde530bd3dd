// SPDX-License-Identifier: MIT
/* Who may connect, what is said, what a producer is given and told. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/tests.h"
#include "tests/udig/bed.h"

static uint32_t connected(void)
{
	struct fcd_engine_stats stats = { .size = sizeof(stats) };

	ck_assert_int_eq(ops->stats(engine, &stats), 0);
	return stats.attached;
}

static bool engine_has_work(void)
{
	struct pollfd ready = { .fd = ops->poll_fd(engine), .events = POLLIN };

	return poll(&ready, 1, 0) == 1;
}

/* ---- right ---- */

/* Numbers as abi/udig.h and abi/ring.h give them. */
START_TEST(producer_is_given_sealed_memory_that_is_laid_out)
{
	struct producer p = producer_new();
	struct stat st;

	ck_assert_uint_eq(p.welcome.major, 1);
	ck_assert_uint_eq(p.welcome.bytes, 3 * 4096 + RING_BYTES + 65536 + 4096);
	ck_assert_int_eq(fstat(p.memory, &st), 0);
	ck_assert_int_eq(st.st_size, p.welcome.bytes);
	ck_assert_int_eq(fcntl(p.memory, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
	ck_assert_mem_eq(&p.block->magic, "fcdring1", 8);
	ck_assert_uint_eq(p.block->rings, 1);
	ck_assert_uint_eq(p.block->place[0].offset, 3 * 4096);
	ck_assert_uint_eq(p.block->place[0].bytes, RING_BYTES);
	producer_free(&p);
}
END_TEST

START_TEST(connected_producers_are_counted_and_logged)
{
	struct producer p = producer_new(), q = producer_new();
	char line[80];

	snprintf(line, sizeof(line), "producer tester (pid %d, uid %u) connected\n", getpid(),
		 getuid());
	ck_assert_ptr_nonnull(strstr(said, line));
	ck_assert_uint_eq(connected(), 2);
	producer_free(&p);
	look();
	ck_assert_uint_eq(connected(), 1);
	snprintf(line, sizeof(line), "producer tester (pid %d, uid %u) ended\n", getpid(),
		 getuid());
	ck_assert_ptr_nonnull(strstr(said, line));
	producer_free(&q);
}
END_TEST

/* A later minor version of the contract. */
START_TEST(greeting_that_is_longer_is_understood)
{
	struct {
		struct fcd_udig_hello hello;
		uint64_t more;
	} h = { .hello = hello_right() };
	struct producer p = { .fd = producer_connect() };

	h.hello.size = sizeof(h);
	h.hello.minor = 7;
	ck_assert_int_eq(producer_greet(&p, &h, sizeof(h)), 0);
	producer_free(&p);
}
END_TEST

START_TEST(name_of_a_producer_cannot_break_the_log)
{
	struct fcd_udig_hello hello = hello_right();
	struct producer p = { .fd = producer_connect() };

	memset(hello.name, 'x', sizeof(hello.name));
	memcpy(hello.name, "a\n\x1b\xff", 4);
	ck_assert_int_eq(producer_greet(&p, &hello, sizeof(hello)), 0);
	ck_assert_ptr_nonnull(strstr(said, "producer a???xxxxxxxxxxxxxxxxxxxxxxxxxxx (pid "));
	producer_free(&p);
}
END_TEST

/* ---- wrong ---- */

static const struct wrong {
	size_t bytes;	/* of the greeting */
	size_t at;	/* where in it there is another number, */
	uint32_t value; /* and which */
	int status;
	const char *why;
} wrongs[] = {
	{ 3, 0, 48, -EINVAL, "its greeting has 3 bytes, and not the 48" },
	{ 47, 0, 47, -EINVAL, "its greeting has 47 bytes" },
	{ 48, 0, 56, -EINVAL, "its greeting has 48 bytes" },
	{ 64, 0, 48, -EINVAL, "its greeting has 64 bytes" },
	{ 48, 4, 2, -EPROTONOSUPPORT, "it speaks version 2.0 of the producers' protocol" },
	{ 8, 4, 0x10000, -EPROTONOSUPPORT, "it speaks version 0.1 of the producers' protocol" },
	{ 48, 8, 0x050000, -EPROTONOSUPPORT, "its events are of schema 5.0.0, this daemon's" },
};

START_TEST(each_wrong_greeting_is_refused_with_its_reason)
{
	const struct wrong *w = &wrongs[_i];
	struct producer p = { .fd = producer_connect() };
	struct fcd_udig_hello right = hello_right();
	char bytes[64] = { 0 };

	memcpy(bytes, &right, sizeof(right));
	memcpy(bytes + w->at, &w->value, sizeof(w->value));
	ck_assert_int_eq(producer_greet(&p, bytes, w->bytes), w->status);
	ck_assert_msg(!strncmp(p.welcome.text, w->why, strlen(w->why)), "%s", p.welcome.text);
	ck_assert_ptr_nonnull(strstr(said, w->why));
	ck_assert(producer_is_let_go(&p));
	ck_assert_int_eq(ops->rings(engine, NULL, 0, 0), 1);
	ck_assert_uint_eq(connected(), 0);
	close(p.fd);
}
END_TEST

/* What lies unread when a connection is closed would take the answer away from its peer. */
START_TEST(who_is_refused_reads_why_whatever_else_it_said)
{
	struct producer p = { .fd = producer_connect() };
	int i;

	for (i = 0; i < 5; i++)
		ck_assert_int_eq(send(p.fd, "hello", 5, 0), 5);
	ck_assert_int_eq(producer_greet(&p, NULL, 0), -EINVAL);
	ck_assert(producer_is_let_go(&p));
	close(p.fd);
}
END_TEST

/* As while the daemon starts a command. */
START_TEST(who_is_let_go_sees_it_though_a_child_of_ours_has_the_descriptor)
{
	struct producer p = producer_new();
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	ck_assert_int_eq(ops->stop(engine, &err), 0);
	ck_assert(producer_is_let_go(&p));
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	producer_free(&p);
}
END_TEST

START_TEST(producer_too_many_is_refused_until_another_goes)
{
	struct rlimit many = { 4096, 4096 };
	static struct producer p[256];
	struct producer late;
	int i;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &many), 0);
	for (i = 0; i < 256; i++)
		p[i] = producer_new();
	late.fd = producer_connect();
	ck_assert_int_eq(producer_greet(&late, NULL, 0), -EUSERS);
	ck_assert_ptr_nonnull(strstr(late.welcome.text, "256"));
	close(late.fd);
	producer_free(&p[100]);
	look();
	late = producer_new();
	ck_assert_int_eq(ops->rings(engine, NULL, 0, 0), 256);
	for (i = 0; i < 256; i++)
		producer_free(i == 100 ? &late : &p[i]);
}
END_TEST

/* With what a greeting could bring along that blocks whoever closes it. */
START_TEST(descriptors_are_not_taken)
{
	struct fcd_udig_hello hello = hello_right();
	struct producer p = { .fd = producer_connect() };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec data = { &hello, sizeof(hello) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int pipe_fds[2], off = 0;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	memcpy(CMSG_DATA(&control.head), &pipe_fds[1], sizeof(int));
	if (sendmsg(p.fd, &message, 0) < 0) {
		ck_assert_int_eq(errno, EPERM);
		ck_assert_int_eq(producer_greet(&p, &hello, sizeof(hello)), 0);
	} else { /* before Linux 6.16, where nobody can refuse them */
		ck_assert_int_lt(setsockopt(p.fd, SOL_SOCKET, 83, &off, sizeof(off)), 0);
		ck_assert_int_eq(producer_greet(&p, NULL, 0), 0);
	}
	/* Nobody else has it. */
	close(pipe_fds[1]);
	ck_assert_int_eq(read(pipe_fds[0], &off, 1), 0);
	producer_free(&p);
}
END_TEST

START_TEST(who_says_nothing_for_10_s_is_dropped)
{
	struct producer p = { .fd = producer_connect() };

	look();
	clock_ahead_ns += 9 * SECOND;
	ops->woken(engine);
	ck_assert(!producer_is_let_go(&p) && errno == EAGAIN);
	clock_ahead_ns += 2 * SECOND;
	ops->woken(engine);
	ck_assert_int_eq(producer_greet(&p, NULL, 0), -ETIMEDOUT);
	ck_assert(producer_is_let_go(&p));
	close(p.fd);
}
END_TEST

START_TEST(silence_of_a_producer_is_logged_once_and_its_return_too)
{
	struct producer p = producer_new();
	int i;

	p.page->alive_ns = fcd_clock_boot_ns();
	for (i = 0; i < 3; i++) {
		clock_ahead_ns += 2 * SECOND;
		ops->woken(engine);
		ck_assert_int_eq(!!strstr(said, "is silent for 4 s"), i > 0);
	}
	ck_assert_uint_eq(said_lines, 2);
	p.page->alive_ns = fcd_clock_boot_ns();
	clock_ahead_ns += 2 * SECOND;
	ops->woken(engine);
	ops->woken(engine);
	ck_assert_ptr_nonnull(strstr(said, "is back\n"));
	ck_assert_uint_eq(said_lines, 3);
	producer_free(&p);
}
END_TEST

START_TEST(refusals_cannot_fill_the_log)
{
	struct fcd_udig_hello hello = hello_right();
	int i;

	hello.schema = 0;
	for (i = 0; i < 1000; i++) {
		struct producer p = { .fd = producer_connect() };

		ck_assert_int_lt(producer_greet(&p, &hello, sizeof(hello)), 0);
		close(p.fd);
	}
	ck_assert_uint_le(said_lines, 200);
	clock_ahead_ns += SECOND;
	i = producer_connect();
	ck_assert_int_eq(send(i, "", 1, 0), 1);
	look();
	ck_assert_ptr_nonnull(strstr(said, "more lines about producers were left out\n"));
	close(i);
}
END_TEST

/* No descriptor is left for who comes: it waits, and nobody spins meanwhile. */
START_TEST(without_descriptors_a_producer_waits)
{
	struct rlimit now, few;
	struct producer p = { .fd = producer_connect() };
	struct fcd_udig_hello hello = hello_right();
	int fd = dup(p.fd);

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &now), 0);
	few = now;
	few.rlim_cur = (rlim_t)fd;
	close(fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ops->woken(engine);
	ck_assert(!engine_has_work());
	ck_assert_ptr_nonnull(strstr(said, "a producer must wait: Too many open files"));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
	ops->woken(engine);
	ck_assert_int_eq(producer_greet(&p, &hello, sizeof(hello)), 0);
	producer_free(&p);
}
END_TEST

/* ---- what is asked for ---- */

START_TEST(interest_is_in_every_page_before_configure_returns)
{
	struct fcd_interest want = interest_in(257);
	struct producer p = producer_new(), q;

	ck_assert_uint_eq(p.page->syscalls[GETPPID / 64], 1ULL << GETPPID % 64);
	want.tracepoints = FCD_TP_PROCEXIT;
	ck_assert_int_eq(ops->configure(engine, &want, &err), 0);
	ck_assert_uint_eq(p.page->syscalls[GETPPID / 64], 0);
	ck_assert_uint_eq(p.page->syscalls[4], 2);
	ck_assert_uint_eq(p.page->tracepoints, 1);
	q = producer_new();
	ck_assert_uint_eq(q.page->syscalls[4], 2);
	ck_assert_uint_eq(q.page->tracepoints, 1);
	producer_free(&p);
	producer_free(&q);
}
END_TEST

START_TEST(interest_that_is_not_known_is_refused_and_the_old_one_holds)
{
	struct fcd_interest want = interest_in(257);
	struct producer p = producer_new();

	want.tracepoints = 1ULL << 40;
	ck_assert_int_eq(ops->configure(engine, &want, &err), -EINVAL);
	ck_assert_uint_eq(p.page->syscalls[GETPPID / 64], 1ULL << GETPPID % 64);
	ck_assert_uint_eq(p.page->syscalls[4], 0);
	producer_free(&p);
}
END_TEST

START_TEST(all_producers_share_a_key_and_it_is_another_in_each_engine)
{
	struct producer p = producer_new(), q = producer_new();
	uint64_t before = p.page->hash_key[1];

	ck_assert_uint_ne(p.page->hash_key[0], 0);
	ck_assert_mem_eq(p.page->hash_key, q.page->hash_key, 16);
	ck_assert_uint_eq(p.page->snaplen, 80);
	producer_free(&p);
	producer_free(&q);
	ops->close(engine);
	fcd_slots_fini(&slots);
	ck_assert_int_eq(engine_open(host_socket, "snaplen=1000", &engine), 0);
	p = producer_new();
	ck_assert_uint_ne(p.page->hash_key[1], before);
	ck_assert_uint_eq(p.page->snaplen, 1000);
	producer_free(&p);
}
END_TEST

START_TEST(before_start_and_after_stop_nothing_is_asked_for)
{
	struct fcd_interest want = interest_in(GETPPID);
	struct producer p;

	ops->close(engine);
	fcd_slots_fini(&slots);
	ck_assert_int_eq(engine_open(host_socket, NULL, &engine), 0);
	ck_assert_int_eq(ops->configure(engine, &want, &err), 0);
	p = producer_new();
	ck_assert_uint_eq(p.page->syscalls[1], 0);
	ck_assert_int_eq(ops->start(engine, &err), 0);
	ck_assert_uint_eq(p.page->syscalls[1], 1ULL << GETPPID % 64);
	ck_assert_int_eq(ops->stop(engine, &err), 0);
	ck_assert_uint_eq(p.page->syscalls[1], 0);
	ck_assert(producer_is_let_go(&p));
	ck_assert_uint_eq(connected(), 0);
	ck_assert_int_eq(producer_connect(), -ENOENT);
	producer_free(&p);
}
END_TEST

/* ---- the socket ---- */

START_TEST(socket_is_for_its_owner_only_whatever_the_umask)
{
	struct fcd_engine *other;
	char path[96];
	struct stat st;

	umask(0);
	snprintf(path, sizeof(path), "%s/t", folder);
	ck_assert_int_eq(engine_open(path, NULL, &other), 0);
	strcat(path, ".udig");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFSOCK | 0600);
	ck_assert_uint_eq(umask(077), 0);
	ops->close(other);
	ck_assert_int_eq(stat(path, &st), -1);
}
END_TEST

START_TEST(socket_that_somebody_serves_is_refused)
{
	struct fcd_engine *other = NULL;

	ck_assert_int_eq(engine_open(host_socket, NULL, &other), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, socket_path));
	ck_assert_str_ne(err.hint, "");
	ck_assert_ptr_null(other);
	/* To the one that runs, it was somebody who said nothing. */
	look();
	ck_assert_uint_eq(said_lines, 0);
}
END_TEST

START_TEST(socket_of_a_dead_daemon_is_replaced)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct producer p;
	int fd;

	ops->close(engine);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	memcpy(a.sun_path, socket_path, strlen(socket_path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	ck_assert_int_eq(engine_open(host_socket, NULL, &engine), 0);
	p = producer_new();
	producer_free(&p);
}
END_TEST

START_TEST(socket_of_somebody_else_is_not_removed)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(a.sun_path, socket_path, strlen(socket_path));
	ck_assert_int_eq(unlink(socket_path), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ops->close(engine);
	engine = NULL;
	ck_assert_int_eq(stat(socket_path, &st), 0);
	/* Of another kind, but there. */
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(engine_open(host_socket, NULL, &engine), -EADDRINUSE);
	close(fd);
	unlink(socket_path);
}
END_TEST

START_TEST(place_where_no_socket_can_be_is_refused_with_a_reason)
{
	struct fcd_engine *other = NULL;
	char path[200];
	int fd;

	ck_assert_int_eq(engine_open(NULL, NULL, &other), -EINVAL);
	ck_assert_str_ne(err.hint, "");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[103] = '\0'; /* 107 bytes are the most, and ".udig" has 5 */
	ck_assert_int_eq(engine_open(path, NULL, &other), -ENAMETOOLONG);
	ck_assert_ptr_nonnull(strstr(err.text, "107"));
	snprintf(path, sizeof(path), "%s/none/s", folder);
	ck_assert_int_eq(engine_open(path, NULL, &other), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/none: No such file"));
	snprintf(path, sizeof(path), "%s/t.udig", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	path[strlen(path) - 5] = '\0';
	ck_assert_int_eq(engine_open(path, NULL, &other), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "is not a socket"));
	strcat(path, ".udig");
	ck_assert_int_eq(unlink(path), 0);
	close(fd);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(ring_that_is_no_power_of_two_is_refused)
{
	struct fcd_engine *other = NULL;

	ck_assert_int_eq(engine_open(host_socket, "ring_bytes=100000", &other), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "power of two"));
	ck_assert_ptr_null(other);
	ck_assert_ptr_null(fcd_engine((FCD_ABI_MAJOR + 1) << 16));
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("greeting");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, producer_is_given_sealed_memory_that_is_laid_out);
	tcase_add_test(t, connected_producers_are_counted_and_logged);
	tcase_add_test(t, greeting_that_is_longer_is_understood);
	tcase_add_test(t, name_of_a_producer_cannot_break_the_log);
	tcase_add_loop_test(t, each_wrong_greeting_is_refused_with_its_reason, 0,
			    sizeof(wrongs) / sizeof(wrongs[0]));
	tcase_add_test(t, who_is_refused_reads_why_whatever_else_it_said);
	tcase_add_test(t, who_is_let_go_sees_it_though_a_child_of_ours_has_the_descriptor);
	tcase_add_test(t, producer_too_many_is_refused_until_another_goes);
	tcase_add_test(t, descriptors_are_not_taken);
	tcase_add_test(t, who_says_nothing_for_10_s_is_dropped);
	tcase_add_test(t, silence_of_a_producer_is_logged_once_and_its_return_too);
	tcase_add_test(t, refusals_cannot_fill_the_log);
	tcase_add_test(t, without_descriptors_a_producer_waits);
	tcase_add_test(t, interest_is_in_every_page_before_configure_returns);
	tcase_add_test(t, interest_that_is_not_known_is_refused_and_the_old_one_holds);
	tcase_add_test(t, all_producers_share_a_key_and_it_is_another_in_each_engine);
	tcase_add_test(t, before_start_and_after_stop_nothing_is_asked_for);
	tcase_add_test(t, socket_is_for_its_owner_only_whatever_the_umask);
	tcase_add_test(t, socket_that_somebody_serves_is_refused);
	tcase_add_test(t, socket_of_a_dead_daemon_is_replaced);
	tcase_add_test(t, socket_of_somebody_else_is_not_removed);
	tcase_add_test(t, place_where_no_socket_can_be_is_refused_with_a_reason);
	tcase_add_test(t, ring_that_is_no_power_of_two_is_refused);
	tcase_set_timeout(t, 50);
	return t;
}
