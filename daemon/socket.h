/* SPDX-License-Identifier: MIT */
/*
 * socket.h - the file that clients connect to.
 *
 * Beside it lies PATH.lock, locked and with the pid in it as long as its daemon lives. Who holds
 * the lock may replace what a daemon that was killed has left.
 */
#ifndef FCD_SOCKET_H
#define FCD_SOCKET_H

#include <stdbool.h>
#include <sys/un.h>
#include "core/config.h"

#define FCD_SOCKET_PATH_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

struct fcd_socket {
	int fd, lock_fd;
	bool is_passed; /* by systemd, which keeps the file */
	char path[FCD_SOCKET_PATH_MAX];
	char lock_path[FCD_SOCKET_PATH_MAX + sizeof(".lock")];
};

/*
 * Take the socket that systemd passes, or lock and bind; nobody can connect before fcd_socket_listen. The file is created with its
 * final mode: 0660 and the config's group where there is such a group, else 0600. Only while
 * the process has one thread: it changes umask and group for a moment.
 */
int fcd_socket_open(struct fcd_socket *out, const struct fcd_config *c, struct fcd_err *err);
int fcd_socket_listen(struct fcd_socket *s);
/* Unlinks both files. Allowed twice; the path can still be read. */
void fcd_socket_close(struct fcd_socket *s);

#endif
