/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* sockopt.h - options of sockets: setsockopt, getsockopt. */

/* What follows in a DYN of sockopt_dynamic_param. */
enum { SOCKOPT_BYTES, SOCKOPT_ERRNO, SOCKOPT_UINT32, SOCKOPT_UINT64, SOCKOPT_RELTIME };

/* Of the options of SOL_SOCKET below OPTION_LAST, of which most are numbers of 32 bits. */
#define SOCKOPT_OF_BYTES                                                                           \
	(1 << 0 | 1 << 13 /* LINGER */ | 1 << 17 /* PEERCRED */ | 1 << 26 /* ATTACH_FILTER */ |    \
	 1 << 28 /* PEERNAME */)

FCD_FN u32 sockopt_kind(u32 level, u32 option)
{
	if (level != LEVEL_SOCKET)
		return SOCKOPT_BYTES;
	switch (option) {
	case OPTION_ERROR:
		return SOCKOPT_ERRNO;
	case OPTION_COOKIE:
		return SOCKOPT_UINT64;
	case OPTION_RCVTIMEO:
	case OPTION_SNDTIMEO:
	case OPTION_RCVTIMEO_NEW:
	case OPTION_SNDTIMEO_NEW:
		return SOCKOPT_RELTIME;
	default:
		if (option >= OPTION_LAST || (u64)SOCKOPT_OF_BYTES >> option & 1)
			return SOCKOPT_BYTES;
		return SOCKOPT_UINT32;
	}
}

/* ns of a struct timeval; a 32-bit caller's has 32 bits each, unless it is the newer option's. */
FCD_FN u64 sockopt_time(struct fcd *c, u32 option, u64 uptr)
{
	s64 at[2];

	if (is_compat(c) && option <= OPTION_LAST) {
		s32 at32[2];

		user_read(c, at32, uptr, sizeof(at32));
		at[0] = at32[0];
		at[1] = at32[1];
	} else {
		user_read(c, at, uptr, sizeof(at));
	}
	return at[0] * 1000000000ull + at[1] * 1000ull;
}

/* DYN: what cannot be read is a 0 of full width, or no bytes. */
FCD_PART(out_sockopt, FCD_ARGS(u32 level, u32 option, u64 uptr, u32 len),
	 FCD_ARGS(level, option, uptr, len))
{
	u32 kind = sockopt_kind(level, option);
	u64 v = 0;

	out_int(c, kind, 1);
	if (kind == SOCKOPT_BYTES) {
		out_ubuf(c, uptr, len);
		return 0;
	}
	if (kind == SOCKOPT_RELTIME)
		v = sockopt_time(c, option, uptr);
	else
		user_read_max(c, &v, uptr, kind == SOCKOPT_UINT64 ? 8 : 4, 8);
	if (kind == SOCKOPT_ERRNO)
		v = -(s64)(s32)v;
	out_int(c, v, kind == SOCKOPT_UINT32 ? 4 : 8);
	return 0;
}

/* Bytes of an option, so that an event of it is not too big. */
#define SOCKOPT_LEN 60000

#define P_SOCKOPT(name, uptr, len)                                                                 \
	P_WITH(name, dyn, out_sockopt(c, arg(c, 1), arg(c, 2), uptr, min_u32(len, SOCKOPT_LEN)))

FILL(setsockopt, SOCKET_SETSOCKOPT_X)
{
	u32 len = (u16)arg(c, 4);

	P_RET(res);
	P(fd, arg(c, 0));
	P(level, sockopt_level(arg(c, 1)));
	P(optname, sockopt_option(arg(c, 1), arg(c, 2)));
	P_SOCKOPT(val, arg(c, 3), len);
	P(optlen, len);
}

/* The length after the call. A failed one can have been given any; then that is no value's. */
FILL(getsockopt, SOCKET_GETSOCKOPT_X)
{
	u32 len;

	user_read(c, &len, arg(c, 4), sizeof(len));
	P_RET(res);
	P(fd, arg(c, 0));
	P(level, sockopt_level(arg(c, 1)));
	P(optname, sockopt_option(arg(c, 1), arg(c, 2)));
	P_SOCKOPT(val, arg(c, 3), len > 0xffff ? 0 : len);
	P(optlen, len);
}
