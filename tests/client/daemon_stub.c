// SPDX-License-Identifier: MIT
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "tests/client/daemon_stub.h"
#include "tests/client/send_fds.h"

#define CLOSE_X	 5
#define EPOCH_NS 1795536000123456789ULL /* 2026-11-24T16:00:00.123456789Z */

void stub_start(struct stub *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*s = (struct stub){ .conn = -1, .page_fd = -1 };
	strcpy(s->dir, "/tmp/falco-capture-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/capture.sock", s->dir);
	strcpy(addr.sun_path, s->path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(s->listener, 8), 0);
	ck_assert_int_eq(fcd_cast_new(&s->cast, STUB_RING_BYTES, FCD_CAST_BYTES_MIN), 0);
}

void stub_stop(struct stub *s)
{
	fcd_cast_free(s->cast);
	if (s->page)
		munmap(s->page, sizeof(*s->page));
	if (s->page_fd >= 0)
		close(s->page_fd);
	if (s->conn >= 0)
		close(s->conn);
	close(s->listener);
	unlink(s->path);
	rmdir(s->dir);
}

struct fcd_client *stub_connect(struct stub *s)
{
	struct fcd_client_error err;
	struct fcd_client *c;

	ck_assert_msg(fcd_client_open(&c, s->path, &err) == 0, "%s", err.text);
	stub_accept(s);
	return c;
}

void stub_accept(struct stub *s)
{
	if (s->conn >= 0)
		close(s->conn);
	s->conn = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(s->conn, 0);
}

void stub_send(struct stub *s, const char *bytes, const int *fds, int count)
{
	ck_assert_msg(send_fds(s->conn, bytes, fds, count), "%s", strerror(errno));
}

const char *stub_received(struct stub *s)
{
	static char text[4096];
	ssize_t n = recv(s->conn, text, sizeof(text) - 1, MSG_DONTWAIT);

	ck_assert_msg(n >= 0, "nothing received: %s", strerror(errno));
	text[n] = 0;
	return text;
}

int stub_memfd(size_t size, int seals)
{
	int fd = sealed_memfd(size, seals);

	ck_assert_int_ge(fd, 0);
	return fd;
}

void stub_answer(struct stub *s, uint64_t seq)
{
	char reply[64];

	if (s->page) {
		munmap(s->page, sizeof(*s->page));
		close(s->page_fd);
	}
	s->page_fd = stub_memfd(sizeof(*s->page), F_SEAL_SHRINK | F_SEAL_GROW);
	s->page = mmap(NULL, sizeof(*s->page), PROT_READ | PROT_WRITE, MAP_SHARED, s->page_fd, 0);
	ck_assert_ptr_ne(s->page, MAP_FAILED);
	snprintf(reply, sizeof(reply), "{\"ok\":true,\"seq\":%lu}\n", (unsigned long)seq);
	stub_send(s, reply, (int[]){ fcd_cast_fd(s->cast), s->page_fd }, 2);
}

struct fcd_client *stub_subscribe(struct stub *s, const char *filter, uint64_t seq)
{
	return stub_subscribe_with(s, filter, seq, 0);
}

struct fcd_client *stub_subscribe_with(struct stub *s, const char *filter, uint64_t seq,
				       unsigned int flags)
{
	struct fcd_client *c = stub_connect(s);
	struct fcd_client_error err;

	stub_answer(s, seq);
	ck_assert_msg(fcd_client_subscribe(c, filter, flags, &err) == 0, "%s", err.text);
	return c;
}

void stub_close_call(struct stub *s, int fd)
{
	struct {
		struct fcd_envelope envelope;
		struct fcd_event event;
		__u16 lens[2];
		__s64 res, fd;
	} __attribute__((packed)) r = {
		.envelope = { .bytes = sizeof(r), .kind = FCD_EVENT, .cpu = 1, .tgid = 4242 },
		.event = { .tid = 4242,
			   .bytes = sizeof(r) - sizeof(r.envelope),
			   .type = CLOSE_X,
			   .nparams = 2 },
		.lens = { 8, 8 },
		.fd = fd,
	};
	char padded[FCD_RECORD_STEP(sizeof(r))] __attribute__((aligned(8))) = { 0 };

	memcpy(padded, &r, sizeof(r));
	fcd_cast_event(s->cast, (struct fcd_envelope *)padded, sizeof(r), EPOCH_NS, 0);
}

void stub_publish(struct stub *s)
{
	fcd_cast_publish(s->cast);
	fcd_fence();
	if (__atomic_exchange_n(&s->page->asleep, 0, __ATOMIC_RELAXED))
		send(s->conn, "!", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}
