/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* io.h - data in and out of descriptors: read, write, ioctl. */

FILL(read, SYSCALL_READ_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
}

FILL(write, SYSCALL_WRITE_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_out(c, ret(c), arg(c, 2)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
}

FILL(ioctl, SYSCALL_IOCTL_3_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(request, arg(c, 1));
	P(argument, arg(c, 2));
}
