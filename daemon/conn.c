// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/err.h"
#include "daemon/conn.h"
#include "daemon/log.h"
#include "daemon/reply.h"
#include "daemon/server.h"
#include "daemon/snapshot.h"
#include "daemon/subscription.h"

#define READ_BYTES 4096

static void on_poll(uv_poll_t *handle, int status, int events);

/*
 * Wait for what can happen next. A connection that neither reads nor has to write still
 * waits for its peer to hang up, which epoll reports unasked; UV_PRIORITIZED, which never
 * happens on a unix socket, keeps it registered. UV_DISCONNECT would report a half-closed
 * peer without end.
 */
static void watch(struct fcd_conn *c)
{
	int events = UV_PRIORITIZED;

	if (c->state == FCD_CONN_GONE)
		return;
	if (c->out.len)
		events = UV_WRITABLE;
	else if (c->state == FCD_CONN_REQUESTS && !c->has_ended)
		events = UV_READABLE;
	if (events == c->watched)
		return;
	c->watched = events;
	if (uv_poll_start(&c->poll, events, on_poll))
		fcd_conn_close(c);
}

/* ---- sending ---- */

/* The reply to a shm subscription takes the descriptors along, with its first byte. */
static void add_descriptors(const struct fcd_conn *c, struct msghdr *m)
{
	int fds[] = { fcd_cast_fd(fcd_capture_cast(c->server->capture)), c->page_fd };
	struct cmsghdr *h = CMSG_FIRSTHDR(m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(h), fds, sizeof(fds));
}

static ssize_t send_some(struct fcd_conn *c)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec v = { c->out.at + c->sent, c->out.len - c->sent };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t n;

	if (c->state == FCD_CONN_SHM && c->page_fd >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		add_descriptors(c, &m);
	}
	n = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0 && m.msg_control) {
		close(c->page_fd);
		c->page_fd = -1;
	}
	return n;
}

bool fcd_conn_flush(struct fcd_conn *c)
{
	ssize_t n = 0;

	if (c->out.failed)
		fcd_log_client(FCD_LOG_WARNING, "out of memory: client %d is cut off", c->peer.pid);
	while (!c->out.failed && c->sent < c->out.len) {
		n = send_some(c);
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0 || c->out.failed || c->state == FCD_CONN_LAST) {
		fcd_conn_close(c);
		return false;
	}
	c->out.len = c->sent = 0;
	return true;
}

/* ---- refusing ---- */

void fcd_conn_end(struct fcd_conn *c)
{
	bool was_subscriber = fcd_conn_is_subscriber(c);

	c->state = FCD_CONN_LAST;
	if (was_subscriber)
		fcd_subscription_end(c);
	fcd_conn_flush(c);
}

void fcd_conn_refuse(struct fcd_conn *c, const char *code, const struct fcd_err *err)
{
	fcd_reply_error(&c->out, code, err);
	fcd_conn_end(c);
}

void fcd_conn_refuse_stopping(struct fcd_conn *c)
{
	struct fcd_err err;

	fcd_err_set(&err, 0, "connect again when it runs", "the daemon ends");
	fcd_conn_refuse(c, "stopping", &err);
}

void fcd_conn_refuse_internal(struct fcd_conn *c, int code)
{
	struct fcd_err err;

	fcd_err_set(&err, code, "try again later", "the daemon could not: %s", strerror(-code));
	fcd_log_client(FCD_LOG_WARNING, "client %d: %s", c->peer.pid, strerror(-code));
	fcd_conn_refuse(c, "internal", &err);
}

/* ---- requests ---- */

static void refuse_request(struct fcd_conn *c, const char *code, const struct fcd_err *err)
{
	fcd_log_client(FCD_LOG_INFO, "process %d of user %u is refused: %s", c->peer.pid,
		       c->peer.uid, err->text);
	fcd_conn_refuse(c, code, err);
}

static void refuse_denied(struct fcd_conn *c)
{
	const char *op = fcd_op_names[c->request.op];
	struct fcd_err err;

	fcd_err_set(&err, 0, "access in the config names who may", "user %u may not %s",
		    c->peer.uid, op);
	fcd_log_client(FCD_LOG_WARNING, "client %d: user %u may not %s: access.%s in the config",
		       c->peer.pid, c->peer.uid, op, op);
	fcd_conn_refuse(c, "denied", &err);
}

static void take_request(struct fcd_conn *c, const char *line, size_t len)
{
	struct fcd_err err;
	const char *code;

	fcd_request_fini(&c->request);
	if (fcd_request_parse(line, len, &c->request, &code, &err)) {
		refuse_request(c, code, &err);
	} else if (!fcd_access_allows(&c->server->config->access, c->request.op, c->fd, &c->peer)) {
		refuse_denied(c);
	} else if (c->server->is_stopping) {
		fcd_conn_refuse_stopping(c);
	} else if (c->request.op == FCD_OP_SUBSCRIBE) {
		fcd_subscription_begin(c);
	} else if (c->request.op == FCD_OP_SNAPSHOT) {
		fcd_snapshot_job_begin(c);
	} else {
		c->state = FCD_CONN_ASKED;
		c->number = fcd_capture_ask(c->server->capture, NULL);
	}
}

/* Take one line from what was read. False: there is none yet. */
static bool take_line(struct fcd_conn *c)
{
	size_t max = c->server->config->request_bytes, len, used;
	const char *end = c->in.len ? memchr(c->in.at, '\n', c->in.len) : NULL;
	struct fcd_err err;

	len = end ? (size_t)(end - c->in.at) : c->in.len;
	if (len > max) {
		fcd_err_set(&err, 0, "limits.request_bytes in the config is the limit",
			    "a request has at most %zu bytes", max);
		refuse_request(c, "too_long", &err);
		return false;
	}
	if (!end && (!c->has_ended || !c->in.len))
		return false;
	used = end ? len + 1 : len;
	take_request(c, c->in.at, len);
	if (c->in.len) {
		c->in.len -= used;
		memmove(c->in.at, c->in.at + used, c->in.len);
	}
	return true;
}

/* Serve requests, one after the other, as far as the answers have room in the socket. */
static void advance(struct fcd_conn *c)
{
	if (c->state == FCD_CONN_SNAPSHOT)
		fcd_snapshot_job_run(c);
	while (c->state == FCD_CONN_REQUESTS && !c->out.len && take_line(c))
		;
	if (c->state == FCD_CONN_REQUESTS && c->has_ended && !c->out.len)
		fcd_conn_close(c);
	else if (c->state == FCD_CONN_STREAM)
		fcd_stream_run(c);
	watch(c);
}

static void receive(struct fcd_conn *c)
{
	char *to = fcd_text_room(&c->in, READ_BYTES);
	ssize_t n;

	if (!to) {
		fcd_conn_refuse_internal(c, -ENOMEM);
		return;
	}
	n = recv(c->fd, to, READ_BYTES, MSG_DONTWAIT);
	if (n > 0)
		c->in.len += (size_t)n;
	else if (!n)
		c->has_ended = true;
	else if (errno != EAGAIN && errno != EINTR)
		fcd_conn_close(c);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct fcd_conn *c = handle->data;

	if (status < 0 || events & UV_PRIORITIZED) {
		fcd_conn_close(c); /* it hung up */
		return;
	}
	if (c->out.len) {
		if (!fcd_conn_flush(c) || c->out.len)
			return;
	} else if (c->state == FCD_CONN_REQUESTS) {
		receive(c);
	}
	advance(c);
}

static void answer(struct fcd_conn *c)
{
	struct fcd_err err;

	if (c->request.op == FCD_OP_STATUS) {
		fcd_reply_status(&c->out, c->server);
	} else if (c->request.op == FCD_OP_STATS) {
		fcd_reply_stats(&c->out, c->server);
	} else if (fcd_reply_engines(&c->out, c->server, &err)) {
		fcd_conn_refuse(c, "engine_dir", &err);
		return;
	}
	c->state = FCD_CONN_REQUESTS;
	if (fcd_conn_flush(c) && c->server->is_stopping && !c->out.len)
		fcd_conn_close(c);
}

void fcd_conn_report(struct fcd_conn *c, const struct fcd_capture_report *r)
{
	if (c->state == FCD_CONN_ASKED && (r->asked >= c->number || r->ended))
		answer(c);
	else if (c->state == FCD_CONN_WANTED)
		fcd_subscription_report(c, r);
	else if (c->state == FCD_CONN_SNAPSHOT)
		fcd_snapshot_job_report(c, r);
	if (r->ended && c->state == FCD_CONN_SHM)
		shutdown(c->fd, SHUT_WR); /* it reads on; when it hangs up its books are final */
	else if (r->ended && c->state == FCD_CONN_REQUESTS && !c->out.len)
		fcd_conn_close(c);
	else if (c->state != FCD_CONN_GONE && c->state != FCD_CONN_LAST)
		advance(c);
	watch(c);
}

void fcd_conn_turn(struct fcd_conn *c)
{
	advance(c);
	watch(c);
}

/* ---- life ---- */

bool fcd_conn_is_subscriber(const struct fcd_conn *c)
{
	return c->state == FCD_CONN_WANTED || c->state == FCD_CONN_STREAM ||
	       c->state == FCD_CONN_SHM;
}

int fcd_conn_new(struct fcd_server *s, int fd, struct fcd_conn **out)
{
	struct fcd_conn *c = calloc(1, sizeof(*c));
	socklen_t len = sizeof(c->peer);
	int err;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->server = s;
	c->fd = fd;
	c->page_fd = -1;
	c->poll.data = c;
	err = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c->peer, &len) ? -errno : 0;
	if (!err)
		err = uv_poll_init(&s->loop, &c->poll, fd);
	if (err) {
		fcd_conn_free(c);
		return err;
	}
	c->is_polled = true;
	watch(c);
	*out = c;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct fcd_conn *c = handle->data;

	c->is_polled = false;
	fcd_server_reap(c->server);
}

void fcd_conn_close(struct fcd_conn *c)
{
	bool was_subscriber = fcd_conn_is_subscriber(c);

	if (c->state == FCD_CONN_GONE)
		return;
	c->state = FCD_CONN_GONE;
	c->has_more = false;
	/* The peer sees the end now; the descriptor lives until the capture thread let go of it. */
	shutdown(c->fd, SHUT_RDWR);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	if (was_subscriber)
		fcd_subscription_end(c);
}

bool fcd_conn_is_free(const struct fcd_conn *c, const struct fcd_capture_report *r)
{
	return c->state == FCD_CONN_GONE && !c->is_polled && !c->is_seeding &&
	       fcd_snapshot_job_is_free(c, r) &&
	       (!c->is_sink || r->ended || (c->number && r->seen >= c->number));
}

void fcd_conn_free(struct fcd_conn *c)
{
	fcd_subscription_free(c);
	fcd_request_fini(&c->request);
	fcd_snapshot_job_end(c);
	close(c->fd);
	fcd_text_free(&c->in);
	fcd_text_free(&c->out);
	free(c);
}
