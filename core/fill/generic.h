/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* generic.h - every system call that has no filler of its own. */

FCD_FN u16 syscall_code(u32 nr)
{
	return fcd_syscall_codes[bound(nr, 511)];
}

FILL(generic, GENERIC_X)
{
	P(ID, syscall_code(call_nr(c)));
	P(nativeID, call_nr(c));
}
