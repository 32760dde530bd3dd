/* SPDX-License-Identifier: MIT */
/* held.h - what a plugin holds of the process: threads and descriptors. */
#ifndef FCD_TEST_HELD_H
#define FCD_TEST_HELD_H

struct held {
	unsigned int threads, fds;
};

struct held held_now(void);
/* Else the program ends. after: the call that had to leave nothing behind. */
void held_must_be(struct held before, const char *after);

#endif
