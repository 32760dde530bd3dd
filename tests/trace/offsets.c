/* SPDX-License-Identifier: MIT */
/*
 * offsets.c - data at a place in a file, and data that goes from file to file: pread64,
 * pwrite64, sendfile, splice.
 */
#include "pieces.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAR (5ull << 30) /* a place that needs more than 32 bits */

/* The two calls named sendfile of 32-bit programs: an offset of 4 bytes, or of 8. */
#define SENDFILE32   187
#define SENDFILE64   239
#define OFFSET_WIDTH (is_32bit && sendfile32 == SENDFILE32 ? 4 : 8)

static char text[4096], room[4096];
static char *edge, *zero;
static uint32_t sendfile32;

static int make_file(void)
{
	int fd = open(trace_path("data"), O_RDWR | O_CREAT | O_EXCL, 0600);

	trace_need(fd >= 0, trace_path("data"));
	unlink(trace_path("data"));
	return fd;
}

/* readable: so many bytes at `at`. */
static void at_offset(int is_out, uint64_t fd, const char *at, uint64_t size, uint64_t pos,
		      uint32_t readable)
{
	long nr = is_out ? SYS_pwrite64 : SYS_pread64, nr32 = is_out ? 181 : 180;
	long res = six(nr, nr32, fd, ADDR(at), size, pos, upper_half(pos), 0);
	uint32_t len = res > 0 ? (uint64_t)res : is_out ? size : 0;

	if (len > SNAPLEN)
		len = SNAPLEN;
	either_event(is_out ? "pwrite" : "pread");
	expect_int("res", res);
	if (len <= readable)
		expect_bytes("data", at, len);
	expect_int("fd", (int32_t)fd);
	expect_u64("size", (uint32_t)size);
	expect_u64("pos", pos);
	expect_end();
}

static void at_offsets(void)
{
	int fd = make_file();

	for (int is_out = 1; is_out >= 0; is_out--) {
		const char *at = is_out ? text : room;

		at_offset(is_out, fd, at, 10, 0, 10);
		at_offset(is_out, fd, at + 1, 80, 7, 80);
		at_offset(is_out, fd, at + 2, 81, FAR, 81);
		at_offset(is_out, fd, at, 3000, 1, 3000);
		at_offset(is_out, fd, at, 0, 5, 0);
		at_offset(is_out, fd, edge - 60, 200, 0, 60);
		at_offset(is_out, fd, edge, 10, 0, 0);
		at_offset(is_out, fd, NULL, 10, 0, 0);
		at_offset(is_out, fd, edge - 10, 10, -10, 10);
		at_offset(is_out, fd, at, 10, 1ull << 63, 10);
		at_offset(is_out, -1, edge - 40, 40, 1, 40);
		at_offset(is_out, -1, edge - 40, 41, 2, 40);
		at_offset(is_out, -1, at, 9ull << 32 | 6, 3, 6);
		at_offset(is_out, 7ull << 32 | (uint32_t)fd, at, 6, 3, 6);
	}
	at_offset(0, fd, room, 50, FAR + 75, 50); /* 6 are left */
	at_offset(0, fd, room, 50, FAR + 81, 50);
	close(fd);
}

/* offset: where it is kept; after: what can be read there in the end, 0 if nothing can. */
static long send_file(uint64_t out, uint64_t in, char *offset, uint64_t size, int can_read)
{
	long res = six(SYS_sendfile, sendfile32, out, in, ADDR(offset), size, 0, 0);
	uint64_t after = 0;

	if (can_read)
		memcpy(&after, offset, OFFSET_WIDTH);
	either_event("sendfile");
	expect_int("res", res);
	expect_u64("offset", after);
	expect_int("out_fd", (int32_t)out);
	expect_int("in_fd", (int32_t)in);
	expect_u64("size", given(size));
	expect_end();
	return res;
}

static char *offset_at(char *end, uint64_t v)
{
	char *at = end - OFFSET_WIDTH;

	store(at, v, OFFSET_WIDTH);
	return at;
}

static void send_files(void)
{
	int in = make_file(), out = make_file();

	trace_need(write(in, text, 1000) == 1000, "write");
	trace_need(lseek(in, 100, SEEK_SET) == 100, "lseek");
	trace_need(send_file(out, in, NULL, 50, 0) == 50, "sendfile");
	/* Bytes behind an offset of 4 are not of it. */
	memset(room, 0xff, sizeof(room));
	send_file(out, in, offset_at(room + 8, 10), 90, 1);
	send_file(out, in, offset_at(edge, 990), 90, 1); /* 10 are left */
	send_file(out, in, offset_at(edge, 1000), 90, 1);
	send_file(out, in, offset_at(edge, 0x7ffffff0), 90, 1);
	send_file(out, in, offset_at(edge, OFFSET_WIDTH == 8 ? FAR : 0xfffffffe), 90, 1);
	send_file(out, in, offset_at(edge, 0), 0, 1);
	send_file(out, in, edge, 90, 0);
	send_file(out, in, edge - 2, 90, 0);
	send_file(out, -1, offset_at(edge, 77), 90, 1);
	send_file(-1, in, offset_at(edge, 78), 1ull << 33 | 5, 1);
	send_file(-1, -2, NULL, -1, 0);
	send_file(3ull << 32 | (uint32_t)out, 5ull << 32 | (uint32_t)in, NULL, 4, 0);
	close(in);
	close(out);
}

static void splice_bytes(uint64_t in, uint64_t *from, uint64_t out, uint64_t *to, uint64_t size,
			 uint64_t flags, const char *bits)
{
	long res = six(SYS_splice, 313, in, ADDR(from), out, ADDR(to), size, flags);

	either_event("splice");
	expect_int("res", res);
	expect_int("fd_in", (int32_t)in);
	expect_int("fd_out", (int32_t)out);
	expect_u64("size", given(size));
	expect_json("flags", "{\"bits\":\"%s\"}", bits);
	expect_end();
}

#define ALL_BITS "SPLICE_F_MOVE|SPLICE_F_NONBLOCK|SPLICE_F_MORE|SPLICE_F_GIFT"

static void splices(void)
{
	int in = make_file(), p[2];

	trace_need(write(in, text, 1000) == 1000, "write");
	trace_need(!pipe2(p, O_NONBLOCK), "pipe2");
	splice_bytes(in, (uint64_t *)zero, p[1], NULL, 100, 0, "");
	splice_bytes(p[0], NULL, in, NULL, 40, 1, "SPLICE_F_MOVE");
	splice_bytes(7ull << 32 | p[0], NULL, 9ull << 32 | in, NULL, 1ull << 33 | 40, 2,
		     "SPLICE_F_NONBLOCK");
	splice_bytes(p[0], NULL, in, NULL, 20, 4, "SPLICE_F_MORE");
	splice_bytes(p[0], NULL, in, NULL, 20, 2, "SPLICE_F_NONBLOCK");
	splice_bytes(-1, NULL, -2, NULL, 20, 8, "SPLICE_F_GIFT");
	splice_bytes(in, NULL, in, NULL, 0, 15, ALL_BITS);
	splice_bytes(in, NULL, in, NULL, -1, -1, ALL_BITS);
	close(in);
	close(p[0]);
	close(p[1]);
}

static void all(void)
{
	at_offsets();
	sendfile32 = SENDFILE32;
	send_files();
	splices();
	if (!is_32bit)
		return;
	sendfile32 = SENDFILE64;
	send_files();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "pread64 pwrite64 sendfile splice");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 0xd0 + i % 251;
	edge = either_edge();
	zero = either_edge() - 8;
	memset(zero, 0, 8);
	by_both(all);
	return trace_end();
}
