// SPDX-License-Identifier: MIT
#include "abi/ring_io.h"
#include "daemon/books.h"

#define TRIES 100 /* an honest subscriber writes them once in microseconds */

/* No subscriber has seen more; with less the sums of many cannot go around. */
#define NUMBER_MAX (1ULL << 53)

static uint64_t number(const __u64 *at)
{
	uint64_t n = FCD_LOAD(at);

	return n < NUMBER_MAX ? n : NUMBER_MAX;
}

void fcd_books_read(const struct fcd_sub_page *page, struct fcd_books *out)
{
	uint64_t version;
	int i = 0;

	do {
		const struct fcd_books *b;

		version = FCD_LOAD_ACQUIRE(&page->version);
		b = &page->books[version & 1];
		out->seq = number(&b->seq);
		out->delivered = number(&b->delivered);
		out->filtered = number(&b->filtered);
		out->overrun = number(&b->overrun);
		fcd_fence();
	} while (FCD_LOAD(&page->version) != version && ++i < TRIES);
}

static void add(uint64_t *sum, uint64_t n)
{
	*sum = *sum + n < NUMBER_MAX ? *sum + n : NUMBER_MAX;
}

void fcd_books_add(struct fcd_books_gone *gone, const struct fcd_books *books)
{
	gone->count++;
	add(&gone->delivered, books->delivered);
	add(&gone->filtered, books->filtered);
	add(&gone->overrun, books->overrun);
}
