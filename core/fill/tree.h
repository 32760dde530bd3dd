/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* tree.h - names in folders, made, moved and removed. */

/* Calls that differ in the type of their events alone share a filler. */
FCD_FN u32 rename_event(u32 nr)
{
	return nr == FCD_NR_link ? FCD_ID_SYSCALL_LINK_2_X : FCD_ID_SYSCALL_RENAME_X;
}

FCD_FN u32 unlink_event(u32 nr)
{
	return nr == FCD_NR_rmdir ? FCD_ID_SYSCALL_RMDIR_2_X : FCD_ID_SYSCALL_UNLINK_2_X;
}

#define ev_RENAME_FAMILY	ev_SYSCALL_RENAME_X
#define FCD_FIXED_RENAME_FAMILY FCD_FIXED_SYSCALL_RENAME_X
#define FCD_ID_RENAME_FAMILY	rename_event(call_nr(c))
#define ev_UNLINK_FAMILY	ev_SYSCALL_UNLINK_2_X
#define FCD_FIXED_UNLINK_FAMILY FCD_FIXED_SYSCALL_UNLINK_2_X
#define FCD_ID_UNLINK_FAMILY	unlink_event(call_nr(c))

FILL(rename, RENAME_FAMILY)
{
	P_RET(res);
	P_STR(oldpath, arg(c, 0), PATH_LEN);
	P_STR(newpath, arg(c, 1), PATH_LEN);
}

FILL(renameat, SYSCALL_RENAMEAT_X)
{
	P_RET(res);
	P(olddirfd, arg(c, 0));
	P_STR(oldpath, arg(c, 1), PATH_LEN);
	P(newdirfd, arg(c, 2));
	P_STR(newpath, arg(c, 3), PATH_LEN);
}

FILL(renameat2, SYSCALL_RENAMEAT2_X)
{
	P_RET(res);
	P(olddirfd, arg(c, 0));
	P_STR(oldpath, arg(c, 1), PATH_LEN);
	P(newdirfd, arg(c, 2));
	P_STR(newpath, arg(c, 3), PATH_LEN);
	P(flags, arg(c, 4));
}

FILL(linkat, SYSCALL_LINKAT_2_X)
{
	P_RET(res);
	P(olddir, arg(c, 0));
	P_STR(oldpath, arg(c, 1), PATH_LEN);
	P(newdir, arg(c, 2));
	P_STR(newpath, arg(c, 3), PATH_LEN);
	P(flags, link_flags(arg(c, 4)));
}

FILL(symlink, SYSCALL_SYMLINK_X)
{
	P_RET(res);
	P_STR(target, arg(c, 0), PATH_LEN);
	P_STR(linkpath, arg(c, 1), PATH_LEN);
}

FILL(symlinkat, SYSCALL_SYMLINKAT_X)
{
	P_RET(res);
	P_STR(target, arg(c, 0), PATH_LEN);
	P(linkdirfd, arg(c, 1));
	P_STR(linkpath, arg(c, 2), PATH_LEN);
}

FILL(unlink, UNLINK_FAMILY)
{
	P_RET(res);
	P_STR(path, arg(c, 0), PATH_LEN);
}

FILL(unlinkat, SYSCALL_UNLINKAT_2_X)
{
	P_RET(res);
	P(dirfd, arg(c, 0));
	P_STR(name, arg(c, 1), PATH_LEN);
	P(flags, unlink_flags(arg(c, 2)));
}

/* The mode as it was given, also bits that no folder can have. */
FILL(mkdir, SYSCALL_MKDIR_2_X)
{
	P_RET(res);
	P_STR(path, arg(c, 0), PATH_LEN);
	P(mode, arg(c, 1));
}

FILL(mkdirat, SYSCALL_MKDIRAT_X)
{
	P_RET(res);
	P(dirfd, arg(c, 0));
	P_STR(path, arg(c, 1), PATH_LEN);
	P(mode, arg(c, 2));
}

FILL(mknod, SYSCALL_MKNOD_X)
{
	P_RET(res);
	P_STR(path, arg(c, 0), PATH_LEN);
	P(mode, node_mode(arg(c, 1)));
	P(dev, node_dev(arg(c, 2)));
}

FILL(mknodat, SYSCALL_MKNODAT_X)
{
	P_RET(res);
	P(dirfd, arg(c, 0));
	P_STR(path, arg(c, 1), PATH_LEN);
	P(mode, node_mode(arg(c, 2)));
	P(dev, node_dev(arg(c, 3)));
}
