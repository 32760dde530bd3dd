// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/feed.h"
#include "core/format.h"
#include "core/text.h"
#include "client/internal.h"

struct fcd_client {
	int fd;
	bool is_gone; /* fd has ended */
	char *reply;  /* to the subscription */
	struct fcd_filter filter;
	struct fcd_sub_page *page;
	struct fcd_feed *feed; /* not NULL: subscribed */
};

int fcd_client_open(struct fcd_client **out, const char *path, struct fcd_client_error *err)
{
	struct fcd_client *c;
	int fd;

	fd = fcd_connect_open(path, err);
	if (fd < 0)
		return fd;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return fcd_client_error_set(err, -ENOMEM, "out of memory");
	}
	c->fd = fd;
	*out = c;
	return 0;
}

void fcd_client_close(struct fcd_client *c)
{
	if (!c)
		return;
	fcd_feed_free(c->feed);
	if (c->page)
		munmap(c->page, sizeof(*c->page));
	close(c->fd);
	free(c->reply);
	free(c);
}

int fcd_client_request(struct fcd_client *c, const char *request, char **reply,
		       struct fcd_client_error *err)
{
	int ret, none;

	if (c->feed)
		return fcd_client_error_set(err, -EISCONN, "requests come before the subscription");
	ret = fcd_exchange_send(c->fd, request, err);
	if (ret)
		return ret;
	return fcd_exchange_recv(c->fd, reply, NULL, 0, &none, err);
}

/* ---- subscribe ---- */

static char *subscribe_request(json_t *filter)
{
	json_t *request =
		json_pack("{s:s, s:s, s:O*}", "op", "subscribe", "format", "shm", "filter", filter);
	char *line = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	return line;
}

static int first_seq(const char *reply, uint64_t *seq)
{
	json_t *json = json_loads(reply, 0, NULL);
	const json_t *value = json_object_get(json, "seq");
	int ret = json_is_integer(value) && json_integer_value(value) >= 0 ? 0 : -EPROTO;

	if (!ret)
		*seq = json_integer_value(value);
	json_decref(json);
	return ret;
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

static int attach(struct fcd_client *c, const char *reply, const int *fds)
{
	uint64_t seq;
	int ret;

	ret = first_seq(reply, &seq);
	if (ret)
		return ret;
	ret = map_page(fds[1], &c->page);
	if (ret)
		return ret;
	ret = fcd_feed_new(&c->feed, fds[0], c->page, seq, &c->filter);
	if (ret) {
		munmap(c->page, sizeof(*c->page));
		c->page = NULL;
	}
	return ret;
}

static int start_reading(struct fcd_client *c, struct fcd_client_error *err)
{
	int fds[2] = { -1, -1 }, i, ret, count;
	char *reply;

	ret = fcd_exchange_recv(c->fd, &reply, fds, 2, &count, err);
	if (ret)
		return ret;
	ret = count == 2 ? attach(c, reply, fds) : -EPROTO;
	for (i = 0; i < count; i++)
		close(fds[i]);
	if (ret) {
		free(reply);
		return fcd_client_error_set(err, ret,
					    "cannot map the daemon's ring: %s (are the "
					    "daemon and this library of the same version?)",
					    strerror(-ret));
	}
	c->reply = reply;
	return 0;
}

int fcd_client_subscribe(struct fcd_client *c, const char *filter, struct fcd_client_error *err)
{
	json_t *json;
	char *line;
	int ret;

	if (c->feed)
		return fcd_client_error_set(err, -EISCONN, "subscribed already");
	ret = fcd_filter_parse(filter, &c->filter, &json, err);
	if (ret)
		return ret;
	line = subscribe_request(json);
	json_decref(json);
	if (!line)
		return fcd_client_error_set(err, -ENOMEM, "out of memory");
	ret = fcd_exchange_send(c->fd, line, err);
	free(line);
	return ret ? ret : start_reading(c, err);
}

const char *fcd_client_reply(const struct fcd_client *c)
{
	return c->reply;
}

/* ---- next ---- */

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

int fcd_client_next(struct fcd_client *c, const struct fcd_envelope **record, int timeout_ms)
{
	int64_t deadline = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	const struct fcd_envelope *r;
	uint32_t budget;
	bool was_gone;
	int ret;

	if (!c->feed)
		return -ENOTCONN;
	for (;;) {
		/* Looked at before the ring: all that a dead daemon wrote is there already. */
		was_gone = c->is_gone;
		fcd_feed_awake(c->feed);
		budget = UINT32_MAX;
		r = fcd_feed_next(c->feed, &budget);
		if (r) {
			*record = r;
			return 1;
		}
		if (was_gone || fcd_feed_ended(c->feed))
			return -ECONNRESET;
		drop_wakeups(c);
		if (c->is_gone || !fcd_feed_sleep(c->feed))
			continue;
		/* Asleep also after the return of 0: the foreign loop's descriptor needs it. */
		ret = wait_readable(c->fd, timeout_ms, deadline);
		if (ret <= 0)
			return ret;
	}
}

int fcd_client_fd(const struct fcd_client *c)
{
	return c->fd;
}

/* ---- format ---- */

typedef int format_fn(struct fcd_text *t, const struct fcd_envelope *record, size_t len);

static char *format(format_fn *fn, const struct fcd_envelope *record)
{
	struct fcd_text t = { 0 };

	if (record->bytes < sizeof(*record) || fn(&t, record, record->bytes))
		goto err_free;
	fcd_text_char(&t, 0);
	if (t.failed)
		goto err_free;
	return t.at;

err_free:
	fcd_text_free(&t);
	return NULL;
}

char *fcd_client_json(const struct fcd_envelope *record)
{
	return format(fcd_format_json, record);
}

char *fcd_client_text(const struct fcd_envelope *record)
{
	return format(fcd_format_text, record);
}
