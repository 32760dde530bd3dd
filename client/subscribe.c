// SPDX-License-Identifier: MIT
/* A subscription: ask for it, map what it brings, read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/json.h"
#include "client/internal.h"

#define NAP_MS	    2
#define NAP_RECORDS 4u

/* ---- begin and end ---- */

/* One line, to be freed, or NULL: no memory. */
static char *subscribe_request(unsigned int flags, const char *filter)
{
	struct fcd_text t = { 0 };

	fcd_text_str(&t, "{\"op\":\"subscribe\",\"format\":\"shm\",\"wire\":");
	fcd_text_u64(&t, FCD_WIRE);
	if (flags & FCD_CLIENT_PROCESSES)
		fcd_text_str(&t, ",\"processes\":true");
	if (filter) {
		fcd_text_str(&t, ",\"filter\":");
		fcd_text_str(&t, filter);
	}
	fcd_text_add(&t, "}", sizeof("}"));
	if (t.failed)
		fcd_text_free(&t);
	return t.at;
}

static int first_seq(const char *reply, uint64_t *seq)
{
	struct fcd_json json, value;

	if (fcd_json_parse(reply, &json) || !fcd_json_member(&json, "seq", &value) ||
	    fcd_json_number(&value, seq))
		return -EPROTO;
	return 0;
}

static int map_page(int fd, struct fcd_sub_page **out)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *at;

	/* What may shrink behind us would kill us with SIGBUS. */
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return -EPROTO;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < (off_t)sizeof(**out))
		return -EPROTO;
	at = mmap(NULL, sizeof(**out), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*out = at;
	return 0;
}

/* After the daemon's answer: whatever changes while /proc is read comes as an event, too. */
static int read_processes(struct fcd_client *c)
{
	int ret;

	if (!(c->flags & FCD_CLIENT_PROCESSES) && !fcd_filter_needs_processes(&c->filter))
		return 0;
	ret = fcd_proctable_new(&c->processes);
	if (!ret)
		fcd_proctable_seed(c->processes);
	return ret;
}

static int map(struct fcd_client *c, const int *fds, uint64_t seq)
{
	int ret = map_page(fds[1], &c->page);

	if (!ret)
		ret = read_processes(c);
	if (!ret)
		ret = fcd_feed_new(&c->feed, fds[0], c->page, seq, &c->filter, c->processes);
	if (ret)
		c->processes = NULL; /* it was the feed's */
	return ret;
}

int fcd_subscription_attach(struct fcd_client *c)
{
	char *reply = fcd_answer_line(&c->answer);
	uint64_t seq = 0;
	int ret = reply ? first_seq(reply, &seq) : -ENOMEM;

	if (!ret)
		ret = c->answer.count == 2 ? map(c, c->answer.fds, seq) : -EPROTO;
	fcd_answer_drop(&c->answer);
	if (ret) {
		free(reply);
		fcd_subscription_detach(c);
		return ret;
	}
	free(c->reply);
	c->reply = reply;
	return 0;
}

void fcd_subscription_detach(struct fcd_client *c)
{
	fcd_feed_free(c->feed);
	c->feed = NULL;
	c->processes = NULL;
	if (c->page)
		munmap(c->page, sizeof(*c->page));
	c->page = NULL;
}

void fcd_subscription_fini(struct fcd_client *c)
{
	fcd_subscription_detach(c);
	fcd_reconnect_fini(c);
	fcd_filter_fini(&c->filter);
	free(c->request);
	free(c->reply);
}

static int ask(struct fcd_client *c, struct fcd_client_error *err)
{
	int ret = fcd_exchange_send(c->fd, c->request, err);

	if (ret)
		return ret;
	ret = fcd_answer_receive(&c->answer, c->fd, 0);
	if (ret)
		return fcd_answer_failed(ret, err);
	ret = fcd_answer_check(&c->answer, NULL, err);
	if (ret)
		return ret;
	ret = fcd_subscription_attach(c);
	if (ret)
		return fcd_client_error_set(err, ret,
					    "cannot map the daemon's ring: %s (are the "
					    "daemon and this library of the same version?)",
					    strerror(-ret));
	if (!(c->flags & FCD_CLIENT_RECONNECT))
		return 0;
	ret = fcd_reconnect_init(c);
	return ret ? fcd_client_error_set(err, ret, "no timer: %s", strerror(-ret)) : 0;
}

int fcd_subscription_init(struct fcd_client *c, struct fcd_filter *filter, const char *json,
			  unsigned int flags)
{
	c->request = subscribe_request(flags, json);
	if (!c->request) {
		fcd_filter_fini(filter);
		return -ENOMEM;
	}
	c->filter = *filter;
	c->flags = flags;
	return 0;
}

int fcd_subscription_begin(struct fcd_client *c, struct fcd_client_error *err)
{
	int ret = ask(c, err);

	if (ret) {
		fcd_answer_drop(&c->answer);
		fcd_filter_fini(&c->filter);
		free(c->request);
		c->request = NULL;
	}
	return ret;
}

const char *fcd_client_reply(const struct fcd_client *c)
{
	return c->reply;
}

int fcd_client_is_connected(const struct fcd_client *c)
{
	return c->fd >= 0 && !c->is_gone && (c->feed || !c->request);
}

/* ---- read ---- */

static void drop_wakeups(struct fcd_client *c)
{
	char bytes[64];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		c->is_gone = true;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 1: there may be something to read. 0: the time is over. */
static int wait_readable(int fd, int timeout_ms, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = timeout_ms;
	int n;

	do {
		if (timeout_ms > 0)
			left = deadline - now_ms();
		if (timeout_ms >= 0 && left <= 0)
			return 0;
		n = poll(&p, 1, (int)left);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * 1: *record is set. 0: none is there, or *budget records were looked at; if none is, with
 * `sleeps` the daemon was told to wake us, by poll_fd. -ECONNRESET: the daemon is gone and all was
 * read.
 */
static int take(struct fcd_client *c, const struct fcd_envelope **record, uint32_t *budget,
		bool sleeps)
{
	bool was_gone;

	for (;;) {
		/* Looked at before the ring: all that a dead daemon wrote is there already. */
		was_gone = c->is_gone;
		fcd_feed_awake(c->feed);
		*record = fcd_feed_next(c->feed, budget);
		if (*record)
			return 1;
		if (!*budget)
			return 0;
		if (was_gone || fcd_feed_ended(c->feed))
			return -ECONNRESET;
		drop_wakeups(c);
		if (!c->is_gone && (!sleeps || fcd_feed_sleep(c->feed)))
			return 0;
	}
}

int fcd_subscription_step(struct fcd_client *c, const struct fcd_envelope **record,
			  uint32_t *budget, bool sleeps)
{
	int ret;

	if (!c->feed)
		return fcd_reconnect_step(c, record);
	ret = take(c, record, budget, sleeps);
	if (ret != -ECONNRESET || c->timer_fd < 0)
		return ret;
	fcd_reconnect_begin(c);
	return 0;
}

/*
 * While each nap brings several records, being woken for each would cost the daemon a system
 * call and us a look at every single one.
 */
static void nap(const struct fcd_client *c, int timeout_ms)
{
	struct pollfd p = { .fd = c->poll_fd, .events = POLLIN };

	poll(&p, 1, timeout_ms < 0 || timeout_ms > NAP_MS ? NAP_MS : timeout_ms);
}

int fcd_client_next(struct fcd_client *c, const struct fcd_envelope **record, int timeout_ms)
{
	int64_t deadline = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	const struct fcd_envelope *r;
	uint32_t budget;
	bool naps;
	int ret;

	if (!c->request)
		return -ENOTCONN;
	do {
		naps = timeout_ms && c->taken >= NAP_RECORDS;
		/* Asleep also after a return of 0: the foreign loop's descriptor needs it. */
		budget = UINT32_MAX;
		ret = fcd_subscription_step(c, &r, &budget, !naps);
		if (ret > 0) {
			c->taken++;
			*record = r;
		}
		if (ret)
			return ret;
		c->taken = 0;
		if (naps)
			nap(c, timeout_ms);
		else
			ret = wait_readable(c->poll_fd, timeout_ms, deadline);
	} while (naps || ret > 0);
	return ret;
}
