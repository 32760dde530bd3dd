/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * numbers.h - what a system call's number says. FCD_TABLE is how a backend keeps constant
 * tables: `static const`, and `volatile` for BPF.
 */
#ifndef FCD_FILL_NUMBERS_H
#define FCD_FILL_NUMBERS_H

FCD_TABLE u16 fcd_syscall_codes[512] = FCD_SYSCALL_CODES;
FCD_TABLE u16 fcd_ia32_map[512] = FCD_IA32_MAP;

/* socketcall's own code to the 64-bit number. */
FCD_TABLE u16 fcd_socketcall_map[32] = {
	[0] = IA32_NONE,	  [1] = FCD_NR_socket,	    [2] = FCD_NR_bind,
	[3] = FCD_NR_connect,	  [4] = FCD_NR_listen,	    [5] = FCD_NR_accept,
	[6] = FCD_NR_getsockname, [7] = FCD_NR_getpeername, [8] = FCD_NR_socketpair,
	[9] = IA32_NONE,	  [10] = IA32_NONE,	    [11] = FCD_NR_sendto,
	[12] = FCD_NR_recvfrom,	  [13] = FCD_NR_shutdown,   [14] = FCD_NR_setsockopt,
	[15] = FCD_NR_getsockopt, [16] = FCD_NR_sendmsg,    [17] = FCD_NR_recvmsg,
	[18] = FCD_NR_accept4,	  [19] = FCD_NR_recvmmsg,   [20] = FCD_NR_sendmmsg,
	[21 ... 31] = IA32_NONE,
};

/* The 64-bit number of a 32-bit call, of which `first` is the first argument; IA32_NONE: none. */
FCD_FN u32 ia32_nr(u32 nr, u32 first)
{
	if (nr == IA32_SOCKETCALL)
		return fcd_socketcall_map[bound(first, 31)];
	return fcd_ia32_map[bound(nr, 511)];
}

#endif
