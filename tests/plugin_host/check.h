/* SPDX-License-Identifier: MIT */
/*
 * check.h - would this event end Falco, or spoil what it knows? Its rules as they were seen with a
 * running Falco, by code that shares nothing with what makes and checks events in the project.
 */
#ifndef FCD_TEST_CHECK_H
#define FCD_TEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct check {
	/* Of the host's event table: 2, 3, 4, or 5 with the rows that 4 has got since. */
	unsigned int schema;
	uint64_t now_ns; /* wall clock */
	struct {
		bool is_set;
		uint16_t type;
		uint64_t tid, ts;
	} entered; /* the enter event whose exit has to be the next one */
	char why[256];
};

/* 0: it may be seen. -EPROTO: why says what is wrong. */
int check_event(struct check *c, const void *event);

#endif
