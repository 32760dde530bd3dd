/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* file.h - files and their descriptors: the open family, close. */

/*
 * What was opened. Descriptor 0 has no dev, ino and layer in this schema, but may have been
 * created; nothing was by a call that failed.
 */
FCD_FN void opened_get(struct fcd *c, struct fcd_file *f)
{
	*f = (struct fcd_file){ 0 };
	if (ret(c) >= 0)
		file_get(c, ret(c), f);
	if (ret(c) == 0)
		*f = (struct fcd_file){ .flags = f->flags & FILE_CREATED };
}

FILL(open, SYSCALL_OPEN_X)
{
	struct fcd_file f;

	opened_get(c, &f);
	P_RET(fd);
	P_STR(name, arg(c, 0), PATH_LEN);
	P(flags, open_flags(arg(c, 1)) | opened_flags(f.flags));
	P(mode, open_mode(arg(c, 1), arg(c, 2)));
	P(dev, f.dev);
	P(ino, f.ino);
}

/* This one does not say whether it created. */
FILL(creat, SYSCALL_CREAT_X)
{
	struct fcd_file f;

	opened_get(c, &f);
	P_RET(fd);
	P_STR(name, arg(c, 0), PATH_LEN);
	P(mode, file_mode(arg(c, 1)));
	P(dev, f.dev);
	P(ino, f.ino);
	P(creat_flags, creat_flags(f.flags));
}

FILL(openat, SYSCALL_OPENAT_2_X)
{
	struct fcd_file f;

	opened_get(c, &f);
	P_RET(fd);
	P(dirfd, arg(c, 0));
	P_STR(name, arg(c, 1), PATH_LEN);
	P(flags, open_flags(arg(c, 2)) | opened_flags(f.flags));
	P(mode, open_mode(arg(c, 2), arg(c, 3)));
	P(dev, f.dev);
	P(ino, f.ino);
}

/* struct open_how, as far as it is known; the size that the caller says does not matter. */
struct fcd_open_how {
	u64 flags, mode, resolve;
};

FILL(openat2, SYSCALL_OPENAT2_X)
{
	struct fcd_open_how how;
	struct fcd_file f;

	user_read(c, &how, arg(c, 2), sizeof(how));
	opened_get(c, &f);
	P_RET(fd);
	P(dirfd, arg(c, 0));
	P_STR(name, arg(c, 1), PATH_LEN);
	P(flags, open_flags(how.flags) | opened_flags(f.flags));
	P(mode, open_mode(how.flags, how.mode));
	P(resolve, resolve_flags(how.resolve));
	P(dev, f.dev);
	P(ino, f.ino);
}

/* Its path is the kernel's, for the caller has none. */
FILL(open_by_handle_at, SYSCALL_OPEN_BY_HANDLE_AT_X)
{
	struct fcd_file f;

	opened_get(c, &f);
	P_RET(fd);
	P(mountfd, arg(c, 0));
	P(flags, open_flags(arg(c, 2)) | opened_flags(f.flags));
	P_FILE_PATH(path, ret(c) ? ret(c) : -1);
	P(dev, f.dev);
	P(ino, f.ino);
}

FILL(close, SYSCALL_CLOSE_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
}
