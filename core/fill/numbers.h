/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * numbers.h - what a system call's number says. FCD_TABLE is how a backend keeps constant
 * tables: `static const`, and `volatile` for BPF.
 */
#ifndef FCD_FILL_NUMBERS_H
#define FCD_FILL_NUMBERS_H

#include "core/fill/lane.h"

FCD_TABLE u16 fcd_syscall_codes[512] = FCD_SYSCALL_CODES;
FCD_TABLE u16 fcd_ia32_map[512] = FCD_IA32_MAP;

FCD_TABLE u16 fcd_socketcall_map[32] = FCD_SOCKETCALL_MAP;

/* The 64-bit number of a 32-bit call, of which `first` is the first argument; IA32_NONE: none. */
FCD_FN u32 ia32_nr(u32 nr, u32 first)
{
	if (nr == IA32_SOCKETCALL)
		return fcd_socketcall_map[bound(first, 31)];
	return fcd_ia32_map[bound(nr, 511)];
}

/* Whose subscribers want it: what only socketcall has stands behind the table. */
FCD_FN u32 wanted_as(u32 nr)
{
	return nr & 511;
}

/* Of a 64-bit number; a constant for a constant. */
FCD_FN bool is_priority_call(u32 nr)
{
	switch (nr) {
#define PRIORITY_CASE(name) case FCD_NR_##name:
		FCD_PRIORITY_CALLS(PRIORITY_CASE)
		return true;
	default:
		return false;
	}
}

/* The number of the call that a filler is of; generic is of many. */
#define FCD_NR_generic call_nr(c)

#endif
