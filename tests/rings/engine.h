/* SPDX-License-Identifier: MIT */
/* engine.h - the fake engine as a host sees it: loaded, given options, its rings in a pump. */
#ifndef FCD_TEST_ENGINE_H
#define FCD_TEST_ENGINE_H

#include "abi/engine.h"
#include "tests/rings/bed.h"

const struct fcd_engine_ops *fake_ops(void);

/* What the options are with these set: "key=value key=value". Returns open()'s answer. */
int fake_open(const char *set, struct fcd_engine **out, struct fcd_err *err);

/* An interest in everything that there is. */
struct fcd_interest fake_all(void);

/* An engine of these options, open, interested in all, its rings in b's pump. */
struct fcd_engine *fake_new(struct bed *b, const char *set);
/* Start, take and read until all of its rings brought what they had to (option count), stop. */
void fake_run(struct fcd_engine *e, struct bed *b, uint64_t events, struct seen *seen);

#endif
