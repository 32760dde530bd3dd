/* SPDX-License-Identifier: MIT */
/*
 * feed.h - what one subscriber sees: the broadcast ring through its filter, with its books
 * kept in its page. The same code reads in a client and in the daemon for a stream.
 */
#ifndef FCD_FEED_H
#define FCD_FEED_H

#include "core/cast_reader.h"
#include "core/filter.h"
#include "core/proctable.h"

struct fcd_feed;

/*
 * Begin with the event numbered first_seq; fd and page as for fcd_cast_reader_new. The filter
 * is the caller's and outlives the feed. The table of processes, which learns from every event
 * before that is handed over, becomes the feed's, also on failure; NULL: none is kept.
 */
int fcd_feed_new(struct fcd_feed **out, int fd, struct fcd_sub_page *page, uint64_t first_seq,
		 const struct fcd_filter *filter, struct fcd_proctable *processes);
void fcd_feed_free(struct fcd_feed *f);

/*
 * The next record that passes the filter, valid until the next call, or NULL: none for now, or
 * *budget records were looked at; each takes one away from it. GAP and MARK always pass.
 */
const struct fcd_envelope *fcd_feed_next(struct fcd_feed *f, uint32_t *budget);

/* As those of the reader (cast_reader.h). */
bool fcd_feed_sleep(struct fcd_feed *f);
void fcd_feed_awake(struct fcd_feed *f);
bool fcd_feed_is_overtaken(const struct fcd_feed *f);
bool fcd_feed_ended(const struct fcd_feed *f);

#endif
