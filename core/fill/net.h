/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* net.h - sockets made, named, connected and shut down. */

#define FCD_EINPROGRESS 115

FILL(socket, SOCKET_SOCKET_X)
{
	P_RET(fd);
	P(domain, socket_family(arg(c, 0)));
	P(type, arg(c, 1));
	P(proto, arg(c, 2));
	P(flags, socket_flags(arg(c, 1)));
}

/* The descriptors are the kernel's work, so there are none before it is done. */
FILL(socketpair, SOCKET_SOCKETPAIR_X)
{
	struct fcd_sock s = { 0 };
	s32 fd[2];

	fd_pair(c, fd, ret(c) ? 0 : arg(c, 3));
	sock_get(c, fd[0], &s);
	P_RET(res);
	P(fd1, fd[0]);
	P(fd2, fd[1]);
	P(source, unix_id(c, s.id));
	P(peer, unix_id(c, s.peer_id));
	P(domain, socket_family(arg(c, 0)));
	P(type, arg(c, 1));
	P(proto, arg(c, 2));
}

FILL(bind, SOCKET_BIND_X)
{
	P_RET(res);
	P_ADDR(addr, arg(c, 1), (u16)arg(c, 2));
	P(fd, arg(c, 0));
}

FILL(listen, SOCKET_LISTEN_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(backlog, arg(c, 1));
}

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

/* What accept and accept4 have in common: the queue is the listener's. */
#define P_ACCEPTED()                                                                               \
	do {                                                                                       \
		struct fcd_sock s_ = { 0 };                                                        \
		P_RET(fd);                                                                         \
		if (ret(c) >= 0) {                                                                 \
			P_TUPLE(tuple, ret(c), DIR_IN, 0);                                         \
			sock_get(c, arg(c, 0), &s_);                                               \
		} else {                                                                           \
			P_EMPTY(tuple);                                                            \
		}                                                                                  \
		P(queuepct, s_.backlog_max ? (u64)s_.backlog * 100 / s_.backlog_max : 0);          \
		P(queuelen, s_.backlog);                                                           \
		P(queuemax, s_.backlog_max);                                                       \
	} while (0)

FILL(accept, SOCKET_ACCEPT_5_X)
{
	P_ACCEPTED();
}

FILL(accept4, SOCKET_ACCEPT4_6_X)
{
	P_ACCEPTED();
	P(flags, socket_flags(arg(c, 3)));
}

FILL(shutdown, SOCKET_SHUTDOWN_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(how, shutdown_how(arg(c, 1)));
}

/* Two calls, one filler: their events say no more than that they happened. */
#define ev_SOCKET_NAMES	       ev_SOCKET_GETSOCKNAME_X
#define FCD_FIXED_SOCKET_NAMES FCD_FIXED_SOCKET_GETSOCKNAME_X
#define FCD_ID_SOCKET_NAMES                                                                        \
	(call_nr(c) == FCD_NR_getpeername ? FCD_ID_SOCKET_GETPEERNAME_X                            \
					  : FCD_ID_SOCKET_GETSOCKNAME_X)

FILL(getsockname, SOCKET_NAMES)
{
	P_NONE();
}
