/* SPDX-License-Identifier: MIT */
/* fuzz.h - the function that libFuzzer calls, or replay.c in its place. */
#ifndef FCD_TEST_FUZZ_H
#define FCD_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
