// SPDX-License-Identifier: MIT
/* One request line out, one answer line in, with the descriptors that come along. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/json.h"
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
static void take_fds(struct msghdr *msg, struct fcd_answer *a)
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
			if (a->count < 2)
				a->fds[a->count++] = fd;
			else
				close(fd);
		}
	}
}

static ssize_t recv_some(struct fcd_answer *a, int fd, char *to, size_t room, int flags)
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
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | flags);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	take_fds(&msg, a);
	return n;
}

int fcd_answer_receive(struct fcd_answer *a, int fd, int flags)
{
	struct fcd_text *t = &a->in;
	size_t searched = 0;
	char *to, *end;
	ssize_t n;

	for (;;) {
		end = t->len ? memchr(t->at + searched, '\n', t->len - searched) : NULL;
		if (end) {
			*end = 0;
			return 0;
		}
		searched = t->len;
		if (t->len > LINE_MAX_BYTES)
			return -EMSGSIZE;
		to = fcd_text_room(t, 4096);
		if (!to)
			return -ENOMEM;
		n = recv_some(a, fd, to, 4096, flags);
		if (n <= 0)
			return n ? (int)n : -ECONNRESET;
		t->len += (size_t)n;
	}
}

char *fcd_answer_line(struct fcd_answer *a)
{
	size_t used = strlen(a->in.at) + 1;
	char *line = strdup(a->in.at);

	a->in.len -= used;
	memmove(a->in.at, a->in.at + used, a->in.len);
	return line;
}

void fcd_answer_drop(struct fcd_answer *a)
{
	while (a->count)
		close(a->fds[--a->count]);
	fcd_text_free(&a->in);
}

int fcd_answer_failed(int code, struct fcd_client_error *err)
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

static int refused(const struct fcd_json *reply, struct fcd_client_error *err)
{
	char why[sizeof(err->text)], hint[sizeof(err->text)] = "";
	struct fcd_json v;

	if (!fcd_json_member(reply, "error", &v) || fcd_json_text(&v, why, sizeof(why)) < 0)
		return fcd_client_error_set(err, -EREMOTEIO,
					    "the daemon refused, without saying why");
	if (fcd_json_member(reply, "hint", &v))
		fcd_json_text(&v, hint, sizeof(hint));
	if (!hint[0])
		return fcd_client_error_set(err, -EREMOTEIO, "%s", why);
	return fcd_client_error_set(err, -EREMOTEIO, "%s (%s)", why, hint);
}

/* Does the same request have a chance with this daemon, later? */
static bool is_transient(const struct fcd_json *reply)
{
	static const char *const codes[] = { "stopping", "internal", "too_many_clients", "engine" };
	struct fcd_json code;
	size_t i;

	if (!fcd_json_member(reply, "code", &code))
		return false;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (fcd_json_is_text(&code, codes[i]))
			return true;
	return false;
}

int fcd_answer_check(const struct fcd_answer *a, bool *is_final, struct fcd_client_error *err)
{
	struct fcd_json reply, value;
	bool is_ok = true;
	int ret = 0;

	if (fcd_json_parse(a->in.at, &reply) || !fcd_json_member(&reply, "ok", &value) ||
	    fcd_json_bool(&value, &is_ok))
		ret = fcd_client_error_set(err, -EPROTO,
					   "the answer is not the daemon's: %.80s "
					   "(is this the right socket?)",
					   a->in.at);
	else if (!is_ok)
		ret = refused(&reply, err);
	if (is_final)
		*is_final = ret == -EREMOTEIO && !is_transient(&reply);
	return ret;
}
