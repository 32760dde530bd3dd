/* SPDX-License-Identifier: MIT */
/* vectors.c - data in several pieces: to and from files, pipes and the memory of processes. */
#include "pieces.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FAR	 (5ull << 30) /* a place that needs more than 32 bits */
#define FILE_END (6ull << 30) /* nothing can be written there */

static char text[4096], room[4096];
static char *edge, *vector_edge, *vector_front;

/* One of the four calls. */
struct way {
	const char *type;
	long nr;
	uint32_t nr32;
	int is_out, has_pos;
};

static const struct way writes = { "writev", SYS_writev, 146, 1, 0 };
static const struct way reads = { "readv", SYS_readv, 145, 0, 0 };
static const struct way writes_at = { "pwritev", SYS_pwritev, 334, 1, 1 };
static const struct way reads_at = { "preadv", SYS_preadv, 333, 0, 1 };

/* is_seen: the vector can be read. */
static long vector_call(const struct way *w, int fd, uint64_t vec, uint64_t count,
			const struct piece *p, int is_seen, uint64_t pos)
{
	long res = six(w->nr, w->nr32, fd, vec, count, pos, upper_half(pos), 0);
	uint32_t n = is_seen ? count : 0;

	either_event(w->type);
	expect_int("res", res);
	expect_int("fd", fd);
	expect_u64("size", w->is_out ? pieces_sum(p, n) : res > 0 ? res : 0);
	if (w->is_out || res > 0)
		expect_pieces(p, n, res > 0 ? (uint64_t)res : SNAPLEN);
	if (w->has_pos)
		expect_u64("pos", pos);
	expect_end();
	return res;
}

static long vector(const struct way *w, int fd, const struct piece *p, unsigned int n, uint64_t pos)
{
	static char at[16 * PIECES];

	pieces_store(at, p, n);
	return vector_call(w, fd, ADDR(at), n, p, 1, pos);
}

static int make_file(void)
{
	int fd = open(trace_path("data"), O_RDWR | O_CREAT | O_EXCL, 0600);

	trace_need(fd >= 0, trace_path("data"));
	unlink(trace_path("data"));
	return fd;
}

static void each_length(const struct way *w, int fd, char *at)
{
	const struct piece empty = { NULL, 0, 0 };

	for (unsigned int len = 78; len <= 82; len++) {
		const struct piece one[] = { { at, len, 0 } };
		const struct piece cut[] = { { at + 10, 40, 0 }, { at, len - 40, 0 } };
		const struct piece whole[] = { { at + 1, len, 0 }, { at, 7, 0 } };

		vector(w, fd, one, 1, 3);
		vector(w, fd, cut, 2, FAR);
		vector(w, fd, whole, 2, FAR + 1);
	}
	vector(w, fd, (const struct piece[]){ empty, { at, 5, 0 }, empty, { at + 9, 3, 0 } }, 4, 0);
	vector(w, fd, &empty, 1, 0);
	vector(w, fd, &empty, 0, 0);
}

static void many(const struct way *w, int fd, char *at)
{
	struct piece p[PIECES];

	for (int i = 0; i < PIECES; i++)
		p[i] = (struct piece){ at + 3 * i, 2, 0 };
	for (unsigned int n = SEEN - 1; n <= SEEN + 1; n++)
		vector(w, fd, p, n, 100);
	vector(w, fd, p, PIECES, 1);
}

/* Pieces that cannot be read, and vectors. */
static void faults(const struct way *w, int fd)
{
	const struct piece bad[] = { { edge - 10, 10, 0 }, { edge, 20, 1 }, { edge - 5, 5, 0 } };
	const struct piece half[] = { { edge - 10, 10, 0 }, { edge - 4, 20, 1 } };
	const struct piece none[] = { { NULL, 20, 1 }, { edge - 5, 5, 0 } };
	char *at = vector_edge - 2 * VEC_WIDTH;

	vector(w, fd, bad, 3, 0);
	vector(w, fd, bad, 1, 0);
	vector(w, fd, bad + 1, 1, 0);
	vector(w, fd, bad + 1, 2, 0);
	vector(w, -1, half, 2, 0);
	vector(w, fd, none, 2, 0);
	pieces_store(at, bad, 2);
	vector_call(w, -1, ADDR(at), 2, bad, 1, 0);
	vector_call(w, fd, ADDR(at), 3, bad, 0, 0);
	vector_call(w, -1, ADDR(at), 33, bad, 0, 0);
	vector_call(w, fd, ADDR(vector_edge), 1, bad, 0, 0);
	vector_call(w, fd, ADDR(vector_edge), 0, bad, 0, 0);
	pieces_store(vector_front, bad, 1);
	vector_call(w, fd, ADDR(vector_front) - VEC_WIDTH, 2, bad, 0, 0);
	vector_call(w, fd, 0, 1, bad, 0, 0);
	vector_call(w, fd, 0, 0, bad, 0, 0);
	vector_call(w, -1, ADDR(at), (1ull << 32) | 1, bad, 1, 0);
}

static void written(const struct way *w)
{
	const struct piece huge[] = { { text, 1u << 31, 0 }, { text, (1u << 31) + 5, 0 } };
	const struct piece wide[] = { { text, 3 | 7ull << 32, 0 }, { text, 2, 0 } };
	const struct piece cut[] = { { text + 9, 3, 0 }, { text, 7, 0 } };
	int fd = make_file();

	each_length(w, fd, text);
	each_length(w, -1, text);
	many(w, fd, text);
	many(w, -1, text);
	faults(w, fd);
	vector(w, -1, huge, 2, -10);
	if (!is_32bit)
		vector(w, -1, wide, 2, 0);
	vector(w, fd, huge, 1, -10);
	trace_need(lseek(fd, FILE_END - 5, SEEK_SET) > 0, "lseek");
	trace_need(vector(w, fd, cut, 2, FILE_END - 5) == 5, "a part is written");
	close(fd);
}

static void was_read(const struct way *w)
{
	int fd = make_file();

	trace_need(call(SYS_pwrite64, fd, text, 600, 0) == 600, "pwrite");
	trace_need(call(SYS_pwrite64, fd, text, 100, FAR) == 100, "pwrite");
	each_length(w, fd, room);
	many(w, fd, room);
	each_length(w, -1, room);
	trace_need(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	faults(w, fd);
	trace_need(lseek(fd, -1, SEEK_END) > 0, "lseek");
	trace_need(vector(w, fd, (const struct piece[]){ { room, 9, 0 } }, 1, FAR + 99) == 1,
		   "read");
	trace_need(lseek(fd, -4, SEEK_END) > 0, "lseek");
	each_length(w, fd, room); /* 4 are left, then none */
	vector(w, fd, (const struct piece[]){ { room, 10, 0 } }, 1, FAR + 95);
	close(fd);
}

/* Memory of our own, by way of the kernel. */
static void processes(int is_out, uint64_t pid, const struct piece *own, unsigned int n,
		      char *other, uint64_t bytes)
{
	static char vec[16 * PIECES], far[16];
	const struct piece there[] = { { other, bytes, 0 } };
	long res;

	pieces_store(vec, own, n);
	pieces_store(far, there, 1);
	res = is_out ? six(SYS_process_vm_writev, 348, pid, ADDR(vec), n, ADDR(far), 1, 0)
		     : six(SYS_process_vm_readv, 347, pid, ADDR(vec), n, ADDR(far), 1, 0);
	either_event(is_out ? "process_vm_writev" : "process_vm_readv");
	expect_int("res", res);
	expect_int("arg_pid", (int32_t)pid);
	if (res > 0)
		expect_pieces(own, n, res);
	expect_end();
}

static void memory(void)
{
	const struct piece p[] = { { room + 50, 10, 0 }, { room, 30, 0 }, { room + 100, 90, 0 } };
	uint64_t self = getpid();

	for (int is_out = 0; is_out < 2; is_out++) {
		memcpy(room, text + 500 * is_out, 1000);
		processes(is_out, self, p, 1, room + 2000, 10);
		processes(is_out, self, p, 2, room + 2000, 35);
		processes(is_out, self, p, 3, room + 2000, 130);
		processes(is_out, 7ull << 32 | self, p, 1, room + 2000, 10);
		processes(is_out, self, p, 0, room + 2000, 10);
		processes(is_out, self, p, 1, edge, 10);
		processes(is_out, 0x7fffffff, p, 1, room + 2000, 10);
		processes(is_out, -3, p, 3, room + 2000, 10);
	}
}

static void all(void)
{
	written(&writes);
	written(&writes_at);
	was_read(&reads);
	was_read(&reads_at);
	memory();
}

int main(int argc, char **argv)
{
	trace_need(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){ FILE_END, FILE_END }), "setrlimit");
	trace_begin(argc, argv, "readv writev preadv pwritev process_vm_readv process_vm_writev");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 0xd0 + i % 251;
	memset(room, 'r', sizeof(room));
	edge = either_edge();
	vector_edge = either_edge();
	vector_front = either_front();
	by_both(all);
	return trace_end();
}
