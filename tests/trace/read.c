/* SPDX-License-Identifier: MIT */
/* read.c - what arrived, up to the snap length, and reads that brought nothing. */
#include "expect.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void read_and_expect(long fd, char *at, uint64_t size)
{
	long res = call(SYS_read, fd, at, size);

	expect_event("read");
	expect_int("res", res);
	if (res > 0)
		expect_bytes("data", at, res < SNAPLEN ? res : SNAPLEN);
	expect_int("fd", (int)fd);
	expect_u64("size", (uint32_t)size);
	expect_end();
}

/* 300 bytes, most of them not text, and no valid UTF-8 among them. */
static int make_file(void)
{
	int fd = open(trace_path("data"), O_RDWR | O_CREAT | O_EXCL, 0600);

	trace_need(fd >= 0, trace_path("data"));
	unlink(trace_path("data"));
	for (int i = 0; i < 300; i++) {
		unsigned char c = 0xd0 + i;

		trace_need(pwrite(fd, &c, 1, i) == 1, "pwrite");
	}
	return fd;
}

static void from_file(void)
{
	char *edge = trace_edge(), *fresh = trace_untouched();
	int fd = make_file();

	read_and_expect(fd, edge - 10, 10);
	read_and_expect(fd, edge - 80, 80);
	read_and_expect(fd, edge - 81, 81);
	read_and_expect(fd, fresh, 100);	/* the kernel touches what it fills */
	read_and_expect(fd, edge - 4000, 4000); /* 29 are left */
	read_and_expect(fd, edge - 4000, 4000); /* none is */
	lseek(fd, 0, SEEK_SET);
	read_and_expect(fd, edge - 10, 0);
	read_and_expect(fd, edge - 1, 1);
	read_and_expect(fd, edge - 20, (1ULL << 32) | 20);
	read_and_expect(fd, edge - 30, 60); /* half of it can be stored */
	read_and_expect(fd, edge, 10);
	read_and_expect(fd, NULL, 10);
	read_and_expect((1L << 32) | fd, edge - 5, 5);
	close(fd);
}

static void from_pipe(void)
{
	struct iovec some = { (char[]){ "some data" }, 9 };
	char buf[200];
	int p[2];

	trace_need(!pipe2(p, O_NONBLOCK), "pipe2");
	read_and_expect(p[0], buf, sizeof(buf));
	trace_need(writev(p[1], &some, 1) == 9, "writev");
	read_and_expect(p[0], buf, sizeof(buf));
	close(p[1]);
	read_and_expect(p[0], buf, sizeof(buf));
	close(p[0]);
}

int main(int argc, char **argv)
{
	char buf[16];
	int dir;

	trace_begin(argc, argv, "read");
	from_file();
	from_pipe();
	dir = open("/", O_RDONLY);
	read_and_expect(dir, buf, sizeof(buf));
	close(dir);
	read_and_expect(dir, buf, sizeof(buf));
	read_and_expect(-1, buf, UINT64_MAX);
	return trace_end();
}
