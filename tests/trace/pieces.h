/* SPDX-License-Identifier: MIT */
/* pieces.h - data in several pieces: a vector of either width, and what an event has of it. */
#ifndef TRACE_PIECES_H
#define TRACE_PIECES_H

#include "either.h"

#define PIECES	  40
#define SEEN	  32 /* pieces that events tell of */
#define VEC_WIDTH (is_32bit ? 8u : 16u)
#define ADDR(p)	  ((uint64_t)(uintptr_t)(p))

struct piece {
	const char *at;
	uint64_t len;
	int is_bad; /* what there is of it cannot be read */
};

/* Call with six arguments in either way. */
static inline long six(long nr, uint32_t nr32, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		       uint64_t e, uint64_t f)
{
	const uint32_t half[] = { a, b, c, d, e, f };

	return is_32bit ? call32_of_six(nr32, half) : call(nr, a, b, c, d, e, f);
}

/* Of a position, which is two arguments of a 32-bit call; in a 64-bit one nobody looks there. */
static inline uint32_t upper_half(uint64_t pos)
{
	return is_32bit ? pos >> 32 : 91;
}

/* A number of `width` bytes stored; returns what follows. */
static inline char *store(char *to, uint64_t v, int width)
{
	memcpy(to, &v, width);
	return to + width;
}

/* Store a vector; returns its end. */
static inline char *pieces_store(char *to, const struct piece *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		to = store(to, ADDR(p[i].at), VEC_WIDTH / 2);
		to = store(to, p[i].len, VEC_WIDTH / 2);
	}
	return to;
}

static inline uint32_t pieces_sum(const struct piece *p, unsigned int n)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < n && i < SEEN; i++)
		sum += given(p[i].len);
	return sum;
}

/* The first bytes: as many as went, or would have, and as events keep. */
static inline void expect_pieces(const struct piece *p, unsigned int n, uint64_t limit)
{
	char data[SNAPLEN];
	size_t used = 0;

	if (limit > SNAPLEN)
		limit = SNAPLEN;
	for (unsigned int i = 0; i < n && i < SEEN && used < limit; i++) {
		size_t len = p[i].len < limit - used ? p[i].len : limit - used;

		if (p[i].is_bad && len)
			break;
		memcpy(data + used, p[i].at, len);
		used += len;
	}
	expect_bytes("data", data, used);
}

#endif
