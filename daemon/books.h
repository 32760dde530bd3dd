/* SPDX-License-Identifier: MIT */
/* books.h - what a subscriber says became of its events (abi/wire.h). It may lie. */
#ifndef FCD_BOOKS_H
#define FCD_BOOKS_H

#include "abi/wire.h"

/* The books, whole if the subscriber is honest; a hostile page costs a few tries. */
void fcd_books_read(const struct fcd_sub_page *page, struct fcd_books *out);

/* Of subscribers that are gone. */
struct fcd_books_gone {
	uint64_t count, disconnected;	       /* the latter by us, for they were too slow */
	uint64_t delivered, filtered, overrun; /* by their last books */
};

void fcd_books_add(struct fcd_books_gone *gone, const struct fcd_books *books);

#endif
