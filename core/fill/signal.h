/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* signal.h - signals sent: kill. */

FILL(kill, SYSCALL_KILL_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(sig, arg(c, 1));
}
