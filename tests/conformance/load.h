/* SPDX-License-Identifier: MIT */
/* load.h - something to record: a program that makes calls as it is told, or the engine's own. */
#ifndef FCD_CONFORMANCE_LOAD_H
#define FCD_CONFORMANCE_LOAD_H

#include <sys/types.h>
#include "tests/conformance/host.h"

enum load_call { LOAD_KILL, LOAD_CLOSE, LOAD_OPENAT, LOAD_NOISE };

struct load {
	pid_t pid; /* 0: none was started */
	int to, from;
};

/*
 * Start the program as --with says and wait until it runs, serving the engine meanwhile. It
 * stays on one CPU. A generator needs none: then nothing happens here and in load_end.
 */
void load_start(struct load *l, struct host *h);
/* It ends, and the claim that it ends well. */
void load_end(struct load *l, struct host *h);

/* n calls, numbered from `first` on; records.h says how. Not with a generator. */
void load_make(struct load *l, struct host *h, enum load_call call, uint32_t first, uint32_t n);
/* The same, not waited for; load_made waits. */
void load_ask(struct load *l, enum load_call call, uint32_t first, uint32_t n);
void load_made(struct load *l, struct host *h);
/* From now on it makes calls of each kind all the time beside those that it is told. */
void load_noise(struct load *l, struct host *h);

/* Some n events more, whoever makes them: bulky ones if bulky. */
void load_some(struct load *l, struct host *h, bool is_bulky, uint32_t n);

/* ---- the program's side ---- */

#define LOAD_WORD "--load" /* its one argument */
_Noreturn void load_main(void);

#endif
