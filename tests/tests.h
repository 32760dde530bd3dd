/* SPDX-License-Identifier: MIT */
/* tests.h - a test program is its tests; main.c runs them. */
#ifndef FCD_TESTS_H
#define FCD_TESTS_H

#include <check.h>

/* What the program has, with fixtures and time limit. */
TCase *tests(void);

#endif
