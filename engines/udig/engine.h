/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the parts of the userspace engine, the other side of abi/udig.h. One
 * instance, one thread at a time. Producers are hostile: no call waits for one, and
 * what they can write is read once and bounded.
 */
#ifndef FCD_UDIG_ENGINE_H
#define FCD_UDIG_ENGINE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>
#include "abi/engine.h"
#include "abi/udig.h"

/* ---- text.c ---- */

/* The log, so that producers cannot fill it: what is too much is counted and left out. */
struct udig_log {
	const struct fcd_host *host;
	uint64_t since_ns;
	uint32_t lines, left_out; /* in this second */
};

int udig_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void udig_say(struct udig_log *log, uint32_t level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t udig_now_ns(void); /* CLOCK_BOOTTIME */

/* ---- listen.c: the socket ---- */

struct udig_listener {
	int fd;
	struct sockaddr_un address;
	dev_t dev; /* who the file is, to remove no other */
	ino_t ino;
};

/* Could a socket be made there? */
int udig_listener_check(const struct fcd_host *host, struct fcd_err *err);
int udig_listener_open(struct udig_listener *l, const struct fcd_host *host, struct fcd_err *err);
void udig_listener_close(struct udig_listener *l);

/* ---- block.c: memory that a producer writes ---- */

/* What all producers are asked for. */
struct udig_wish {
	struct fcd_interest interest;
	uint64_t hash_key[2];
	uint32_t snaplen;
};

struct udig_block {
	struct fcd_block *at; /* NULL: none */
	uint64_t ring_bytes, map_bytes;
};

/* *fd is the memory for the producer; the caller closes it. */
int udig_block_open(struct udig_block *b, uint64_t ring_bytes, int *fd);
void udig_block_close(struct udig_block *b);
/* Interest NULL: none. */
void udig_block_tell(struct udig_block *b, const struct udig_wish *w,
		     const struct fcd_interest *interest);
uint64_t udig_block_alive_ns(const struct udig_block *b);
/*
 * From now on the host sees what was published up to now, whatever the producer does. At a
 * stop what was not ended by then is not counted as begun.
 */
void udig_block_freeze(struct udig_block *b, bool is_stop);
void udig_block_describe(const struct udig_block *b, struct fcd_ring_desc *out);

/* ---- producer.c: one connection ---- */

/*
 * A descriptor and no block: it has not greeted yet. Both: connected. A block alone: its
 * producer is gone, the host has not read it to its end. Neither: a free slot.
 */
struct udig_producer {
	int fd;
	struct udig_block block;
	uint64_t since_ns; /* when it connected */
	pid_t pid;
	uid_t uid;
	bool is_silent;
	char name[32];
};

enum udig_end {
	UDIG_GONE,   /* it closed the connection, or died */
	UDIG_STOP,   /* the capture stops */
	UDIG_BROKEN, /* what it wrote were no events */
};

/* An accepted descriptor becomes a producer that has not greeted. Takes the descriptor. */
int udig_producer_init(struct udig_producer *p, int fd);
/* Tell it why not, and let it go. */
void udig_producer_refuse(struct udig_producer *p, struct udig_log *log, int status,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Read its greeting and answer: it has a block, or its slot is free. */
void udig_producer_greet(struct udig_producer *p, struct udig_log *log, uint64_t ring_bytes,
			 const struct udig_wish *w, const struct fcd_interest *interest);
/* Read what woke us. False: it is gone. */
bool udig_producer_listen(struct udig_producer *p);
/* Close the connection; a block stays until it is retired. */
void udig_producer_end(struct udig_producer *p, struct udig_log *log, enum udig_end how);
/* Log once that it is silent, and once that it is back. */
void udig_producer_watch(struct udig_producer *p, struct udig_log *log, uint64_t now_ns);

/* ---- table.c: all of them ---- */

#define UDIG_PRODUCERS_MAX 256

struct udig_table {
	struct udig_log log;
	struct udig_listener listener;
	int epoll_fd;	    /* over listener and connections */
	bool is_deaf;	    /* the listener is left out: no descriptor for who comes */
	bool is_started;    /* else nothing is asked for */
	uint64_t looked_ns; /* when the silent were looked for */
	uint64_t ring_bytes;
	struct udig_wish wish;
	uint32_t count; /* slots up to the last that was ever used */
	struct udig_producer slot[UDIG_PRODUCERS_MAX];
};

int udig_table_open(struct udig_table *t, const struct fcd_host *host, struct fcd_err *err);
void udig_table_close(struct udig_table *t);
/* Tell all what is wanted now. */
void udig_table_tell(struct udig_table *t);
/* Look at what is ready; bounded work, no waiting. */
void udig_table_look(struct udig_table *t);
/* Nobody may connect any more, and no head moves. */
void udig_table_end(struct udig_table *t);
void udig_table_retire(struct udig_table *t, uint32_t slot);
uint32_t udig_table_connected(const struct udig_table *t);

#endif
