/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* limit.h - resource limits: getrlimit, setrlimit, prlimit64. No limit is -1. */

#define RLIMIT_RTTIME_NR 15
#define RLIMIT_UNKNOWN	 255

FCD_FN u32 limit_resource(u32 native)
{
	return native > RLIMIT_RTTIME_NR ? RLIMIT_UNKNOWN : native;
}

struct fcd_limit {
	s64 cur, max;
};

/* Of getrlimit and setrlimit, which have a smaller struct for 32-bit callers. */
FCD_FN void limit_read(struct fcd *c, struct fcd_limit *l, u64 uptr)
{
	u32 narrow[2];

	if (!is_compat(c)) {
		user_read(c, l, uptr, sizeof(*l));
		return;
	}
	user_read(c, narrow, uptr, sizeof(narrow));
	l->cur = narrow[0] == -1u ? -1 : (s64)narrow[0];
	l->max = narrow[1] == -1u ? -1 : (s64)narrow[1];
}

FILL(getrlimit, SYSCALL_GETRLIMIT_X)
{
	struct fcd_limit l = { -1, -1 };

	if (ret(c) == 0)
		limit_read(c, &l, arg(c, 1));
	P_RET(res);
	P(cur, l.cur);
	P(max, l.max);
	P(resource, limit_resource(arg(c, 0)));
}

FILL(setrlimit, SYSCALL_SETRLIMIT_X)
{
	struct fcd_limit l;

	limit_read(c, &l, arg(c, 1));
	P_RET(res);
	P(cur, l.cur);
	P(max, l.max);
	P(resource, limit_resource(arg(c, 0)));
}

FILL(prlimit64, SYSCALL_PRLIMIT_X)
{
	struct fcd_limit to, from = { -1, -1 };

	user_read(c, &to, arg(c, 2), sizeof(to));
	if (ret(c) == 0)
		user_read(c, &from, arg(c, 3), sizeof(from));
	P_RET(res);
	P(newcur, to.cur);
	P(newmax, to.max);
	P(oldcur, from.cur);
	P(oldmax, from.max);
	P(pid, (s64)(s32)arg(c, 0));
	P(resource, limit_resource(arg(c, 1)));
}
