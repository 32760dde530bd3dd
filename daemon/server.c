// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/err.h"
#include "core/filter.h"
#include "daemon/conn.h"
#include "daemon/log.h"
#include "daemon/reload.h"
#include "daemon/reply.h"
#include "daemon/server.h"
#include "daemon/subscription.h"

#define ACCEPT_AT_ONCE 16
#define RETRY_MS       1000
#define CHECK_MS       1000
#define DEADLINE_MS    3000 /* to deliver the last events when we end */

/* ---- what the subscribers want together ---- */

static void add_wanted(const struct fcd_conn *c, struct fcd_interest *interest,
		       struct fcd_sink *sink)
{
	fcd_interest_union(interest, &c->request.filter.interest);
	*sink = (struct fcd_sink){ .page = c->page,
				   .fd = c->request.format == FCD_STREAM_SHM ? c->fd : -1,
				   .tgid = (uint32_t)c->peer.pid };
}

/* What was just sent decides about everyone who was waiting for it to be sent. */
static void set_numbers(struct fcd_server *s, uint64_t number)
{
	struct fcd_conn *c;

	for (c = s->conns; c; c = c->next)
		if (c->is_sink && !c->number)
			c->number = number;
}

static void tell_capture(struct fcd_server *s, bool lingers)
{
	struct fcd_interest interest = { .size = sizeof(interest) };
	struct fcd_sink *sinks = calloc(s->conns_count + 1, sizeof(*sinks));
	uint32_t count = 0;
	uint64_t number;
	struct fcd_conn *c;

	for (c = s->conns; sinks && c; c = c->next)
		if (fcd_conn_is_subscriber(c))
			add_wanted(c, &interest, &sinks[count++]);
	if (lingers && !count)
		interest = s->report.interest;
	if (sinks && !fcd_capture_want(s->capture, &interest, sinks, count, &number))
		set_numbers(s, number);
	else /* who waits is served with the next change; nothing that is in use is freed */
		fcd_log(FCD_LOG_WARNING, "out of memory: a change of subscribers waits");
	free(sinks);
}

static void on_linger(uv_timer_t *timer)
{
	tell_capture(timer->data, false);
}

static bool has_subscriber(const struct fcd_server *s)
{
	const struct fcd_conn *c;

	for (c = s->conns; c; c = c->next)
		if (fcd_conn_is_subscriber(c))
			return true;
	return false;
}

/* Attaching and detaching costs more than a moment of events that nobody reads. */
void fcd_server_changed(struct fcd_server *s)
{
	bool lingers = !has_subscriber(s) && s->config->linger_ms && !s->is_stopping;

	tell_capture(s, lingers);
	if (lingers)
		uv_timer_start(&s->linger, on_linger, s->config->linger_ms, 0);
	else if (!s->is_stopping)
		uv_timer_stop(&s->linger);
}

/* ---- connections ---- */

void fcd_server_reap(struct fcd_server *s)
{
	struct fcd_conn **at = &s->conns, *c;

	while ((c = *at)) {
		if (!fcd_conn_is_free(c, &s->report)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		s->conns_count--;
		fcd_conn_free(c);
	}
	if (s->is_stopping && s->report.ended && !s->conns)
		uv_stop(&s->loop);
}

static void refuse_client(struct fcd_server *s, int fd)
{
	struct fcd_text t = { 0 };
	struct fcd_err err;

	fcd_err_set(&err, 0, "limits.clients in the config is the limit",
		    "%llu clients are connected already", (unsigned long long)s->config->clients);
	fcd_reply_error(&t, "too_many_clients", &err);
	if (!t.failed)
		(void)!send(fd, t.at, t.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	fcd_text_free(&t);
	close(fd);
	fcd_log_client(FCD_LOG_WARNING, "a client was refused: %s", err.text);
}

static void add_client(struct fcd_server *s, int fd)
{
	struct fcd_conn *c;
	int err;

	if (s->conns_count >= s->config->clients) {
		refuse_client(s, fd);
		return;
	}
	err = fcd_conn_new(s, fd, &c);
	if (err) {
		fcd_log_client(FCD_LOG_WARNING, "a client was refused: %s", strerror(-err));
		return;
	}
	c->next = s->conns;
	s->conns = c;
	s->conns_count++;
}

static void on_client(uv_poll_t *listener, int status, int events);

static void on_retry(uv_timer_t *timer)
{
	struct fcd_server *s = timer->data;

	if (!s->is_stopping)
		uv_poll_start(&s->listener, UV_READABLE, on_client);
}

static void on_client(uv_poll_t *listener, int status, int events)
{
	struct fcd_server *s = listener->data;
	int i, fd;

	(void)status;
	(void)events;
	for (i = 0; i < ACCEPT_AT_ONCE; i++) {
		fd = accept4(s->socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			add_client(s, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			fcd_log(FCD_LOG_WARNING, "no client can connect: %s", strerror(errno));
			uv_poll_stop(listener);
			uv_timer_start(&s->retry, on_retry, RETRY_MS, 0);
			return;
		} else {
			return;
		}
	}
}

/* ---- the capture thread's side ---- */

void fcd_server_notify(void *ctx)
{
	struct fcd_server *s = ctx;

	uv_async_send(&s->reported);
}

static void on_reported(uv_async_t *async)
{
	struct fcd_server *s = async->data;
	struct fcd_conn *c;

	fcd_capture_report(s->capture, &s->report);
	for (c = s->conns; c; c = c->next)
		fcd_conn_report(c, &s->report);
	fcd_service_report(s);
	fcd_server_reap(s);
}

static void on_busy(uv_idle_t *idle)
{
	struct fcd_server *s = idle->data;
	bool again = false;
	struct fcd_conn *c;

	for (c = s->conns; c; c = c->next) {
		if (c->has_more)
			fcd_conn_turn(c);
		again |= c->has_more;
	}
	if (!again)
		uv_idle_stop(idle);
}

void fcd_server_busy(struct fcd_server *s)
{
	uv_idle_start(&s->busy, on_busy);
}

static void on_check(uv_timer_t *timer)
{
	struct fcd_server *s = timer->data;
	bool again = false;
	struct fcd_conn *c;

	for (c = s->conns; c; c = c->next)
		again |= fcd_stream_check(c);
	if (!again)
		uv_timer_stop(timer);
}

void fcd_server_watch(struct fcd_server *s)
{
	if (!uv_is_active((uv_handle_t *)&s->check))
		uv_timer_start(&s->check, on_check, CHECK_MS, CHECK_MS);
}

/* ---- the end ---- */

static void on_deadline(uv_timer_t *timer)
{
	struct fcd_server *s = timer->data;
	struct fcd_conn *c;
	bool is_cut = false;

	for (c = s->conns; c; c = c->next) {
		/* Who reads shared memory keeps it. */
		is_cut |= c->state != FCD_CONN_SHM && c->state != FCD_CONN_GONE;
		fcd_conn_close(c);
	}
	if (is_cut)
		fcd_log(FCD_LOG_WARNING, "clients that did not read their last events are cut off");
}

/* The last events are delivered, then it ends. */
static void stop(struct fcd_server *s)
{
	s->is_stopping = true;
	fcd_service_stopping();
	uv_poll_stop(&s->listener);
	fcd_socket_close(s->socket);
	uv_timer_start(&s->deadline, on_deadline, DEADLINE_MS, 0);
	fcd_capture_stop(s->capture);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct fcd_server *s = handle->data;

	if (s->is_stopping)
		return;
	if (s->command) { /* it decides whether this is the end */
		kill(s->command->pid, signum);
		return;
	}
	fcd_log(FCD_LOG_INFO, "signal %s: the last events are delivered, then it ends",
		strsignal(signum));
	stop(s);
}

/* Also what a terminal says when it is closed, and then there is nobody who would end us. */
static void on_hangup(uv_signal_t *handle, int signum)
{
	struct fcd_server *s = handle->data;

	if (s->command || (!isatty(STDERR_FILENO) && errno == EIO)) {
		on_signal(handle, signum);
		return;
	}
	fcd_service_reloading();
	fcd_reload(s->config, s->given);
	fcd_service_reloaded();
}

static void on_child(uv_signal_t *handle, int signum)
{
	struct fcd_server *s = handle->data;

	(void)signum;
	if (!fcd_command_has_ended(s->command))
		return;
	fcd_log(FCD_LOG_INFO, "the command ended with status %d", s->command->status);
	stop(s);
}

/* ---- life ---- */

static int catch_signal(struct fcd_server *s, uv_signal_t *handle, uv_signal_cb callback,
			int signum)
{
	int err = uv_signal_init(&s->loop, handle);

	handle->data = s;
	return err ? err : uv_signal_start(handle, callback, signum);
}

static int catch_signals(struct fcd_server *s)
{
	int err = catch_signal(s, &s->sigterm, on_signal, SIGTERM);

	if (!err)
		err = catch_signal(s, &s->sighup, on_hangup, SIGHUP);
	if (err)
		return err;
	return s->command ? catch_signal(s, &s->sigchld, on_child, SIGCHLD)
			  : catch_signal(s, &s->sigint, on_signal, SIGINT);
}

static int open_handles(struct fcd_server *s)
{
	int err;

	s->reported.data = s->listener.data = s->busy.data = s;
	s->linger.data = s->retry.data = s->deadline.data = s->check.data = s;
	uv_idle_init(&s->loop, &s->busy);
	uv_timer_init(&s->loop, &s->linger);
	uv_timer_init(&s->loop, &s->retry);
	uv_timer_init(&s->loop, &s->deadline);
	uv_timer_init(&s->loop, &s->check);
	fcd_service_init(s);
	err = uv_async_init(&s->loop, &s->reported, on_reported);
	if (!err)
		err = uv_poll_init(&s->loop, &s->listener, s->socket->fd);
	return err ? err : catch_signals(s);
}

int fcd_server_init(struct fcd_server *s, struct fcd_config *c,
		    const struct fcd_options_given *given, const struct fcd_engine_choice *engine,
		    struct fcd_socket *socket, struct fcd_command *command)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->config = c;
	s->given = given;
	s->engine = engine;
	s->socket = socket;
	s->command = command;
	s->report.interest.size = sizeof(s->report.interest);
	err = uv_loop_init(&s->loop);
	if (err)
		return err;
	err = open_handles(s);
	if (err)
		fcd_server_fini(s);
	return err;
}

int fcd_server_run(struct fcd_server *s, struct fcd_capture *capture, struct fcd_err *err)
{
	int ret = fcd_socket_listen(s->socket);

	if (!ret)
		ret = uv_poll_start(&s->listener, UV_READABLE, on_client);
	if (ret)
		return fcd_err_set(err, ret, NULL, "%s: %s", s->socket->path, strerror(-ret));
	s->capture = capture;
	s->started_ms = uv_now(&s->loop);
	fcd_log(FCD_LOG_INFO, "listening on %s", s->socket->path);
	if (s->command)
		ret = fcd_command_start(s->command, s->socket->path);
	if (ret)
		return fcd_err_set(err, ret, NULL, "no process for the command: %s",
				   strerror(-ret));
	fcd_service_ready(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	return 0;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void fcd_server_fini(struct fcd_server *s)
{
	uv_walk(&s->loop, close_handle, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	uv_loop_close(&s->loop);
}
