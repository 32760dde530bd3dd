/* SPDX-License-Identifier: MIT */
/* send_fds.h - what a daemon's side of a connection sends, played by a test, a fuzzer or a bench. */
#ifndef FCD_SEND_FDS_H
#define FCD_SEND_FDS_H

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_FDS_MAX 8

/* Send a string, and descriptors with the first byte of it. False: errno says why. */
static inline bool send_fds(int conn, const char *text, const int *fds, int count)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(SEND_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (count) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	}
	return sendmsg(conn, &msg, MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

/* A sealed memfd, or -1. */
static inline int sealed_memfd(size_t bytes, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !ftruncate(fd, (off_t)bytes) && !fcntl(fd, F_ADD_SEALS, seals))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

#endif
