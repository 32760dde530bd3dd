/* SPDX-License-Identifier: MIT */
/* encode.h - records made from typed values, by rules of their own: nothing of core/ is used. */
#ifndef FCD_TEST_ENCODE_H
#define FCD_TEST_ENCODE_H

#include <stddef.h>
#include "abi/event.h"
#include "core/table.h"

/* A value as the schema's documents lay it out. */
struct sample {
	uint8_t bytes[512];
	uint32_t len;
	int64_t num; /* of a number */
};

/* Values of the type that differ from seed to seed; DYN: of the variant seed % count. */
void sample_make(struct sample *s, const struct fcd_param_info *info, uint64_t seed);

/* Bytes that this type always has, 0: it varies. */
uint32_t sample_width(uint32_t type);

/* One for each parameter of the event. */
void samples_make(struct sample *s, const struct fcd_event_info *info, uint64_t seed);

/* An event in exactly as many bytes as it has; *len is set. To be freed. */
uint8_t *encode_event(const struct fcd_event_info *info, const struct sample *params, size_t *len);

/* The same in its envelope. */
struct fcd_envelope *encode_record(const struct fcd_event_info *info, const struct sample *params,
				   size_t *len);

#endif
