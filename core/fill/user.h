/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * user.h - who a thread acts as, and what it may do: set*id, capset. An id that is to stay is -1;
 * of 16-bit calls 65535.
 */

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

/* What the thread has afterwards, whatever it asked for. */
FILL(capset, SYSCALL_CAPSET_X)
{
	P_RET(res);
	P(cap_inheritable, task(c, TASK_CAP_INH));
	P(cap_permitted, task(c, TASK_CAP_PRM));
	P(cap_effective, task(c, TASK_CAP_EFF));
}
