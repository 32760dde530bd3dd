/* SPDX-License-Identifier: MIT */
/*
 * daemon_stub.h - the daemon's side of a connection, played by the test itself in one thread:
 * what it answers lies in the socket before the client asks.
 */
#ifndef FCD_DAEMON_STUB_H
#define FCD_DAEMON_STUB_H

#include "core/cast.h"
#include "client/falco-capture.h"

#define STUB_RING_BYTES (1 << 18)

struct stub {
	char dir[64];
	char path[96];
	int listener;
	int conn; /* -1: none */
	struct fcd_cast *cast;
	struct fcd_sub_page *page; /* the subscriber's, once stub_subscribe ran */
	int page_fd;
};

void stub_start(struct stub *s);
void stub_stop(struct stub *s);

/* Connect a client and accept it. */
struct fcd_client *stub_connect(struct stub *s);
/* Send bytes, and descriptors with the first of them. */
void stub_send(struct stub *s, const char *bytes, const int *fds, int count);
/* What the client sent so far, as a string. */
const char *stub_received(struct stub *s);
/* Accept the client that connected. */
void stub_accept(struct stub *s);
/* Answer its subscription: s->cast from event number seq on. */
void stub_answer(struct stub *s, uint64_t seq);
/* A client that is subscribed so. */
struct fcd_client *stub_subscribe(struct stub *s, const char *filter, uint64_t seq);
struct fcd_client *stub_subscribe_with(struct stub *s, const char *filter, uint64_t seq,
				       unsigned int flags);

/* Publish close(fd) = 0 by thread tid. */
void stub_close_call(struct stub *s, int fd);
/* Publish what was put, and wake the subscriber if it said that it sleeps. */
void stub_publish(struct stub *s);
static inline const struct fcd_books *stub_books(const struct stub *s)
{
	return &s->page->books[s->page->version & 1];
}
/* A sealed memfd. */
int stub_memfd(size_t size, int seals);

#endif
