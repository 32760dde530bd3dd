/* SPDX-License-Identifier: MIT */
/* types.h - what core/fill/ is written in. */
#ifndef FCD_TRACE_TYPES_H
#define FCD_TRACE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define FCD_FN	  static inline __attribute__((always_inline, unused))
#define FCD_TABLE static const __attribute__((unused))

#include "core/fill/interface.h"

#endif
