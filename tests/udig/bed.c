// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "tests/udig/bed.h"

#define OPTIONS 2

const struct fcd_engine_ops *ops;
struct fcd_engine *engine;
struct fcd_err err;
struct bed bed;
struct fcd_slots slots;
char folder[64], host_socket[80], socket_path[96];
char said[1 << 16];
uint32_t said_lines;
uint64_t clock_ahead_ns;

/* The linker puts it in place of the system's (--wrap). */
int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int ret = __real_clock_gettime(id, ts);

	ts->tv_sec += (time_t)(clock_ahead_ns / SECOND);
	return ret;
}

/* ---- the host ---- */

static void say(void *ctx, uint32_t level, const char *text)
{
	size_t len = strlen(said);

	(void)ctx, (void)level;
	ck_assert_ptr_null(strchr(text, '\n'));
	snprintf(said + len, sizeof(said) - len, "%s\n", text);
	said_lines++;
}

int engine_open(const char *path, const char *set, struct fcd_engine **out)
{
	static struct fcd_host host = { .size = sizeof(host), .log = say };
	struct fcd_option at[OPTIONS];
	struct fcd_options options = { sizeof(options), 0, sizeof(at[0]), 0, at };
	const struct fcd_option_info *info;
	uint32_t stride, i;
	int ret;

	info = ops->options(&options.count, &stride);
	ck_assert_uint_eq(options.count, OPTIONS);
	ck_assert_uint_eq(stride, sizeof(*info));
	for (i = 0; i < OPTIONS; i++) {
		size_t len = strlen(info[i].name);
		bool is_set = set && !strncmp(set, info[i].name, len) && set[len] == '=';

		at[i] = (struct fcd_option){ .size = sizeof(at[i]), .name = info[i].name };
		at[i].text = is_set ? set + len + 1 : info[i].fallback;
		at[i].number = strtoull(at[i].text, NULL, 10);
	}
	host.socket = path;
	err = (struct fcd_err){ 0 };
	ret = ops->probe(&host, &options, &err);
	return ret ? ret : ops->open(&host, &options, out, &err);
}

struct fcd_interest interest_in(int nr)
{
	struct fcd_interest i = { .size = sizeof(i) };

	i.syscalls[nr / 64] = 1ULL << (nr % 64);
	return i;
}

void setup(void)
{
	struct fcd_interest interest = interest_in(GETPPID);

	ops = fcd_engine(FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR);
	strcpy(folder, "/tmp/fcd-udig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(host_socket, sizeof(host_socket), "%s/s", folder);
	snprintf(socket_path, sizeof(socket_path), "%s.udig", host_socket);
	bed_init(&bed, 1 << 20, 1000 * SECOND);
	ck_assert_msg(!engine_open(host_socket, "ring_bytes=65536", &engine), "%s", err.text);
	ck_assert_int_eq(ops->configure(engine, &interest, &err), 0);
	ck_assert_int_eq(ops->start(engine, &err), 0);
}

void teardown(void)
{
	bed_fini(&bed);
	fcd_slots_fini(&slots);
	ops->close(engine);
	/* The socket went with it. */
	ck_assert_int_eq(rmdir(folder), 0);
}

int sync_slots(void)
{
	return fcd_slots_sync(&slots, ops, engine, bed.pump);
}

void look(void)
{
	struct pollfd ready = { .fd = ops->poll_fd(engine), .events = POLLIN };
	int times = 0;

	while (poll(&ready, 1, 0) == 1) {
		ops->woken(engine);
		ck_assert_int_lt(++times, 1000);
	}
	sync_slots();
}

/* ---- a producer ---- */

struct fcd_udig_hello hello_right(void)
{
	return (struct fcd_udig_hello){
		.size = 48, .major = 1, .schema = 0x040501, .pid = 77, .name = "tester"
	};
}

int producer_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	ck_assert_int_ge(fd, 0);
	memcpy(a.sun_path, socket_path, strlen(socket_path) + 1);
	if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	close(fd);
	return -errno;
}

static void producer_map(struct producer *p, struct msghdr *message)
{
	ck_assert_uint_eq(message->msg_controllen, CMSG_SPACE(sizeof(int)));
	memcpy(&p->memory, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof(p->memory));
	p->block = mmap(NULL, p->welcome.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->memory, 0);
	ck_assert_ptr_ne(p->block, MAP_FAILED);
	p->page = (struct fcd_udig_page *)((char *)p->block + 8192);
	p->writer.block = p->block;
}

int producer_greet(struct producer *p, const void *hello, size_t bytes)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { &p->welcome, sizeof(p->welcome) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (hello)
		ck_assert_int_eq(send(p->fd, hello, bytes, MSG_NOSIGNAL), (ssize_t)bytes);
	look();
	ck_assert_int_eq(recvmsg(p->fd, &message, MSG_CMSG_CLOEXEC), 256);
	ck_assert_uint_eq(p->welcome.size, 256);
	ck_assert_ptr_nonnull(memchr(p->welcome.text, 0, sizeof(p->welcome.text)));
	if (p->welcome.status)
		ck_assert_uint_eq(message.msg_controllen, 0);
	else
		producer_map(p, &message);
	return p->welcome.status;
}

struct producer producer_new(void)
{
	struct fcd_udig_hello hello = hello_right();
	struct producer p = { .fd = producer_connect() };

	ck_assert_int_ge(p.fd, 0);
	ck_assert_int_eq(producer_greet(&p, &hello, sizeof(hello)), 0);
	return p;
}

void producer_free(struct producer *p)
{
	close(p->fd);
	close(p->memory);
	munmap(p->block, p->welcome.bytes);
}

bool producer_write(struct producer *p, uint64_t ts_ns)
{
	struct fcd_envelope *e = fcd_ring_begin(&p->writer, sizeof(*e) + 40);

	if (!e)
		return false;
	event_fill(e, 40, 100, ts_ns, ts_ns);
	if (fcd_ring_commit(&p->writer, sizeof(*e) + 40))
		ck_assert_int_eq(send(p->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL), 1);
	return true;
}

bool producer_is_let_go(const struct producer *p)
{
	char byte;

	return !recv(p->fd, &byte, 1, MSG_DONTWAIT);
}
