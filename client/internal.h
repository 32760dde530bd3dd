/* SPDX-License-Identifier: MIT */
/* internal.h - what the files of libfalco-capture share. Nothing here is exported. */
#ifndef FCD_CLIENT_INTERNAL_H
#define FCD_CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "core/feed.h"
#include "core/text.h"
#include "client/falco-capture.h"

/* The daemon's answer to a request, with the descriptors that came with it. It begins as zeros. */
struct fcd_answer {
	struct fcd_text in; /* a line, and what follows it */
	int fds[2];
	int count;
};

struct fcd_client {
	char *path;   /* as fcd_client_open was given it */
	int fd;	      /* the connection; -1: none */
	int poll_fd;  /* an epoll of what can end a wait: its number and itself stay */
	bool is_gone; /* fd has ended */
	struct fcd_answer answer;
	char *reply; /* the newest to our subscription */

	/* A subscription. */
	unsigned int flags;
	char *request; /* not NULL: subscribed */
	struct fcd_filter filter;
	struct fcd_sub_page *page;
	struct fcd_feed *feed;		 /* NULL: there is no daemon */
	struct fcd_proctable *processes; /* the feed's; NULL: none is kept */
	uint32_t taken;			 /* records since there was none */

	/* FCD_CLIENT_RECONNECT. */
	int timer_fd; /* when to try again, or to give an attempt up; -1: none */
	unsigned int delay_ms;
	bool is_refused; /* for good */
	struct {
		struct fcd_envelope envelope;
		struct fcd_gap gap;
	} restart;
};

/* Set the text (err may be NULL) and return code, so that it can end a function. */
int fcd_client_error_set(struct fcd_client_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- connect.c ---- */

/* A connected socket; path as in fcd_client_open. flags: 0, or SOCK_NONBLOCK: do not wait. */
int fcd_connect_open(const char *path, int flags, struct fcd_client_error *err);

/* ---- exchange.c ---- */

/* Send one line of JSON; the newline is added. */
int fcd_exchange_send(int fd, const char *line, struct fcd_client_error *err);
/* Receive a line. 0: it is there, a string in `in`; -EAGAIN: more has to come. flags are recv's. */
int fcd_answer_receive(struct fcd_answer *a, int fd, int flags);
/* Take it out. NULL: no memory. */
char *fcd_answer_line(struct fcd_answer *a);
/* Say in err why it could not be received. */
int fcd_answer_failed(int code, struct fcd_client_error *err);
/*
 * What is the line? -EREMOTEIO with its message: {"ok":false,...}; *is_final, if not NULL: asking
 * again would not help. -EPROTO: it is no answer.
 */
int fcd_answer_check(const struct fcd_answer *a, bool *is_final, struct fcd_client_error *err);
/* Close and free what is in it. */
void fcd_answer_drop(struct fcd_answer *a);

/* ---- client.c ---- */

/* A client without a connection; path as in fcd_client_open. */
int fcd_client_new(struct fcd_client **out, const char *path);
/* Let what happens to fd end a wait. */
int fcd_client_watch(struct fcd_client *c, int fd);
void fcd_client_hang_up(struct fcd_client *c);

/* ---- subscribe.c ---- */

/*
 * What is to be asked for: the filter, and the same as JSON (NULL: everything). The filter becomes
 * the client's, also on failure. -ENOMEM
 */
int fcd_subscription_init(struct fcd_client *c, struct fcd_filter *filter, const char *json,
			  unsigned int flags);
/* Ask, and wait for the answer. */
int fcd_subscription_begin(struct fcd_client *c, struct fcd_client_error *err);
/*
 * The next record, without waiting. 1: *record is set. 0: none for now, or *budget is used up,
 * records that were looked at; if it is not, with `sleeps` wait for poll_fd. -ECONNRESET: the daemon
 * is gone; with FCD_CLIENT_RECONNECT the next one begins with a record of its own. -EREMOTEIO: it
 * refused.
 */
int fcd_subscription_step(struct fcd_client *c, const struct fcd_envelope **record,
			  uint32_t *budget, bool sleeps);
/* Begin to read what the answer brought. */
int fcd_subscription_attach(struct fcd_client *c);
void fcd_subscription_detach(struct fcd_client *c);
void fcd_subscription_fini(struct fcd_client *c);

/* ---- reconnect.c ---- */

int fcd_reconnect_init(struct fcd_client *c);
void fcd_reconnect_fini(struct fcd_client *c);
/* There is no daemon yet: look for one, at once. */
int fcd_reconnect_start(struct fcd_client *c);
/* It refused for good. Nevertheless ask again later: it may be another one by then. */
void fcd_reconnect_again(struct fcd_client *c);
/* The daemon is gone: look for the next one. */
void fcd_reconnect_begin(struct fcd_client *c);
/* While there is none. 1: there is one, *record says so. 0: wait for poll_fd. -EREMOTEIO: refused. */
int fcd_reconnect_step(struct fcd_client *c, const struct fcd_envelope **record);

#endif
