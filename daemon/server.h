/* SPDX-License-Identifier: MIT */
/* server.h - the libuv loop: the listener, the connections, what they want together. */
#ifndef FCD_SERVER_H
#define FCD_SERVER_H

#include <uv.h>
#include "core/config.h"
#include "daemon/books.h"
#include "daemon/capture.h"
#include "daemon/command.h"
#include "daemon/engine.h"
#include "daemon/options.h"
#include "daemon/service.h"
#include "daemon/socket.h"

struct fcd_conn;

struct fcd_server {
	struct fcd_config *config; /* what is live of it changes */
	const struct fcd_options_given *given;
	const struct fcd_engine_choice *engine;
	struct fcd_capture *capture;
	struct fcd_socket *socket;
	struct fcd_command *command; /* NULL: none */
	uint64_t started_ms;	     /* of the loop's clock */
	bool is_stopping;

	uv_loop_t loop;
	uv_poll_t listener;
	uv_async_t reported; /* the capture thread has something to say */
	uv_idle_t busy;	     /* active while a stream has more to do */
	uv_timer_t linger;   /* nobody is subscribed any more */
	uv_timer_t retry;    /* no descriptor was left for a client */
	uv_timer_t deadline; /* for the streams' last events */
	uv_timer_t check;    /* active while a stream may become too slow */
	uv_signal_t sigterm, sighup;
	uv_signal_t sigint;  /* only without a command */
	uv_signal_t sigchld; /* only with one */
	struct fcd_service service;

	struct fcd_conn *conns;
	uint32_t conns_count;
	struct fcd_books_gone gone; /* subscribers */
	struct fcd_capture_report report;
};

/* Open the loop; fcd_server_notify may be called from then on. command may be NULL. */
int fcd_server_init(struct fcd_server *s, struct fcd_config *c,
		    const struct fcd_options_given *given, const struct fcd_engine_choice *engine,
		    struct fcd_socket *socket, struct fcd_command *command);
/* [any thread] ctx is the server. For fcd_capture_setup. */
void fcd_server_notify(void *ctx);
/*
 * Serve until SIGTERM or SIGINT; with a command: start it once clients can connect, serve until it
 * has ended. -errno: it could not begin.
 */
int fcd_server_run(struct fcd_server *s, struct fcd_capture *capture, struct fcd_err *err);
void fcd_server_fini(struct fcd_server *s);

/* ---- for connections ---- */

/* The set of subscribers has changed: tell the capture thread. */
void fcd_server_changed(struct fcd_server *s);
/* A stream has more to do in the next turn. */
void fcd_server_busy(struct fcd_server *s);
/* A stream that is to be disconnected when it is too slow does not take its events. */
void fcd_server_watch(struct fcd_server *s);
/* Free what nobody uses any more; the last one of a server that stops ends its loop. */
void fcd_server_reap(struct fcd_server *s);

#endif
