/* SPDX-License-Identifier: MIT */
/* message.h - struct msghdr and mmsghdr of either width. */
#ifndef TRACE_MESSAGE_H
#define TRACE_MESSAGE_H

#include "net.h"
#include "pieces.h"
#include "sockway.h"

/* What a message is made of; addresses below 4 GiB. */
struct message {
	const union addr *name;
	uint32_t name_len;
	const struct piece *p;
	unsigned int n; /* pieces */
	const char *control;
	uint32_t control_len;
};

/* All that f does, in each way. */
static inline void by_each_way(void (*f)(void))
{
	for (enum sock_way way = WAY_64; way <= WAY_SOCKETCALL; way++) {
		sock_take(way);
		is_32bit = way != WAY_64;
		f();
	}
}

#define WORD	   (is_32bit ? 4 : 8)
#define MSG_BYTES  (7 * WORD)
#define MMSG_BYTES (8 * WORD)

/* Store the header at `to`, its vector at `vec`; returns the header's end. */
static inline char *message_store(char *to, char *vec, const struct message *m)
{
	pieces_store(vec, m->p, m->n);
	to = store(to, ADDR(m->name), WORD);
	to = store(to, m->name_len, WORD);
	to = store(to, ADDR(vec), WORD);
	to = store(to, m->n, WORD);
	to = store(to, ADDR(m->control), WORD);
	to = store(to, m->control_len, WORD);
	return store(to, 0, WORD);
}

/* What the kernel has put into the header's place for the length of the control messages. */
static inline uint32_t message_control_len(const char *at)
{
	uint64_t len = 0;

	memcpy(&len, at + 5 * WORD, WORD);
	return len;
}

/* Bytes of a message of several. */
static inline uint32_t message_done(const char *at)
{
	uint32_t done;

	memcpy(&done, at + MSG_BYTES, sizeof(done));
	return done;
}

#endif
