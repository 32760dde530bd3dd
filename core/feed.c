// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include "abi/ring_io.h"
#include "core/feed.h"

#define BOOKS_EVERY 256 /* records: how far the books may be behind while there is more to read */

struct fcd_feed {
	struct fcd_cast_reader *reader;
	struct fcd_sub_page *page;
	const struct fcd_filter *filter;
	struct fcd_proctable *processes;
	uint64_t delivered, filtered;
	uint32_t unbooked; /* records since the books were written */
};

int fcd_feed_new(struct fcd_feed **out, int fd, struct fcd_sub_page *page, uint64_t first_seq,
		 const struct fcd_filter *filter, struct fcd_proctable *processes)
{
	struct fcd_feed *f = calloc(1, sizeof(*f));
	int err = f ? fcd_cast_reader_new(&f->reader, fd, page, first_seq) : -ENOMEM;

	if (err) {
		free(f);
		fcd_proctable_free(processes);
		return err;
	}
	f->page = page;
	f->filter = filter;
	f->processes = processes;
	FCD_STORE(&page->first, fcd_cast_reader_seq(f->reader));
	FCD_STORE(&page->books[0].seq, fcd_cast_reader_seq(f->reader));
	*out = f;
	return 0;
}

void fcd_feed_free(struct fcd_feed *f)
{
	if (!f)
		return;
	fcd_cast_reader_free(f->reader);
	fcd_proctable_free(f->processes);
	free(f);
}

/* Into the copy that is not valid, then that one is. */
static void write_books(struct fcd_feed *f)
{
	uint64_t version = FCD_LOAD(&f->page->version) + 1;
	struct fcd_books *b = &f->page->books[version & 1];

	if (!f->unbooked)
		return;
	f->unbooked = 0;
	/* Whoever still reads this copy sees by the version that it is old. */
	fcd_fence();
	FCD_STORE(&b->seq, fcd_cast_reader_seq(f->reader));
	FCD_STORE(&b->delivered, f->delivered);
	FCD_STORE(&b->filtered, f->filtered);
	FCD_STORE(&b->overrun, fcd_cast_reader_overrun(f->reader));
	FCD_STORE_RELEASE(&f->page->version, version);
}

static bool take_event(struct fcd_feed *f, const struct fcd_envelope *e)
{
	if (!fcd_filter_pass(f->filter, e, f->processes)) {
		f->filtered++;
		return false;
	}
	f->delivered++;
	return true;
}

const struct fcd_envelope *fcd_feed_next(struct fcd_feed *f, uint32_t *budget)
{
	const struct fcd_envelope *e;

	for (; *budget; --*budget) {
		/* What the user was given before is in good hands: here the books are right. */
		if (f->unbooked >= BOOKS_EVERY)
			write_books(f);
		e = fcd_cast_reader_next(f->reader);
		if (!e)
			break;
		f->unbooked++;
		if (f->processes)
			fcd_proctable_event(f->processes, e);
		if (e->kind != FCD_EVENT || take_event(f, e)) {
			--*budget;
			return e;
		}
	}
	write_books(f);
	return NULL;
}

bool fcd_feed_sleep(struct fcd_feed *f)
{
	return fcd_cast_reader_sleep(f->reader);
}

void fcd_feed_awake(struct fcd_feed *f)
{
	fcd_cast_reader_awake(f->reader);
}

bool fcd_feed_is_overtaken(const struct fcd_feed *f)
{
	return fcd_cast_reader_is_overtaken(f->reader);
}

bool fcd_feed_ended(const struct fcd_feed *f)
{
	return fcd_cast_reader_ended(f->reader);
}
