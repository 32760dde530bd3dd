// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "client/internal.h"

/* ---- the connection ---- */

int fcd_client_watch(struct fcd_client *c, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(c->poll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void fcd_client_hang_up(struct fcd_client *c)
{
	if (c->fd < 0)
		return;
	/* Closing is not enough: a child of fork() may have it too. */
	epoll_ctl(c->poll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	c->fd = -1;
	c->is_gone = false;
	fcd_answer_drop(&c->answer);
}

int fcd_client_new(struct fcd_client **out, const char *path)
{
	struct fcd_client *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	if (!c)
		return ret;
	c->fd = c->timer_fd = -1;
	c->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->poll_fd < 0) {
		ret = -errno;
		goto err_close;
	}
	c->path = path ? strdup(path) : NULL;
	if (path && !c->path)
		goto err_close;
	*out = c;
	return 0;

err_close:
	fcd_client_close(c);
	return ret;
}

int fcd_client_open(struct fcd_client **out, const char *path, struct fcd_client_error *err)
{
	struct fcd_client *c;
	int fd, ret;

	fd = fcd_connect_open(path, 0, err);
	if (fd < 0)
		return fd;
	ret = fcd_client_new(&c, path);
	if (ret) {
		close(fd);
		return fcd_client_error_set(err, ret, "no client: %s", strerror(-ret));
	}
	c->fd = fd;
	ret = fcd_client_watch(c, fd);
	if (ret) {
		fcd_client_close(c);
		return fcd_client_error_set(err, ret, "cannot watch a connection: %s",
					    strerror(-ret));
	}
	*out = c;
	return 0;
}

void fcd_client_close(struct fcd_client *c)
{
	if (!c)
		return;
	fcd_subscription_fini(c);
	fcd_client_hang_up(c);
	if (c->poll_fd >= 0)
		close(c->poll_fd);
	free(c->path);
	free(c);
}

int fcd_client_fd(const struct fcd_client *c)
{
	return c->poll_fd;
}

/* ---- requests ---- */

static int receive(struct fcd_client *c, struct fcd_client_error *err)
{
	int ret = fcd_answer_receive(&c->answer, c->fd, 0);

	return ret ? fcd_answer_failed(ret, err) : 0;
}

static int take_line(struct fcd_client *c, char **line, struct fcd_client_error *err)
{
	*line = fcd_answer_line(&c->answer);
	return *line ? 0 : fcd_client_error_set(err, -ENOMEM, "out of memory");
}

int fcd_client_request(struct fcd_client *c, const char *request, char **reply,
		       struct fcd_client_error *err)
{
	int ret;

	if (c->request)
		return fcd_client_error_set(err, -EISCONN, "requests come before the subscription");
	ret = fcd_exchange_send(c->fd, request, err);
	if (!ret)
		ret = receive(c, err);
	if (!ret)
		ret = fcd_answer_check(&c->answer, NULL, err);
	if (!ret)
		return take_line(c, reply, err);
	fcd_answer_drop(&c->answer);
	return ret;
}

int fcd_client_line(struct fcd_client *c, char **line, struct fcd_client_error *err)
{
	int ret;

	if (c->request)
		return fcd_client_error_set(err, -EISCONN, "a subscription has no lines");
	ret = receive(c, err);
	return ret ? ret : take_line(c, line, err);
}

const char *fcd_client_version(void)
{
	return FCD_VERSION;
}
