/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* mount.h - where a process is in the tree, and what the tree consists of. */

FCD_FN u32 chdir_event(u32 nr)
{
	return nr == FCD_NR_chroot ? FCD_ID_SYSCALL_CHROOT_X : FCD_ID_SYSCALL_CHDIR_X;
}

#define ev_CHDIR_FAMILY	       ev_SYSCALL_CHDIR_X
#define FCD_FIXED_CHDIR_FAMILY FCD_FIXED_SYSCALL_CHDIR_X
#define FCD_ID_CHDIR_FAMILY    chdir_event(call_nr(c))

FILL(chdir, CHDIR_FAMILY)
{
	P_RET(res);
	P_STR(path, arg(c, 0), PATH_LEN);
}

FILL(fchdir, SYSCALL_FCHDIR_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
}

/* A buffer that the kernel filled. */
FILL(getcwd, SYSCALL_GETCWD_X)
{
	P_RET(res);
	P_STR(path, ret(c) < 0 ? 0 : arg(c, 0), PATH_LEN);
}

FILL(mount, SYSCALL_MOUNT_X)
{
	P_RET(res);
	P_STR(dev, arg(c, 0), PATH_LEN);
	P_STR(dir, arg(c, 1), PATH_LEN);
	P_STR(type, arg(c, 2), PATH_LEN);
	P(flags, mount_flags(arg(c, 3)));
}

FILL(umount2, SYSCALL_UMOUNT2_X)
{
	bool has_flags = !is_compat(c) || caller_nr(c) != IA32_UMOUNT;

	P_RET(res);
	P_STR(name, arg(c, 0), PATH_LEN);
	P(flags, has_flags ? umount_flags(arg(c, 1)) : 0);
}
