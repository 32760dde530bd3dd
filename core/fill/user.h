/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* user.h - who a thread acts as: set*id. An id that is to stay is -1; of 16-bit calls 65535. */

FILL(setuid, SYSCALL_SETUID_X)
{
	P_RET(res);
	P(uid, arg(c, 0));
}

FILL(setgid, SYSCALL_SETGID_X)
{
	P_RET(res);
	P(gid, arg(c, 0));
}

FILL(setreuid, SYSCALL_SETREUID_X)
{
	P_RET(res);
	P(ruid, arg(c, 0));
	P(euid, arg(c, 1));
}

FILL(setregid, SYSCALL_SETREGID_X)
{
	P_RET(res);
	P(rgid, arg(c, 0));
	P(egid, arg(c, 1));
}

FILL(setresuid, SYSCALL_SETRESUID_X)
{
	P_RET(res);
	P(ruid, arg(c, 0));
	P(euid, arg(c, 1));
	P(suid, arg(c, 2));
}

FILL(setresgid, SYSCALL_SETRESGID_X)
{
	P_RET(res);
	P(rgid, arg(c, 0));
	P(egid, arg(c, 1));
	P(sgid, arg(c, 2));
}
