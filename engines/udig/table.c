// SPDX-License-Identifier: MIT
/* table.c - the slots of producers, and the one descriptor to wait on for all of them. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engines/udig/engine.h"

#define READY_AT_ONCE	32
#define ACCEPTS_AT_ONCE 16
#define SECOND		1000000000ULL
#define GREETING_NS	(10 * SECOND)
#define LISTENER	UDIG_PRODUCERS_MAX /* instead of a slot's number */

static int watch(struct udig_table *t, int op, int fd, uint32_t events, uint32_t number)
{
	struct epoll_event event = { .events = events, .data.u32 = number };

	return epoll_ctl(t->epoll_fd, op, fd, &event) ? -errno : 0;
}

int udig_table_open(struct udig_table *t, const struct fcd_host *host, struct fcd_err *err)
{
	uint32_t i;
	int ret;

	for (i = 0; i < UDIG_PRODUCERS_MAX; i++)
		t->slot[i].fd = -1;
	t->log.host = host;
	t->listener.fd = -1;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll_fd < 0) {
		ret = -errno;
		return udig_fail(err, ret, NULL, "epoll: %s", strerror(-ret));
	}
	ret = udig_listener_open(&t->listener, host, err);
	if (ret)
		return ret;
	ret = watch(t, EPOLL_CTL_ADD, t->listener.fd, EPOLLIN, LISTENER);
	return ret ? udig_fail(err, ret, NULL, "epoll: %s", strerror(-ret)) : 0;
}

void udig_table_close(struct udig_table *t)
{
	uint32_t i;

	udig_table_end(t);
	for (i = 0; i < t->count; i++)
		udig_block_close(&t->slot[i].block);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
}

static const struct fcd_interest *interest_now(const struct udig_table *t)
{
	return t->is_started ? &t->wish.interest : NULL;
}

void udig_table_tell(struct udig_table *t)
{
	uint32_t i;

	for (i = 0; i < t->count; i++)
		if (t->slot[i].block.at)
			udig_block_tell(&t->slot[i].block, &t->wish, interest_now(t));
}

/* ---- who comes ---- */

static struct udig_producer *free_slot(struct udig_table *t)
{
	uint32_t i;

	for (i = 0; i < UDIG_PRODUCERS_MAX; i++)
		if (t->slot[i].fd < 0 && !t->slot[i].block.at)
			return &t->slot[i];
	return NULL;
}

static void take_connection(struct udig_table *t, int fd)
{
	struct udig_producer *p = free_slot(t), who;
	uid_t own = geteuid();
	uint32_t number;
	int ret;

	if (udig_producer_init(&who, fd))
		return;
	if (who.uid && who.uid != own) {
		udig_producer_refuse(&who, &t->log, -EPERM,
				     "events are taken from root and from uid %u only; as another "
				     "user: falco-capture --engine=userspace -- command",
				     (unsigned int)own);
		return;
	}
	if (!p) {
		udig_producer_refuse(&who, &t->log, -EUSERS, "there are %d producers already",
				     UDIG_PRODUCERS_MAX);
		return;
	}
	number = (uint32_t)(p - t->slot);
	ret = watch(t, EPOLL_CTL_ADD, fd, EPOLLIN, number);
	if (ret) {
		udig_producer_refuse(&who, &t->log, ret, "the daemon cannot watch it: %s",
				     strerror(-ret));
		return;
	}
	*p = who;
	if (t->count <= number)
		t->count = number + 1;
}

/* Without a descriptor for who comes the listener would be readable for ever. */
static void set_deaf(struct udig_table *t, bool is_deaf)
{
	if (t->is_deaf == is_deaf || t->listener.fd < 0)
		return;
	t->is_deaf = is_deaf;
	(void)watch(t, EPOLL_CTL_MOD, t->listener.fd, is_deaf ? 0 : EPOLLIN, LISTENER);
}

static void take_connections(struct udig_table *t)
{
	int i;

	for (i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(t->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			take_connection(t, fd);
		else if (errno == EAGAIN)
			return;
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
	if (i == ACCEPTS_AT_ONCE)
		return;
	udig_say(&t->log, FCD_LOG_WARNING, "a producer must wait: %s", strerror(errno));
	set_deaf(t, true);
}

/* ---- who is there ---- */

static void look_at(struct udig_table *t, struct udig_producer *p)
{
	/* Its end was in the same batch. */
	if (p->fd < 0)
		return;
	if (!p->block.at)
		udig_producer_greet(p, &t->log, t->ring_bytes, &t->wish, interest_now(t));
	else if (!udig_producer_listen(p))
		udig_producer_end(p, &t->log, UDIG_GONE);
}

static void look_for_silent(struct udig_table *t)
{
	uint64_t now = udig_now_ns();
	uint32_t i;

	if (now - t->looked_ns < SECOND)
		return;
	t->looked_ns = now;
	for (i = 0; i < t->count; i++) {
		struct udig_producer *p = &t->slot[i];

		if (p->fd < 0)
			continue;
		if (p->block.at)
			udig_producer_watch(p, &t->log, now);
		else if (now - p->since_ns > GREETING_NS)
			udig_producer_refuse(p, &t->log, -ETIMEDOUT,
					     "it did not greet within %llu s",
					     GREETING_NS / SECOND);
	}
}

void udig_table_look(struct udig_table *t)
{
	struct epoll_event ready[READY_AT_ONCE];
	int n, i;

	set_deaf(t, false);
	look_for_silent(t);
	n = epoll_wait(t->epoll_fd, ready, READY_AT_ONCE, 0);
	for (i = 0; i < n; i++) {
		if (ready[i].data.u32 == LISTENER)
			take_connections(t);
		else
			look_at(t, &t->slot[ready[i].data.u32]);
	}
}

/* ---- who goes ---- */

void udig_table_end(struct udig_table *t)
{
	uint32_t i;

	udig_listener_close(&t->listener);
	for (i = 0; i < t->count; i++)
		if (t->slot[i].fd >= 0)
			udig_producer_end(&t->slot[i], &t->log, UDIG_STOP);
}

void udig_table_retire(struct udig_table *t, uint32_t slot)
{
	struct udig_producer *p = slot < t->count ? &t->slot[slot] : NULL;

	if (!p || !p->block.at)
		return;
	if (p->fd >= 0)
		udig_producer_end(p, &t->log, UDIG_BROKEN);
	udig_block_close(&p->block);
}

uint32_t udig_table_connected(const struct udig_table *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->count; i++)
		n += t->slot[i].fd >= 0 && t->slot[i].block.at;
	return n;
}
