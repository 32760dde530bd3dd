/* SPDX-License-Identifier: MIT */
/* left.h - what an engine leaves behind in the process, and beside the host's socket. */
#ifndef FCD_CONFORMANCE_LEFT_H
#define FCD_CONFORMANCE_LEFT_H

#include <stdbool.h>

/* Rounds between two looks: what is left behind each time is told from what libraries keep. */
#define LEFT_ROUNDS 2

struct left {
	char descriptors[16384]; /* a line each, in order */
	int mappings, threads;
};

void left_look(struct left *now);
/* Claim that nothing came to be since `before`, LEFT_ROUNDS rounds of `what` ago. */
void left_check(const struct left *before, const char *what);

/* The claim's folder. */
void dir_make(void);
/* False: something was left in it. */
bool dir_remove(void);

#endif
