// SPDX-License-Identifier: MIT
/* producer.c - one connection: greeting, wake-ups, silence, end. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "engines/udig/engine.h"

#define WAKES_AT_ONCE 16
#define SECOND	      1000000000ULL
#define SILENCE_NS    (3 * SECOND)

int udig_producer_init(struct udig_producer *p, int fd)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	*p = (struct udig_producer){
		.fd = fd,
		.since_ns = udig_now_ns(),
		.pid = peer.pid,
		.uid = peer.uid,
		.name = "?",
	};
	return 0;
}

/* ---- answers ---- */

/* With a descriptor unless it is -1. */
static int send_welcome(const struct udig_producer *p, struct fcd_udig_welcome *w, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec data = { w, sizeof(*w) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	w->size = sizeof(*w);
	w->major = FCD_UDIG_MAJOR;
	w->minor = FCD_UDIG_MINOR;
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(p->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A connection that is closed with messages unread hides from its peer what we sent. */
static void close_read(int fd)
{
	char byte;

	shutdown(fd, SHUT_RDWR);
	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		;
	close(fd);
}

void udig_producer_refuse(struct udig_producer *p, struct udig_log *log, int status,
			  const char *format, ...)
{
	struct fcd_udig_welcome w = { .status = status };
	va_list args;

	va_start(args, format);
	vsnprintf(w.text, sizeof(w.text), format, args);
	va_end(args);
	(void)send_welcome(p, &w, -1);
	close_read(p->fd);
	p->fd = -1;
	udig_say(log, FCD_LOG_WARNING, "producer %s (pid %d, uid %u) is refused: %s", p->name,
		 (int)p->pid, (unsigned int)p->uid, w.text);
}

/* ---- the greeting ---- */

/* What a stranger calls itself, as one line can show it. */
static void set_name(struct udig_producer *p, const char name[32])
{
	size_t i, len = strnlen(name, sizeof(p->name) - 1);

	if (!len)
		return;
	for (i = 0; i < len; i++)
		p->name[i] = name[i] < ' ' || name[i] > '~' ? '?' : name[i];
	p->name[len] = '\0';
}

/* Is the greeting of n bytes one that we understand? If not the producer is refused. */
static bool hello_is_right(struct udig_producer *p, struct udig_log *log,
			   const struct fcd_udig_hello *h, size_t n)
{
	/* Where the version is, in every version. */
	if (n >= offsetof(struct fcd_udig_hello, schema) && h->major != FCD_UDIG_MAJOR) {
		udig_producer_refuse(p, log, -EPROTONOSUPPORT,
				     "it speaks version %u.%u of the producers' protocol, this "
				     "daemon %u.%u: use programs of one release",
				     h->major, h->minor, FCD_UDIG_MAJOR, FCD_UDIG_MINOR);
		return false;
	}
	if (n < sizeof(*h) || h->size != n) {
		udig_producer_refuse(p, log, -EINVAL,
				     "its greeting has %zu bytes, and not the %zu or more that it "
				     "must have and name",
				     n, sizeof(*h));
		return false;
	}
	set_name(p, h->name);
	/* It is in another pid namespace. */
	if (!p->pid)
		p->pid = (pid_t)h->pid;
	if (h->schema != FCD_SCHEMA_NUMBER) {
		udig_producer_refuse(
			p, log, -EPROTONOSUPPORT,
			"its events are of schema %u.%u.%u, this daemon's of " FCD_SCHEMA
			": use programs of one release",
			h->schema >> 16, h->schema >> 8 & 255, h->schema & 255);
		return false;
	}
	return true;
}

static void accept_producer(struct udig_producer *p, struct udig_log *log, uint64_t ring_bytes,
			    const struct udig_wish *w, const struct fcd_interest *interest)
{
	struct fcd_udig_welcome welcome = { .status = 0 };
	int fd, ret = udig_block_open(&p->block, ring_bytes, &fd);

	if (ret) {
		udig_producer_refuse(p, log, ret, "the daemon has no memory for it: %s",
				     strerror(-ret));
		return;
	}
	udig_block_tell(&p->block, w, interest);
	welcome.bytes = p->block.map_bytes;
	ret = send_welcome(p, &welcome, fd);
	close(fd);
	if (ret) {
		udig_block_close(&p->block);
		udig_producer_end(p, log, UDIG_GONE);
		return;
	}
	udig_say(log, FCD_LOG_INFO, "producer %s (pid %d, uid %u) connected", p->name, (int)p->pid,
		 (unsigned int)p->uid);
}

void udig_producer_greet(struct udig_producer *p, struct udig_log *log, uint64_t ring_bytes,
			 const struct udig_wish *w, const struct fcd_interest *interest)
{
	struct fcd_udig_hello h = { 0 };
	ssize_t n = recv(p->fd, &h, sizeof(h), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		udig_producer_end(p, log, UDIG_GONE);
	else if (hello_is_right(p, log, &h, (size_t)n))
		accept_producer(p, log, ring_bytes, w, interest);
}

/* ---- afterwards ---- */

bool udig_producer_listen(struct udig_producer *p)
{
	char byte;
	int i;

	for (i = 0; i < WAKES_AT_ONCE; i++) {
		ssize_t n = recv(p->fd, &byte, sizeof(byte), MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!n)
			return false;
	}
	return true;
}

void udig_producer_end(struct udig_producer *p, struct udig_log *log, enum udig_end how)
{
	static const char *const text[] = {
		[UDIG_GONE] = "ended",
		[UDIG_STOP] = "is let go",
		[UDIG_BROKEN] = "is let go: what it wrote were no events",
	};

	close_read(p->fd);
	p->fd = -1;
	if (!p->block.at)
		return;
	udig_block_freeze(&p->block, how == UDIG_STOP);
	udig_say(log, how == UDIG_BROKEN ? FCD_LOG_WARNING : FCD_LOG_INFO,
		 "producer %s (pid %d, uid %u) %s", p->name, (int)p->pid, (unsigned int)p->uid,
		 text[how]);
}

void udig_producer_watch(struct udig_producer *p, struct udig_log *log, uint64_t now_ns)
{
	uint64_t last = udig_block_alive_ns(&p->block), quiet;

	/* It may say anything, but not that it was alive before it connected. */
	if (last < p->since_ns)
		last = p->since_ns;
	quiet = last < now_ns ? now_ns - last : 0;
	if (p->is_silent == (quiet > SILENCE_NS))
		return;
	p->is_silent = !p->is_silent;
	if (p->is_silent)
		udig_say(log, FCD_LOG_WARNING,
			 "producer %s (pid %d) is silent for %llu s: it may hang or be stopped",
			 p->name, (int)p->pid, (unsigned long long)(quiet / SECOND));
	else
		udig_say(log, FCD_LOG_INFO, "producer %s (pid %d) is back", p->name, (int)p->pid);
}
