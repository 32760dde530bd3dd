/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* owner.h - who may use a file: chmod and chown. An id that is to stay is -1; of 16-bit calls 65535. */

FCD_FN u32 chown_event(u32 nr)
{
	return nr == FCD_NR_lchown ? FCD_ID_SYSCALL_LCHOWN_X : FCD_ID_SYSCALL_CHOWN_X;
}

#define ev_CHOWN_FAMILY	       ev_SYSCALL_CHOWN_X
#define FCD_FIXED_CHOWN_FAMILY FCD_FIXED_SYSCALL_CHOWN_X
#define FCD_ID_CHOWN_FAMILY    chown_event(call_nr(c))

FILL(chmod, SYSCALL_CHMOD_X)
{
	P_RET(res);
	P_STR(filename, arg(c, 0), PATH_LEN);
	P(mode, file_mode(arg(c, 1)));
}

FILL(fchmod, SYSCALL_FCHMOD_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(mode, file_mode(arg(c, 1)));
}

FILL(fchmodat, SYSCALL_FCHMODAT_X)
{
	P_RET(res);
	P(dirfd, arg(c, 0));
	P_STR(filename, arg(c, 1), PATH_LEN);
	P(mode, file_mode(arg(c, 2)));
}

FILL(chown, CHOWN_FAMILY)
{
	P_RET(res);
	P_STR(path, arg(c, 0), PATH_LEN);
	P(uid, arg(c, 1));
	P(gid, arg(c, 2));
}

FILL(fchown, SYSCALL_FCHOWN_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(uid, arg(c, 1));
	P(gid, arg(c, 2));
}

FILL(fchownat, SYSCALL_FCHOWNAT_X)
{
	P_RET(res);
	P(dirfd, arg(c, 0));
	P_STR(pathname, arg(c, 1), PATH_LEN);
	P(uid, arg(c, 2));
	P(gid, arg(c, 3));
	P(flags, link_flags(arg(c, 4)));
}
