/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* generic.h - every system call that has no filler of its own. */

FCD_FN u16 syscall_code(u32 nr)
{
	return fcd_syscall_codes[bound(nr, 511)];
}

/* A successful execveat is reported by the exec tracepoint. */
FILL_IF(generic, GENERIC_X, call_nr(c) != FCD_NR_execveat || ret(c) < 0)
{
	P(ID, syscall_code(call_nr(c)));
	P(nativeID, call_nr(c));
}
