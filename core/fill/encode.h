/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* encode.h - native flags to the schema's. Bits without a row are dropped. */
#ifndef FCD_FILL_ENCODE_H
#define FCD_FILL_ENCODE_H

/* file_flags of SOCK_NONBLOCK and SOCK_CLOEXEC. */
FCD_FN u32 socket_flags(u32 f)
{
	return BIT_MAP(f, 0x800, 0x40) | BIT_MAP(f, 0x80000, 0x1000);
}

FCD_FN u32 clone_flags(u32 f)
{
	return BIT_MAP(f, 0x100, 0x8000) | BIT_MAP(f, 0x200, 0x2) | BIT_MAP(f, 0x400, 0x1) |
	       BIT_MAP(f, 0x800, 0x800) | BIT_MAP(f, 0x2000, 0x400) |
	       BIT_MAP(f, 0x4000, 0x8000000) | BIT_MAP(f, 0x8000, 0x100) |
	       BIT_MAP(f, 0x10000, 0x2000) | BIT_MAP(f, 0x20000, 0x20) |
	       BIT_MAP(f, 0x40000, 0x1000) | BIT_MAP(f, 0x80000, 0x2000000) |
	       BIT_MAP(f, 0x100000, 0x200) | BIT_MAP(f, 0x200000, 0x800000) |
	       BIT_MAP(f, 0x800000, 0x4000) | BIT_MAP(f, 0x1000000, 0x1000000) |
	       BIT_MAP(f, 0x2000000, 0x10000000) | BIT_MAP(f, 0x4000000, 0x80) |
	       BIT_MAP(f, 0x8000000, 0x8) | BIT_MAP(f, 0x10000000, 0x100000) |
	       BIT_MAP(f, 0x20000000, 0x40) | BIT_MAP(f, 0x40000000, 0x10) |
	       BIT_MAP(f, 0x80000000u, 0x4);
}

#define CLONE_CHILD_IN_PIDNS 0x20000000

/* Bytes of inbound data: what arrived. Of outbound data: what went, or would have. */
FCD_FN u32 snap_in(struct fcd *c, s64 done)
{
	return done > 0 ? min_u32(done, snaplen(c)) : 0;
}

FCD_FN u32 snap_out(struct fcd *c, s64 done, u32 asked)
{
	return min_u32(done > 0 ? (u64)done : asked, snaplen(c));
}

#endif
