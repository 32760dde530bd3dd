/* SPDX-License-Identifier: MIT */
/*
 * cast_reader.h - the broadcast ring, reading side: in a client that mapped it, and in
 * the daemon for each stream client. It reads both lanes in the order of their numbers.
 */
#ifndef FCD_CAST_READER_H
#define FCD_CAST_READER_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/wire.h"

struct fcd_cast_reader;

/*
 * Map the ring behind fd, which stays the caller's, and begin with the event
 * numbered first_seq; if that is gone, with a GAP of how many are. UINT64_MAX: with what
 * comes next. Losses that were noticed before are not this reader's. page: the subscriber's
 * page (its own, writable), never NULL.
 * -EPROTO: not a broadcast ring of this version.
 */
int fcd_cast_reader_new(struct fcd_cast_reader **out, int fd, struct fcd_sub_page *page,
			uint64_t first_seq);
void fcd_cast_reader_free(struct fcd_cast_reader *r);

/*
 * The next record in order, valid until the next call, or NULL: none for now.
 * What was lost, by the engine or by reading too slowly, comes as a GAP
 * in its place: event numbers passed + `lost` of gaps = all events there were.
 */
const struct fcd_envelope *fcd_cast_reader_next(struct fcd_cast_reader *r);

/* Number of the next event; and how many were lost because the ring overtook the reader. */
uint64_t fcd_cast_reader_seq(const struct fcd_cast_reader *r);
uint64_t fcd_cast_reader_overrun(const struct fcd_cast_reader *r);

/*
 * After NULL: say that the reader goes to sleep: true, wait for the byte; false, there is more to read.
 * Call awake() afterwards in either case.
 */
bool fcd_cast_reader_sleep(struct fcd_cast_reader *r);
void fcd_cast_reader_awake(struct fcd_cast_reader *r);

/* Was something overwritten that it has not read yet? Then a GAP is among its next records. */
bool fcd_cast_reader_is_overtaken(const struct fcd_cast_reader *r);
/* The daemon closed the ring and everything in it was read; or what is in it is malformed. */
bool fcd_cast_reader_ended(const struct fcd_cast_reader *r);

#endif
