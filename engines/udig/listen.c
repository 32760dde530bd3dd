// SPDX-License-Identifier: MIT
/* listen.c - the socket that producers connect to, beside the daemon's own. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "engines/udig/engine.h"

#define BACKLOG	   64
#define OTHER_PATH "name another place with --socket"

#ifndef SO_PASSRIGHTS /* Linux 6.16 */
#define SO_PASSRIGHTS 83
#endif

static int address_of(const struct fcd_host *host, struct sockaddr_un *out, struct fcd_err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = NULL;
	int len;

	if (host->size >= offsetof(struct fcd_host, socket) + sizeof(path))
		path = host->socket;
	if (!path || !*path)
		return udig_fail(err, -EINVAL, "run it in a daemon that listens on a socket",
				 "the host has no socket that producers could connect beside");
	len = snprintf(a.sun_path, sizeof(a.sun_path), "%s" FCD_UDIG_SUFFIX, path);
	if (len >= (int)sizeof(a.sun_path))
		return udig_fail(err, -ENAMETOOLONG, "name a shorter one with --socket",
				 "%s" FCD_UDIG_SUFFIX ": a socket's path has at most %zu bytes",
				 path, sizeof(a.sun_path) - 1);
	*out = a;
	return 0;
}

int udig_listener_check(const struct fcd_host *host, struct fcd_err *err)
{
	struct sockaddr_un a;
	const char *folder;
	int ret = address_of(host, &a, err);

	if (ret)
		return ret;
	folder = dirname(a.sun_path);
	if (!faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS))
		return 0;
	ret = -errno;
	return udig_fail(err, ret, OTHER_PATH, "no socket can be made in %s: %s", folder,
			 strerror(-ret));
}

/* ---- who was there before ---- */

/* 0: nobody listens there. */
static int ask_who_listens(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret = 0;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)a, sizeof(*a)) || errno == EAGAIN ||
	    errno == EPROTOTYPE)
		ret = -EADDRINUSE;
	else if (errno != ECONNREFUSED)
		ret = -errno;
	close(fd);
	return ret;
}

static int remove_stale(const struct sockaddr_un *a, struct fcd_err *err)
{
	struct stat st;
	int ret;

	if (lstat(a->sun_path, &st)) {
		ret = -errno;
		if (ret == -ENOENT)
			return 0;
		return udig_fail(err, ret, OTHER_PATH, "%s: %s", a->sun_path, strerror(-ret));
	}
	if (!S_ISSOCK(st.st_mode))
		return udig_fail(err, -EEXIST, "remove it, or " OTHER_PATH,
				 "%s exists and is not a socket", a->sun_path);
	ret = ask_who_listens(a);
	if (ret == -EADDRINUSE)
		return udig_fail(err, ret, "stop it, or " OTHER_PATH,
				 "another program listens on %s", a->sun_path);
	if (!ret && unlink(a->sun_path))
		ret = -errno;
	return ret ? udig_fail(err, ret, OTHER_PATH, "%s: %s", a->sun_path, strerror(-ret)) : 0;
}

/* ---- open and close ---- */

/*
 * For root and this user only, by the file's mode: what others could send us they must not be
 * able to send. Nor may producers send descriptors, where the kernel lets us say so.
 */
static int bind_file(struct udig_listener *l)
{
	struct stat st;
	mode_t mask;
	int off = 0, ret;

	(void)setsockopt(l->fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
	mask = umask(0177);
	ret = bind(l->fd, (struct sockaddr *)&l->address, sizeof(l->address)) ? -errno : 0;
	umask(mask);
	if (ret)
		return ret;
	if (lstat(l->address.sun_path, &st))
		return -errno;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return listen(l->fd, BACKLOG) ? -errno : 0;
}

int udig_listener_open(struct udig_listener *l, const struct fcd_host *host, struct fcd_err *err)
{
	int ret = address_of(host, &l->address, err);

	if (!ret)
		ret = remove_stale(&l->address, err);
	if (ret)
		return ret;
	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = l->fd < 0 ? -errno : bind_file(l);
	if (!ret)
		return 0;
	udig_listener_close(l);
	return udig_fail(err, ret, OTHER_PATH, "%s: %s", l->address.sun_path, strerror(-ret));
}

void udig_listener_close(struct udig_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	/* The name before the descriptor: afterwards a new daemon may own it. */
	if (!lstat(l->address.sun_path, &st) && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->address.sun_path);
	close(l->fd);
	l->fd = -1;
}
