// SPDX-License-Identifier: MIT
/*
 * producer - the smallest that the userspace engine takes events from. It makes a system call
 * a few times and records it, as a tracer would for somebody else.
 *
 *	cc -I.. -o producer producer.c
 *	producer SOCKET COUNT		SOCKET: the daemon's own
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "abi/udig.h"

/* Of the schema: the event of calls without an event of their own, and its name for getppid. */
#define EVENT_GENERIC 1
#define CODE_GETPPID  41

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int connect_beside(const char *daemon)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s" FCD_UDIG_SUFFIX, daemon) >=
	    (int)sizeof(a.sun_path))
		errx(1, "%s is too long", daemon);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		err(1, "%s", a.sun_path);
	return fd;
}

/* Greet. Returns the memory that we may write events into. */
static struct fcd_block *greet(int fd)
{
	struct fcd_udig_hello hello = { .size = sizeof(hello),
					.major = FCD_UDIG_MAJOR,
					.minor = FCD_UDIG_MINOR,
					.schema = FCD_SCHEMA_NUMBER,
					.pid = (uint32_t)getpid(),
					.name = "example" };
	struct fcd_udig_welcome welcome = { 0 };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { &welcome, sizeof(welcome) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	void *block;
	int memory;

	/* If it fails we have been refused already, and are told why. */
	(void)!send(fd, &hello, sizeof(hello), MSG_NOSIGNAL);
	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) < (ssize_t)sizeof(welcome))
		errx(1, "no answer");
	if (welcome.status)
		errx(1, "refused: %s", welcome.text);
	if (!message.msg_controllen)
		errx(1, "no memory came");
	memcpy(&memory, CMSG_DATA(&control.head), sizeof(memory));
	block = mmap(NULL, welcome.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (block == MAP_FAILED)
		err(1, "mmap");
	close(memory);
	return (struct fcd_block *)block;
}

static int is_wanted(const struct fcd_udig_page *page, long nr)
{
	return FCD_LOAD(&page->syscalls[nr / 64]) >> (nr % 64) & 1;
}

/* One event: header, the parameters' lengths, the parameters. 1: the engine is to be woken. */
static int record(struct fcd_block *block)
{
	struct fcd_ring_writer w = { block, 0 };
	const uint16_t len[2] = { 2, 2 }, param[2] = { CODE_GETPPID, SYS_getppid };
	struct fcd_event event = { .tid = (uint64_t)getpid(),
				   .bytes = sizeof(event) + sizeof(len) + sizeof(param),
				   .type = EVENT_GENERIC,
				   .nparams = 2 };
	struct fcd_envelope *e = fcd_ring_begin(&w, sizeof(*e) + event.bytes);
	char *to;

	if (!e) /* no room; it was counted */
		return 0;
	*e = (struct fcd_envelope){ .bytes = sizeof(*e) + event.bytes,
				    .kind = FCD_EVENT,
				    .tgid = (uint32_t)getpid() };
	event.ts_ns = now_ns();
	to = (char *)(e + 1);
	memcpy(to, &event, sizeof(event));
	memcpy(to + sizeof(event), len, sizeof(len));
	memcpy(to + sizeof(event) + sizeof(len), param, sizeof(param));
	return fcd_ring_commit(&w, e->bytes);
}

int main(int argc, char **argv)
{
	struct fcd_udig_page *page;
	struct fcd_block *block;
	int fd, i, n;
	char byte;

	if (argc != 3)
		errx(2, "usage: producer SOCKET COUNT");
	n = atoi(argv[2]);
	fd = connect_beside(argv[1]);
	block = greet(fd);
	page = (struct fcd_udig_page *)(void *)((char *)block + FCD_UDIG_PAGE_AT);
	/* Until the engine lets us go. */
	for (i = 0; i < n && recv(fd, &byte, 1, MSG_DONTWAIT); i++) {
		FCD_STORE(&page->alive_ns, now_ns());
		(void)getppid();
		if (is_wanted(page, SYS_getppid) && record(block))
			(void)!send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	return 0;
}
