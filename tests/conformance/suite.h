/* SPDX-License-Identifier: MIT */
/*
 * suite.h - what every claim about an engine stands on: what the command line said, and
 * how a claim ends. Each claim runs in a process of its own, which loads the engine afresh.
 */
#ifndef FCD_CONFORMANCE_SUITE_H
#define FCD_CONFORMANCE_SUITE_H

#include <stdbool.h>
#include "abi/engine.h"

struct suite {
	const char *engine;  /* path of the .so */
	const char *program; /* path of this program */
	char **options;	     /* "key=value", NULL at the end */
	char **with;	     /* words before a program that is to be seen, NULL at the end */
	bool is_generator;   /* the engine makes its events itself */
	char dir[32];	     /* a folder of the claim's own; the host's socket would be in it */
	char socket[48];
	int error_fd; /* where to complain: 1 and 2 are the engine's, and watched */
};

extern struct suite suite;

struct claim {
	const char *name;
	const char *text; /* what is claimed, in one sentence */
	void (*run)(void);
};

/* Tables that end with a claim without name, in the order in which they are tried. */
extern const struct claim file_claims[], life_claims[], interest_claims[], ring_claims[],
	snapshot_claims[];

/* How a claim ends before its end. From any thread. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void skip(const char *text);
#define require(claim, ...)                                                                        \
	do {                                                                                       \
		if (!(claim))                                                                      \
			fail(__VA_ARGS__);                                                         \
	} while (0)

/* The engine says that it cannot work here: only what is true even then is tried. */
void engine_is_refused(const struct fcd_err *why);

#endif
