/* SPDX-License-Identifier: MIT */
/*
 * cast.h - the broadcast ring (abi/wire.h), writing side. One thread writes.
 */
#ifndef FCD_CAST_H
#define FCD_CAST_H

#include <stdint.h>
#include "abi/ring_io.h"
#include "abi/wire.h"

struct fcd_cast;

#define FCD_CAST_BYTES_MIN (256ULL << 10)

/* Bytes of each lane: powers of two, at least FCD_CAST_BYTES_MIN. */
int fcd_cast_new(struct fcd_cast **out, uint64_t bulk_bytes, uint64_t priority_bytes);
void fcd_cast_free(struct fcd_cast *c);
/* For SCM_RIGHTS; whoever maps it can only read. */
int fcd_cast_fd(const struct fcd_cast *c);
const struct fcd_cast_header *fcd_cast_header(const struct fcd_cast *c);

/*
 * Copy a record into the lane of its event, numbered and with its time moved by epoch_ns; flags are added
 * to its own. It becomes visible at the next fcd_cast_publish.
 */
void fcd_cast_event(struct fcd_cast *c, const struct fcd_envelope *record, uint32_t bytes,
		    uint64_t epoch_ns, uint16_t flags);
/*
 * As above, for a record whose producer may still be changing it: what is checked
 * is the copy. -EPROTO: it is no event; nothing was published.
 */
int fcd_cast_event_checked(struct fcd_cast *c, struct fcd_ref ref, uint64_t epoch_ns,
			   uint16_t flags);
/* Record a loss of n events of this cause; also adds to the header's total. */
void fcd_cast_gap(struct fcd_cast *c, uint32_t cause, uint64_t n, uint64_t ts_ns);
void fcd_cast_mark(struct fcd_cast *c, uint64_t ts_ns, int64_t shift_ns);
/* Make everything copied so far visible. Returns the number of the next event. */
uint64_t fcd_cast_publish(struct fcd_cast *c);
/* Tell readers that nothing more comes. */
void fcd_cast_close(struct fcd_cast *c);

#endif
