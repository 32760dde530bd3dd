// SPDX-License-Identifier: MIT
/*
 * FCD_CLIENT_RECONNECT: from one daemon's end to the next one's beginning. Nothing here waits:
 * the timer and the new connection are in the descriptor that the user waits for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "client/internal.h"

#define FIRST_MS  50u
#define LAST_MS	  2000u
#define ANSWER_MS 30000u /* from the request to the answer: engines are told in between */

int fcd_reconnect_init(struct fcd_client *c)
{
	int ret;

	c->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->timer_fd < 0)
		return -errno;
	ret = fcd_client_watch(c, c->timer_fd);
	if (ret)
		fcd_reconnect_fini(c);
	return ret;
}

void fcd_reconnect_fini(struct fcd_client *c)
{
	if (c->timer_fd >= 0)
		close(c->timer_fd);
	c->timer_fd = -1;
}

static void set_timer(struct fcd_client *c, unsigned int ms)
{
	const struct itimerspec t = { .it_value = { .tv_sec = ms / 1000,
						    .tv_nsec = (long)(ms % 1000) * 1000000 } };

	timerfd_settime(c->timer_fd, 0, &t, NULL);
}

static void try_later(struct fcd_client *c)
{
	fcd_client_hang_up(c);
	set_timer(c, c->delay_ms);
	c->delay_ms = c->delay_ms * 2 < LAST_MS ? c->delay_ms * 2 : LAST_MS;
}

void fcd_reconnect_begin(struct fcd_client *c)
{
	fcd_subscription_detach(c);
	c->delay_ms = FIRST_MS;
	try_later(c);
}

static void ask(struct fcd_client *c)
{
	c->fd = fcd_connect_open(c->path, SOCK_NONBLOCK, NULL);
	if (c->fd < 0 || fcd_client_watch(c, c->fd) || fcd_exchange_send(c->fd, c->request, NULL))
		try_later(c);
	else
		set_timer(c, ANSWER_MS);
}

int fcd_reconnect_start(struct fcd_client *c)
{
	int ret = fcd_reconnect_init(c);

	if (ret)
		return ret;
	c->delay_ms = FIRST_MS;
	ask(c);
	return 0;
}

void fcd_reconnect_again(struct fcd_client *c)
{
	c->is_refused = false;
	c->delay_ms = LAST_MS;
	try_later(c);
}

/* What happened in between is not known, not even how much. */
static const struct fcd_envelope *tell(struct fcd_client *c)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	c->restart.envelope = (struct fcd_envelope){ .bytes = sizeof(c->restart),
						     .kind = FCD_GAP,
						     .seq = c->page->first };
	c->restart.gap = (struct fcd_gap){ .ts_ns = (uint64_t)now.tv_sec * 1000000000 +
						    (uint64_t)now.tv_nsec,
					   .cause = FCD_LOSS_RESTART };
	return &c->restart.envelope;
}

/* The new daemon will never serve this: its answer says why. */
static int refused(struct fcd_client *c)
{
	free(c->reply);
	c->reply = fcd_answer_line(&c->answer);
	fcd_client_hang_up(c);
	return -EREMOTEIO;
}

/* 1: subscribed again. 0: not yet. */
static int receive(struct fcd_client *c, const struct fcd_envelope **record)
{
	int ret = fcd_answer_receive(&c->answer, c->fd, MSG_DONTWAIT);

	if (ret == -EAGAIN)
		return 0;
	if (!ret)
		ret = fcd_answer_check(&c->answer, &c->is_refused, NULL);
	if (c->is_refused)
		return refused(c);
	if (!ret)
		ret = fcd_subscription_attach(c);
	if (ret) {
		try_later(c);
		return 0;
	}
	set_timer(c, 0);
	*record = tell(c);
	return 1;
}

int fcd_reconnect_step(struct fcd_client *c, const struct fcd_envelope **record)
{
	uint64_t expirations;

	if (c->is_refused)
		return -EREMOTEIO;
	if (read(c->timer_fd, &expirations, sizeof(expirations)) > 0) {
		if (c->fd < 0)
			ask(c);
		else
			try_later(c);
	}
	return c->fd < 0 ? 0 : receive(c, record);
}
