/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* file.h - files and their descriptors: openat, close. */

FILL(openat, SYSCALL_OPENAT_2_X)
{
	struct fcd_file f = { 0 };

	/* Descriptor 0 has no dev, ino and layer in this schema, but may be created. */
	if (ret(c) >= 0)
		file_get(c, ret(c), &f);
	P_RET(fd);
	P(dirfd, arg(c, 0));
	P_STR(name, arg(c, 1), PATH_LEN);
	P(flags, open_flags(arg(c, 2)) | opened_flags(ret(c) ? f.flags : f.flags & FILE_CREATED));
	P(mode, open_mode(arg(c, 2), arg(c, 3)));
	P(dev, ret(c) ? f.dev : 0);
	P(ino, ret(c) ? f.ino : 0);
}

FILL(close, SYSCALL_CLOSE_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
}
