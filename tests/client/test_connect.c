// SPDX-License-Identifier: MIT
/* Finding the daemon, and asking it one thing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/client/daemon_stub.h"
#include "tests/tests.h"

static struct stub stub;
static struct fcd_client_error err;

static void setup(void)
{
	unsetenv("FALCO_CAPTURE_SOCKET");
	stub_start(&stub);
}

static void teardown(void)
{
	stub_stop(&stub);
}

static void assert_says(const char *words)
{
	ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" lacks \"%s\"", err.text, words);
}

/* ---- open ---- */

START_TEST(open_without_daemon_names_path_and_remedy)
{
	struct fcd_client *c;

	ck_assert_int_eq(fcd_client_open(&c, "/nonexistent/capture.sock", &err), -ENOENT);
	assert_says("/nonexistent/capture.sock: No such file or directory");
	assert_says("start it with: falco-capture");
	close(stub.listener);
	ck_assert_int_eq(fcd_client_open(&c, stub.path, &err), -ECONNREFUSED);
	assert_says("start it with: falco-capture");
	ck_assert_int_eq(fcd_client_open(&c, stub.path, NULL), -ECONNREFUSED);
}
END_TEST

/* Root is asked for no permission. */
static void as_nobody(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (getuid() == 0)
			ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void open_forbidden(void)
{
	struct fcd_client *c;

	ck_assert_int_eq(fcd_client_open(&c, stub.path, &err), -EACCES);
	assert_says("group");
}

START_TEST(open_without_permission_asks_for_the_group)
{
	chmod(stub.dir, 0755);
	chmod(stub.path, 0);
	as_nobody(open_forbidden);
}
END_TEST

START_TEST(open_refuses_a_path_that_no_socket_can_have)
{
	struct fcd_client *c;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	ck_assert_int_eq(fcd_client_open(&c, path, &err), -ENAMETOOLONG);
	assert_says("107 bytes");
}
END_TEST

static void open_default(void)
{
	struct fcd_client *c;

	ck_assert_msg(fcd_client_open(&c, NULL, &err) == 0, "%s", err.text);
	fcd_client_close(c);
}

START_TEST(open_follows_environment)
{
	setenv("FALCO_CAPTURE_SOCKET", stub.path, 1);
	open_default();
}
END_TEST

START_TEST(open_finds_the_users_own_daemon_first)
{
	char path[128];

	chmod(stub.dir, 0755);
	chmod(stub.path, 0666);
	snprintf(path, sizeof(path), "%s/falco-capture.sock", stub.dir);
	ck_assert_int_eq(rename(stub.path, path), 0);
	setenv("XDG_RUNTIME_DIR", stub.dir, 1);
	as_nobody(open_default);
	ck_assert_int_ge(accept(stub.listener, NULL, NULL), 0);
	unlink(path);
}
END_TEST

START_TEST(close_accepts_null)
{
	fcd_client_close(NULL);
}
END_TEST

/* ---- request ---- */

START_TEST(request_returns_the_reply_without_its_newline)
{
	struct fcd_client *c = stub_connect(&stub);
	char *reply;

	stub_send(&stub, "{\"ok\":true,\"engine\":\"bpf\"}\n", NULL, 0);
	ck_assert_int_eq(fcd_client_request(c, "{\"op\":\"status\"}", &reply, &err), 0);
	ck_assert_str_eq(reply, "{\"ok\":true,\"engine\":\"bpf\"}");
	ck_assert_str_eq(stub_received(&stub), "{\"op\":\"status\"}\n");
	free(reply);
	stub_send(&stub, "{\"ok\":true}\n", NULL, 0);
	ck_assert_int_eq(fcd_client_request(c, "{\"op\":\"stats\"}", &reply, &err), 0);
	ck_assert_str_eq(reply, "{\"ok\":true}");
	free(reply);
	fcd_client_close(c);
}
END_TEST

START_TEST(reply_may_come_in_pieces)
{
	struct fcd_client *c = stub_connect(&stub);
	char long_text[10001] = "", *reply;

	memset(long_text, 'x', sizeof(long_text) - 1);
	stub_send(&stub, "{\"ok\":true,\"x\":\"", NULL, 0);
	stub_send(&stub, long_text, NULL, 0);
	stub_send(&stub, "\"}\n", NULL, 0);
	ck_assert_int_eq(fcd_client_request(c, "{}", &reply, &err), 0);
	ck_assert_uint_eq(strlen(reply), 10000 + strlen("{\"ok\":true,\"x\":\"\"}"));
	free(reply);
	fcd_client_close(c);
}
END_TEST

START_TEST(answer_of_several_lines_is_read_line_by_line)
{
	struct fcd_client *c = stub_connect(&stub);
	char *line;

	stub_send(&stub, "{\"ok\":true}\n{\"a\":1}\n{\"b\":", NULL, 0);
	ck_assert_int_eq(fcd_client_request(c, "{}", &line, &err), 0);
	ck_assert_str_eq(line, "{\"ok\":true}");
	free(line);
	ck_assert_int_eq(fcd_client_line(c, &line, &err), 0);
	ck_assert_str_eq(line, "{\"a\":1}");
	free(line);
	stub_send(&stub, "2}\n", NULL, 0);
	ck_assert_int_eq(fcd_client_line(c, &line, &err), 0);
	ck_assert_str_eq(line, "{\"b\":2}");
	free(line);
	shutdown(stub.conn, SHUT_WR);
	ck_assert_int_eq(fcd_client_line(c, &line, &err), -ECONNRESET);
	fcd_client_close(c);
}
END_TEST

START_TEST(refusal_becomes_its_words_and_hint)
{
	struct fcd_client *c = stub_connect(&stub);
	char *reply;

	/* The daemon closes after a refusal, here before the request was sent. */
	stub_send(&stub,
		  "{\"ok\":false,\"code\":\"too_many_clients\",\"error\":\"full\","
		  "\"hint\":\"raise it\"}\n",
		  NULL, 0);
	shutdown(stub.conn, SHUT_RDWR);
	ck_assert_int_eq(fcd_client_request(c, "{}", &reply, &err), -EREMOTEIO);
	ck_assert_str_eq(err.text, "full (raise it)");
	fcd_client_close(c);
}
END_TEST

START_TEST(request_of_two_lines_is_not_sent)
{
	struct fcd_client *c = stub_connect(&stub);
	char *reply;

	ck_assert_int_eq(fcd_client_request(c, "{}\n{}", &reply, &err), -EINVAL);
	fcd_client_close(c);
}
END_TEST

static const struct {
	const char *sent;
	int code;
} malformed[] = {
	{ "", -ECONNRESET },
	{ "{\"ok\":true}", -ECONNRESET },
	{ "\n", -EPROTO },
	{ "220 mail.example.org ESMTP\n", -EPROTO },
	{ "{\"ok\":true\n", -EPROTO },
	{ "[true]\n", -EPROTO },
	{ "{\"ok\":\"true\"}\n", -EPROTO },
	{ "{\"okay\":true}\n", -EPROTO },
	{ "\"\\ud800\"\n", -EPROTO },
	{ "{\"ok\":false}\n", -EREMOTEIO },
	{ "{\"ok\":false,\"error\":7,\"hint\":[]}\n", -EREMOTEIO },
};

START_TEST(malformed_reply_is_an_error)
{
	struct fcd_client *c = stub_connect(&stub);
	char *reply;

	stub_send(&stub, malformed[_i].sent, NULL, 0);
	shutdown(stub.conn, SHUT_WR);
	ck_assert_int_eq(fcd_client_request(c, "{}", &reply, &err), malformed[_i].code);
	fcd_client_close(c);
}
END_TEST

START_TEST(endless_reply_is_cut_off)
{
	struct fcd_client *c = stub_connect(&stub);
	static char block[65536];
	char *reply;

	memset(block, 'x', sizeof(block));
	if (fork() == 0) {
		while (send(stub.conn, block, sizeof(block), MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	ck_assert_int_eq(fcd_client_request(c, "{}", &reply, &err), -EMSGSIZE);
	fcd_client_close(c);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("connect");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, open_without_daemon_names_path_and_remedy);
	tcase_add_test(t, open_without_permission_asks_for_the_group);
	tcase_add_test(t, open_refuses_a_path_that_no_socket_can_have);
	tcase_add_test(t, open_follows_environment);
	tcase_add_test(t, open_finds_the_users_own_daemon_first);
	tcase_add_test(t, close_accepts_null);
	tcase_add_test(t, request_returns_the_reply_without_its_newline);
	tcase_add_test(t, reply_may_come_in_pieces);
	tcase_add_test(t, answer_of_several_lines_is_read_line_by_line);
	tcase_add_test(t, refusal_becomes_its_words_and_hint);
	tcase_add_test(t, request_of_two_lines_is_not_sent);
	tcase_add_loop_test(t, malformed_reply_is_an_error, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(t, endless_reply_is_cut_off);
	return t;
}
