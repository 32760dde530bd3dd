// SPDX-License-Identifier: MIT
/* Find the daemon's socket and connect to it, or say what was tried and what would help. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "client/internal.h"

#define SYSTEM_SOCKET "/run/falco-capture/capture.sock"
#define USER_SOCKET   "falco-capture.sock"

/* A daemon that accepts and then says nothing must not hang its clients for ever. */
#define ANSWER_TIMEOUT_S 30

static int connect_to(const char *path, int flags)
{
	const struct timeval limit = { .tv_sec = ANSWER_TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, err;

	if (len >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static const char *advice(int code)
{
	switch (code) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "is the daemon running? start it with: falco-capture";
	case -EACCES:
		return "you may not use this socket; are you in its group? see: ls -l on it";
	case -ENAMETOOLONG:
		return "a socket's path has at most 107 bytes; choose a shorter one";
	case -EAGAIN:
		return "the daemon does not accept connections; is it stopped or overloaded?";
	default:
		return "is this the socket of a falco-capture daemon?";
	}
}

static int connect_exactly(const char *path, int flags, struct fcd_client_error *err)
{
	int fd = connect_to(path, flags);

	if (fd >= 0)
		return fd;
	return fcd_client_error_set(err, fd, "cannot connect to %s: %s (%s)", path, strerror(-fd),
				    advice(fd));
}

static bool user_socket(char *out, size_t size)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || !dir || dir[0] != '/')
		return false;
	return snprintf(out, size, "%s/" USER_SOCKET, dir) < (int)size;
}

int fcd_connect_open(const char *path, int flags, struct fcd_client_error *err)
{
	char user[PATH_MAX];
	int first, fd;

	if (!path || !path[0])
		path = getenv("FALCO_CAPTURE_SOCKET");
	if (path && path[0])
		return connect_exactly(path, flags, err);
	if (!user_socket(user, sizeof(user)))
		return connect_exactly(SYSTEM_SOCKET, flags, err);
	first = connect_to(user, flags);
	if (first >= 0)
		return first;
	fd = connect_to(SYSTEM_SOCKET, flags);
	if (fd >= 0)
		return fd;
	return fcd_client_error_set(err, fd, "cannot connect to %s: %s, nor to %s: %s (%s)",
				    SYSTEM_SOCKET, strerror(-fd), user, strerror(-first),
				    advice(fd));
}
