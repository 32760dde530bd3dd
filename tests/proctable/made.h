/* SPDX-License-Identifier: MIT */
/* made.h - events of processes as engines would tell them, made value by value. */
#ifndef FCD_TEST_MADE_H
#define FCD_TEST_MADE_H

#include "tests/table/encode.h"

struct made {
	struct fcd_envelope *e;
	const struct fcd_event_info *info;
	struct sample params[FCD_PARAMS_MAX];
	uint32_t tgid, tid;
	uint16_t flags; /* of the envelope */
};

/* Numbers are 0, the rest has no value. What was made before is freed. */
void made_begin(struct made *m, const char *code, uint32_t tgid);
void made_number(struct made *m, const char *param, int64_t value);
void made_text(struct made *m, const char *param, const char *value);
void made_bytes(struct made *m, const char *param, const void *data, uint32_t len);
/* Valid until the next begin. */
const struct fcd_envelope *made_end(struct made *m);

#endif
