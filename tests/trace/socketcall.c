/* SPDX-License-Identifier: MIT */
/* socketcall.c - what only it has: send, recv; its words; codes that are none. */
#include "expect.h"
#include "sockway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LONG 200 /* more than an event keeps */

static char *data, *edge;

static size_t seen(size_t len)
{
	return len < SNAPLEN ? len : SNAPLEN;
}

/* The caller adds the tuple. readable: there is something to be seen in what was sent. */
static long sent(int fd, const char *at, uint32_t len, int is_readable)
{
	long res = sock_call(CALL_SEND, fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT, 94, 95);

	sock_event("send");
	expect_int("res", res);
	expect_bytes("data", at, is_readable ? seen(res > 0 ? res : len) : 0);
	expect_int("fd", fd);
	expect_u64("size", len);
	return res;
}

static long received(int fd, char *at, uint32_t len, int flags)
{
	long res = sock_call(CALL_RECV, fd, at, len, MSG_DONTWAIT | flags, 94, 95);

	sock_event("recv");
	expect_int("res", res);
	expect_bytes("data", at, res > 0 ? seen(res) : 0);
	expect_int("fd", fd);
	expect_u64("size", len);
	return res;
}

static void no_tuple(long res)
{
	trace_need(res < 0, "it fails");
	expect_end();
}

/* ---- internet ---- */

static int bound(const char *ip)
{
	union addr at = addr_in(ip, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	trace_need(!bind(fd, &at.any, sizeof(at.in)), "bind");
	return fd;
}

static void inet(void)
{
	static const union addr nobody = { .in = { .sin_family = AF_INET } };
	int a = bound("127.59.21.36"), b = bound("127.59.21.37");
	union addr from = addr_of(a), to = addr_of(b);

	no_tuple(sent(a, data, 5, 1)); /* to whom? */
	trace_need(!connect(a, &to.any, sizeof(to.in)), "connect");
	trace_need(sent(a, data, LONG, 1) == LONG, "send");
	expect_tuple(&from, &to);
	expect_end();
	trace_need(!sent(a, data, 0, 0), "send nothing");
	expect_tuple(&from, &to);
	expect_end();
	trace_need(received(b, data + LONG, 30, MSG_PEEK) == 30, "recv");
	expect_tuple(&nobody, &to);
	expect_end();
	trace_need(!connect(b, &from.any, sizeof(from.in)), "connect");
	trace_need(received(b, data + LONG, 2 * LONG, 0) == LONG, "recv");
	expect_tuple(&from, &to);
	expect_end();
	trace_need(!received(b, data + LONG, LONG, 0), "recv nothing");
	expect_tuple(&from, &to);
	expect_end();
	no_tuple(received(b, data, LONG, 0)); /* no more is there */
}

/* ---- unix ---- */

static void pair(void)
{
	int fd[2];

	trace_need(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "socketpair");
	trace_need(sent(fd[0], data, SNAPLEN, 1) == SNAPLEN, "send");
	expect_unix_tuple("first", "second", "");
	expect_end();
	trace_need(received(fd[1], data + LONG, SNAPLEN + 1, 0) == SNAPLEN, "recv");
	expect_unix_tuple("first", "second", "");
	expect_end();
	memset(edge - 16, 'e', 16);
	trace_need(sent(fd[1], edge - 16, 16, 1) == 16, "send");
	expect_unix_tuple("second", "first", "");
	expect_end();
	no_tuple(sent(fd[0], edge - 16, 17, 0));
	no_tuple(sent(fd[0], NULL, 4, 0));
	no_tuple(sent(-1, data, 4, 1));
	no_tuple(received(-1, data, 4, 0));
	no_tuple(received(fd[1], data, 4, 0));
	trace_need(received(fd[0], edge - 16, 16, 0) == 16, "recv");
	expect_unix_tuple("second", "first", "");
	expect_end();
}

/* Its peer takes messages from another one only. */
static void refused(void)
{
	int fd[2], other = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(at);
	int error;
	long res;

	trace_need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), "socketpair");
	trace_need(!bind(other, (void *)&at, sizeof(at.sun_family)), "bind");
	trace_need(!getsockname(other, (void *)&at, &len) && !connect(fd[1], (void *)&at, len),
		   "connect");
	len = sizeof(error);
	trace_need(!getsockopt(fd[0], SOL_SOCKET, SO_ERROR, &error, &len), "SO_ERROR");
	res = sent(fd[0], data, 4, 1);
	trace_need(res == -EPERM, "it is refused");
	no_tuple(res);
}

static void other(void)
{
	int fd[2];

	trace_need(!pipe(fd), "pipe");
	no_tuple(sent(fd[1], data, 4, 1));
	no_tuple(received(fd[0], data, 4, 0));
}

/* ---- the words ---- */

static void heard(long res, int fd, int backlog)
{
	sock_event("listen");
	expect_int("res", res);
	expect_int("fd", fd);
	expect_int("backlog", backlog);
	expect_end();
}

/* What cannot be read counts as 0; no more than a call has is looked at. */
static void words(void)
{
	uint32_t *end = (uint32_t *)edge;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long res;

	end[-2] = fd;
	end[-1] = 7;
	heard(sock_multiplexed(CALL_LISTEN, end - 2), fd, 7);
	end[-1] = fd;
	heard(sock_multiplexed(CALL_LISTEN, end - 1), fd, 0);
	heard(sock_multiplexed(CALL_LISTEN, end), 0, 0);
	heard(sock_multiplexed(CALL_LISTEN, NULL), 0, 0);
	end[-4] = -1;
	end[-3] = 0;
	end[-2] = 8;
	end[-1] = 0;
	res = sock_multiplexed(CALL_RECV, end - 4);
	sock_event("recv");
	expect_int("res", res);
	expect_int("fd", -1);
	expect_u64("size", 8);
	expect_end();
}

/* Nothing is told of these. */
static void no_codes(void)
{
	static const uint32_t codes[] = { 0, CALLS, 31, 32, 99, 0x10004, -1 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		trace_need(sock_multiplexed(codes[i], data) < 0, "an unknown code");
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "sendto recvfrom listen");
	sock_take(WAY_SOCKETCALL);
	data = sock_space(4096);
	edge = sock_edge();
	for (int i = 0; i < 4096; i++)
		data[i] = 'a' + i % 26;
	inet();
	pair();
	refused();
	other();
	words();
	no_codes();
	return trace_end();
}
