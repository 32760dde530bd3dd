/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* signal.h - signals sent: kill, tkill, tgkill. */

FILL(kill, SYSCALL_KILL_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(sig, arg(c, 1));
}

FILL(tkill, SYSCALL_TKILL_X)
{
	P_RET(res);
	P(tid, arg(c, 0));
	P(sig, arg(c, 1));
}

FILL(tgkill, SYSCALL_TGKILL_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(tid, arg(c, 1));
	P(sig, arg(c, 2));
}
