/* SPDX-License-Identifier: MIT */
/*
 * conn.h - one client's connection, from its first request to its last event. Everything
 * here is called by the loop's thread; nothing blocks.
 */
#ifndef FCD_CONN_H
#define FCD_CONN_H

#include <sys/socket.h>
#include <uv.h>
#include "core/feed.h"
#include "core/text.h"
#include "daemon/capture.h"
#include "daemon/request.h"

struct fcd_server;
struct fcd_snapshot_job;

enum fcd_conn_state {
	FCD_CONN_REQUESTS, /* reads requests */
	FCD_CONN_ASKED,	   /* status or stats: waits for a report with fresh numbers */
	FCD_CONN_WANTED,   /* subscribe: waits until the engine has been told */
	FCD_CONN_STREAM,   /* events on this connection */
	FCD_CONN_SHM,	   /* wake-ups, by the capture thread */
	FCD_CONN_SNAPSHOT, /* what there is on this host, piece by piece */
	FCD_CONN_LAST,	   /* closes when everything is sent */
	FCD_CONN_GONE,	   /* freed when neither the loop nor the capture thread uses it */
};

struct fcd_conn {
	struct fcd_server *server;
	struct fcd_conn *next;
	enum fcd_conn_state state;
	int fd;
	struct ucred peer;
	uv_poll_t poll;
	int watched;	/* what the handle waits for */
	bool is_polled; /* the handle is open */
	bool has_ended; /* the peer sends no more */
	struct fcd_text in, out;
	size_t sent; /* of out */
	struct fcd_request request;
	struct fcd_snapshot_job *job; /* of the snapshot that it asked for last */

	/* Of a subscriber, from the moment that it is wanted. */
	bool is_sink;	 /* the capture thread uses page and fd, or will */
	bool has_begun;	 /* it was told that it is subscribed */
	bool has_more;	 /* a stream: go on in the next turn of the loop */
	uint64_t number; /* the ask or want that it waits for; 0: not sent yet */
	struct fcd_sub_page *page;
	int page_fd;			 /* SHM: until it was sent */
	struct fcd_feed *feed;		 /* a stream's, from when it reads */
	uint64_t first;			 /* number of the first event that it covers */
	struct fcd_proctable *processes; /* the feed's, or to become that; NULL: none is kept */
	uv_work_t seeding;		 /* of processes; the connection is not freed while */
	bool is_seeding;
	uint64_t malformed; /* events that could not be written as JSON */
	uint64_t overrun;   /* events whose loss ended it; 0: none did */
	uint32_t checks;    /* since then */
};

/* Takes fd over; a negative errno if it cannot, fd is closed then. */
int fcd_conn_new(struct fcd_server *s, int fd, struct fcd_conn **out);
/* Ends it now. It is freed later, by fcd_server_reap(). */
void fcd_conn_close(struct fcd_conn *c);
/* Does nobody use it any more? */
bool fcd_conn_is_free(const struct fcd_conn *c, const struct fcd_capture_report *r);
void fcd_conn_free(struct fcd_conn *c);

/* Does it belong to what the capture thread is to be told? */
bool fcd_conn_is_subscriber(const struct fcd_conn *c);
/* There is a new report: answer what waits for it, go on with a stream. */
void fcd_conn_report(struct fcd_conn *c, const struct fcd_capture_report *r);
/* Go on: with a stream that has_more, or when a piece of a snapshot is there. */
void fcd_conn_turn(struct fcd_conn *c);

/* ---- for what a connection does ---- */

/* Send what is in out. False: the connection is gone. */
bool fcd_conn_flush(struct fcd_conn *c);
/* Close when everything in out is sent. */
void fcd_conn_end(struct fcd_conn *c);
/* The last thing that the client hears. */
void fcd_conn_refuse(struct fcd_conn *c, const char *code, const struct fcd_err *err);
void fcd_conn_refuse_stopping(struct fcd_conn *c);
/* code: a negative errno. */
void fcd_conn_refuse_internal(struct fcd_conn *c, int code);

#endif
