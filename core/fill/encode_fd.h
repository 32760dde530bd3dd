/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* encode_fd.h - encode.h for calls that make and change descriptors. */
#ifndef FCD_FILL_ENCODE_FD_H
#define FCD_FILL_ENCODE_FD_H

/* file_flags of pipes, event, signal and other descriptors; none of a negative number. */
FCD_FN u32 fd_flags(u32 f)
{
	return (s32)f < 0 ? 0 : socket_flags(f);
}

FCD_FN u32 pipe_flags(u32 f)
{
	return (s32)f < 0 ? 0 : socket_flags(f) | BIT_MAP(f, 0x4000, 0x200);
}

/* fcntl_commands by the kernel's number; Linux's own begin with 1024 there, here with 48. */
FCD_TABLE u8 fcd_fcntl_commands[64] = {
	1,	   2,	      3,	 4,	    5,	       6,	  8,
	9,	   10,	      12,	 13,	    15,	       17,	  18,
	19,	   21,	      22,	 [36] = 30, [37] = 31, [38] = 32, [48] = 23,
	[49] = 24, [50] = 27, [53] = 25, [54] = 26, [55] = 28, [56] = 29,
};

FCD_FN u32 fcntl_command(u32 cmd)
{
	return fcd_fcntl_commands[cmd < 1024 ? bound(cmd, 47) : bound(cmd - 976, 63)];
}

#endif
