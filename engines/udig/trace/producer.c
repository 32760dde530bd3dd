// SPDX-License-Identifier: MIT
#include "engines/udig/trace/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SYSTEM_FOLDER "/run/falco-capture"
#define SYSTEM_NAME   "/capture.sock"
#define USER_SOCKET   "falco-capture.sock"

/* How long the first answer may take. */
#define ANSWER_TIMEOUT_MS 10000

/* Enough for any ring; what a daemon asks to map beyond is a mistake. */
#define MAP_MAX (1ULL << 32)

#define START_ONE "start one: falco-capture --engine=userspace"

/* ---- where daemons are ---- */

static void add_path(struct trace_producer *p, const char *folder, const char *name)
{
	snprintf(p->path[p->paths++], sizeof(p->path[0]), "%s%s%s", folder, *folder ? "/" : "",
		 name);
}

/* The same places as the client library's. */
void trace_producer_init(struct trace_producer *p, const char *socket)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	*p = (struct trace_producer){ .fd = -1 };
	if (!socket || !*socket)
		socket = getenv("FALCO_CAPTURE_SOCKET");
	if (socket && *socket) {
		add_path(p, "", socket);
		return;
	}
	if (geteuid() && runtime && runtime[0] == '/')
		add_path(p, runtime, USER_SOCKET);
	add_path(p, "", SYSTEM_FOLDER SYSTEM_NAME);
}

bool trace_producer_is_relative(const struct trace_producer *p)
{
	return p->path[0][0] != '/';
}

/* ---- connect ---- */

/*
 * Nobody else's: the memory that we write is theirs. The system's folder only root can make, who
 * gives it to the user that the system's daemon runs as.
 */
static int check_owner(int fd, const char *path)
{
	struct ucred daemon;
	socklen_t bytes = sizeof(daemon);
	struct stat folder;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &daemon, &bytes))
		return -errno;
	if (!daemon.uid || daemon.uid == geteuid())
		return 0;
	if (strcmp(path, SYSTEM_FOLDER SYSTEM_NAME) || stat(SYSTEM_FOLDER, &folder))
		return -EPERM;
	return folder.st_uid == daemon.uid ? 0 : -EPERM;
}

/* If that fails the engine has refused us already, and why is to be received. */
static void say_hello(int fd)
{
	const struct fcd_udig_hello hello = {
		.size = sizeof(hello),
		.major = FCD_UDIG_MAJOR,
		.minor = FCD_UDIG_MINOR,
		.schema = FCD_SCHEMA_NUMBER,
		.pid = getpid(),
		.name = "falco-capture-trace",
	};

	(void)send(fd, &hello, sizeof(hello), MSG_NOSIGNAL);
}

/* A descriptor, or a negative errno. Blocks for nobody. */
static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, ret;

	ret = snprintf(a.sun_path, sizeof(a.sun_path), "%s" FCD_UDIG_SUFFIX, path);
	if (ret >= (int)sizeof(a.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	ret = connect(fd, (struct sockaddr *)&a, sizeof(a)) ? -errno : 0;
	if (!ret)
		ret = check_owner(fd, path);
	if (ret) {
		close(fd);
		return ret;
	}
	say_hello(fd);
	return fd;
}

static int explain(struct trace_err *err, const char *path, int code)
{
	switch (code) {
	case -EPROTOTYPE:
		return trace_fail(err, code, "the daemon on %s does not use the userspace engine",
				  path);
	case -EPERM:
		return trace_fail(err, code,
				  "the daemon on %s is another user's, who would learn what the "
				  "command does (" START_ONE ")",
				  path);
	case -EACCES:
		return trace_fail(err, code,
				  "the daemon on %s takes events from root and from its own user "
				  "only (" START_ONE ")",
				  path);
	case -ENAMETOOLONG:
		return trace_fail(err, code,
				  "%s" FCD_UDIG_SUFFIX ": a socket's path has at most 107 bytes",
				  path);
	}
	return trace_fail(err, code, "cannot connect to %s" FCD_UDIG_SUFFIX ": %s", path,
			  strerror(-code));
}

/* Who is there and cannot be used is told; else that nobody is. */
static int connect_to_any(struct trace_producer *p, struct trace_err *err)
{
	const char *other = p->path[p->paths - 1];
	int fd, ret = 0;

	for (int i = 0; i < p->paths; i++) {
		fd = connect_to(p->path[i]);
		if (fd >= 0) {
			p->fd = fd;
			return 0;
		}
		if (fd == -ENOENT && !access(p->path[i], F_OK))
			fd = -EPROTOTYPE; /* a daemon, but not the socket beside its own */
		if (!ret && fd != -ENOENT && fd != -ECONNREFUSED)
			ret = explain(err, p->path[i], fd);
	}
	if (ret)
		return ret;
	return trace_fail(err, -ENOENT, "no daemon on %s%s%s (" START_ONE ")", p->path[0],
			  p->paths > 1 ? " or " : "", p->paths > 1 ? other : "");
}

/* ---- the answer ---- */

/* What we are about to write to has the layout, and cannot shrink under us. */
static bool block_is_right(const struct fcd_block *b, uint64_t bytes)
{
	uint64_t ring = FCD_LOAD(&b->place[0].bytes);

	return FCD_LOAD(&b->magic) == FCD_RING_MAGIC && FCD_LOAD(&b->rings) == 1 && ring &&
	       !(ring & (ring - 1)) && ring < bytes &&
	       FCD_LOAD(&b->place[0].offset) == FCD_UDIG_PAGE_AT + FCD_PAGE &&
	       fcd_block_init(NULL, 0, FCD_PAGE, &ring, 1) == bytes;
}

static int map_block(struct trace_producer *p, int memory, uint64_t bytes)
{
	int seals = fcntl(memory, F_GET_SEALS);
	struct stat st;
	void *map;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(memory, &st) ||
	    (uint64_t)st.st_size < bytes || bytes < FCD_UDIG_PAGE_AT + FCD_PAGE || bytes > MAP_MAX)
		return -EPROTO;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (map == MAP_FAILED)
		return -errno;
	if (!block_is_right(map, bytes)) {
		munmap(map, bytes);
		return -EPROTO;
	}
	p->block = map;
	p->map_bytes = bytes;
	p->page = (struct fcd_udig_page *)(void *)((char *)map + FCD_UDIG_PAGE_AT);
	p->writer = (struct fcd_ring_writer){ .block = p->block };
	return 0;
}

/* The memory that came with a message; -1: none. */
static int take_descriptor(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* A whole answer in which the engine agrees: the ring. */
static int accept_welcome(struct trace_producer *p, struct fcd_udig_welcome *w, ssize_t bytes,
			  int memory, struct trace_err *err)
{
	int ret = -EPROTO;

	if (bytes >= (ssize_t)offsetof(struct fcd_udig_welcome, text)) {
		w->text[sizeof(w->text) - 1] = 0;
		if (w->status)
			return trace_fail(err, w->status, "the daemon refuses: %s", w->text);
		if (w->major == FCD_UDIG_MAJOR)
			ret = map_block(p, memory, w->bytes);
	}
	if (ret == -EPROTO)
		trace_fail(err, ret, "the daemon's answer is malformed (are both of one release?)");
	else if (ret)
		trace_fail(err, ret, "cannot map the daemon's memory: %s", strerror(-ret));
	return ret;
}

/* 0: there is a ring; -EAGAIN: no answer yet. */
static int take_welcome(struct trace_producer *p, struct trace_err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct fcd_udig_welcome w = { .size = 0 };
	struct iovec data = { &w, sizeof(w) };
	struct msghdr m = { .msg_iov = &data,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(p->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int memory, ret;

	if (n < 0)
		return trace_fail(err, -errno, "no answer from the daemon: %s", strerror(errno));
	if (!n)
		return trace_fail(err, -ECONNRESET, "the daemon closed the connection");
	memory = take_descriptor(&m);
	ret = accept_welcome(p, &w, n, memory, err);
	if (memory >= 0)
		close(memory);
	return ret;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void say_alive(struct trace_producer *p)
{
	FCD_STORE(&p->page->alive_ns, now_ns());
}

int trace_producer_open(struct trace_producer *p, struct trace_err *err)
{
	struct pollfd answer = { .events = POLLIN };
	int ret = connect_to_any(p, err);

	if (ret)
		return ret;
	answer.fd = p->fd;
	(void)poll(&answer, 1, ANSWER_TIMEOUT_MS);
	ret = take_welcome(p, err);
	if (ret)
		trace_producer_close(p);
	else
		say_alive(p);
	return ret;
}

void trace_producer_close(struct trace_producer *p)
{
	if (p->block)
		munmap(p->block, p->map_bytes);
	if (p->fd >= 0)
		close(p->fd);
	p->block = NULL;
	p->fd = -1;
}

/* The engine says nothing after its welcome: what can be received is the end. */
static bool has_ended(const struct trace_producer *p)
{
	char byte;

	return recv(p->fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

void trace_producer_take_answer(struct trace_producer *p)
{
	struct trace_err ignored;
	int ret = take_welcome(p, &ignored);

	if (ret && ret != -EAGAIN)
		trace_producer_close(p);
}

void trace_producer_tick(struct trace_producer *p)
{
	struct trace_err ignored;

	trace_producer_look(p);
	if (p->block && has_ended(p))
		trace_producer_close(p);
	if (p->block)
		say_alive(p);
	else if (p->fd < 0)
		(void)connect_to_any(p, &ignored);
}

/* ---- records ---- */

void trace_producer_write(struct trace_producer *p, struct fcd_envelope *record, uint32_t bytes)
{
	struct fcd_event *event = (struct fcd_event *)(record + 1);
	struct fcd_envelope *to;

	fcd_ring_enter(&p->writer);
	event->ts_ns = now_ns();
	to = fcd_ring_space(&p->writer, bytes);
	if (to) {
		fcd_record_copy(to, record, FCD_RECORD_STEP(bytes));
		fcd_ring_publish(&p->writer, bytes);
	}
	if (fcd_ring_leave(&p->writer))
		(void)send(p->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
