/* SPDX-License-Identifier: MIT */
/* table_data.h - what the generator makes of core/table/ for table.c. */
#ifndef FCD_TABLE_DATA_H
#define FCD_TABLE_DATA_H

#include "abi/engine.h"
#include "core/table.h"

/* System calls without an event of their own: the id of what their entry and exit make. */
enum { FCD_GENERIC_E = 0, FCD_GENERIC_X = 1 };

struct fcd_type_info {
	const char *name;
	uint8_t width; /* 0: it varies */
};

extern const struct fcd_event_info fcd_events[FCD_EVENTS_COUNT];
/* By number; no name: there is no such call. */
extern const struct fcd_syscall_info fcd_syscalls[FCD_SYSCALLS_MAX];
extern const struct fcd_type_info fcd_types[FCD_T_COUNT];
extern const int16_t fcd_ia32[FCD_SYSCALLS_MAX];

#endif
