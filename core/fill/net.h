/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* net.h - sockets: connect, accept4. */

#define FCD_EINPROGRESS 115

FILL(connect, SOCKET_CONNECT_X)
{
	P_RET(res);
	if (ret(c) == 0 || ret(c) == -FCD_EINPROGRESS)
		P_TUPLE(tuple, arg(c, 0), DIR_OUT, arg(c, 1));
	else
		P_EMPTY(tuple);
	P(fd, arg(c, 0));
	P_ADDR(addr, arg(c, 1), (u16)arg(c, 2));
}

FILL(accept4, SOCKET_ACCEPT4_6_X)
{
	struct fcd_sock s;
	u32 len = 0, max = 0;

	P_RET(fd);
	if (ret(c) >= 0)
		P_TUPLE(tuple, ret(c), DIR_IN, 0);
	else
		P_EMPTY(tuple);
	if (ret(c) >= 0 && !sock_get(c, arg(c, 0), &s)) {
		len = s.backlog;
		max = s.backlog_max;
	}
	P(queuepct, max ? (u64)len * 100 / max : 0);
	P(queuelen, len);
	P(queuemax, max);
	P(flags, socket_flags(arg(c, 3)));
}
