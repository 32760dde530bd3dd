/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* socketcall.h - what only socketcall has: send, recv. They have four arguments, no address. */

FILL(send, SOCKET_SEND_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_out(c, ret(c), arg(c, 2)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_OUT, 0);
}

FILL(recv, SOCKET_RECV_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_IN, 0);
}
