// SPDX-License-Identifier: MIT
/* One request line out, one reply line in, with the descriptors that come along. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/text.h"
#include "client/internal.h"

/* Longest reply that is believed; the status of a thousand subscribers is a quarter of it. */
#define LINE_MAX_BYTES (1 << 20)

static int send_all(int fd, const char *at, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		/* A daemon that hung up may have said why: let recv find out. */
		if (n < 0)
			return errno == EPIPE ? 0 : -errno;
		at += n;
		len -= n;
	}
	return 0;
}

int fcd_exchange_send(int fd, const char *line, struct fcd_client_error *err)
{
	int ret;

	if (strchr(line, '\n'))
		return fcd_client_error_set(err, -EINVAL, "a request is one line");
	ret = send_all(fd, line, strlen(line));
	if (!ret)
		ret = send_all(fd, "\n", 1);
	if (ret)
		return fcd_client_error_set(err, ret, "cannot send to the daemon: %s",
					    strerror(-ret));
	return 0;
}

/* Take the descriptors of a message; those nobody asked for are closed. */
static void take_fds(struct msghdr *msg, int *fds, int max, int *count)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (*count < max)
				fds[(*count)++] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t recv_some(int fd, char *to, size_t room, int *fds, int max, int *count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = to, .iov_len = room };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, fds, max, count);
	return n;
}

static int recv_line(int fd, struct fcd_text *t, int *fds, int max, int *count)
{
	char *to, *end;
	ssize_t n;

	for (;;) {
		to = fcd_text_room(t, 4096);
		if (!to)
			return -ENOMEM;
		n = recv_some(fd, to, 4096, fds, max, count);
		if (n <= 0)
			return n ? (int)n : -ECONNRESET;
		t->len += n;
		end = memchr(to, '\n', n);
		if (end) {
			*end = 0;
			return 0;
		}
		if (t->len > LINE_MAX_BYTES)
			return -EMSGSIZE;
	}
}

static int recv_error(int code, struct fcd_client_error *err)
{
	switch (code) {
	case -ECONNRESET:
		return fcd_client_error_set(err, code,
					    "the daemon hung up without an answer "
					    "(its log says why)");
	case -EAGAIN:
		return fcd_client_error_set(err, -ETIMEDOUT,
					    "the daemon does not answer "
					    "(is it stopped or overloaded?)");
	default:
		return fcd_client_error_set(err, code, "cannot read the daemon's answer: %s",
					    strerror(-code));
	}
}

static int refused(const json_t *reply, struct fcd_client_error *err)
{
	const char *why = json_string_value(json_object_get(reply, "error"));
	const char *hint = json_string_value(json_object_get(reply, "hint"));

	if (!why)
		return fcd_client_error_set(err, -EREMOTEIO,
					    "the daemon refused, without saying why");
	if (!hint || !hint[0])
		return fcd_client_error_set(err, -EREMOTEIO, "%s", why);
	return fcd_client_error_set(err, -EREMOTEIO, "%s (%s)", why, hint);
}

static int check_reply(const char *line, struct fcd_client_error *err)
{
	json_t *reply = json_loads(line, 0, NULL);
	const json_t *ok = json_object_get(reply, "ok");
	int ret = 0;

	if (!json_is_boolean(ok))
		ret = fcd_client_error_set(err, -EPROTO,
					   "the answer is not the daemon's: %.80s "
					   "(is this the right socket?)",
					   line);
	else if (json_is_false(ok))
		ret = refused(reply, err);
	json_decref(reply);
	return ret;
}

int fcd_exchange_recv(int fd, char **line, int *fds, int max, int *count,
		      struct fcd_client_error *err)
{
	struct fcd_text t = { 0 };
	int i, ret, got = 0;

	ret = recv_line(fd, &t, fds, max, &got);
	ret = ret ? recv_error(ret, err) : check_reply(t.at, err);
	if (ret)
		goto err_close;
	*line = t.at;
	*count = got;
	return 0;

err_close:
	for (i = 0; i < got; i++)
		close(fds[i]);
	fcd_text_free(&t);
	return ret;
}
