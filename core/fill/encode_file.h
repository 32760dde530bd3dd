/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* encode_file.h - flags and modes of files to the schema's. Bits without a row are dropped. */
#ifndef FCD_FILL_ENCODE_FILE_H
#define FCD_FILL_ENCODE_FILE_H

/* file_flags of open(2). The masks of O_SYNC and O_TMPFILE have two bits; any of them counts. */
FCD_FN u32 open_flags(u32 f)
{
	u32 access = (f & 3) == 1 ? 2 : (f & 3) == 2 ? 3 : 1;

	return access | BIT_MAP(f, 0x40, 0x4) | BIT_MAP(f, 0x400, 0x8) | BIT_MAP(f, 0x1000, 0x10) |
	       BIT_MAP(f, 0x80, 0x20) | BIT_MAP(f, 0x800, 0x40) | BIT_MAP(f, 0x101000, 0x80) |
	       BIT_MAP(f, 0x200, 0x100) | BIT_MAP(f, 0x4000, 0x200) | BIT_MAP(f, 0x10000, 0x400) |
	       BIT_MAP(f, 0x8000, 0x800) | BIT_MAP(f, 0x80000, 0x1000) |
	       BIT_MAP(f, 0x410000, 0x2000);
}

/* Of chmod and creat: the bits are the kernel's. */
FCD_FN u32 file_mode(u32 mode)
{
	return mode & 07777;
}

FCD_FN u32 open_mode(u32 flags, u32 mode)
{
	return flags & 0x410040 ? file_mode(mode) : 0;
}

/* The bits of file_flags that only the kernel knows. */
FCD_FN u32 opened_flags(u32 file)
{
	return BIT_MAP(file, FILE_CREATED, 0x4000) | BIT_MAP(file, FILE_UPPER, 0x8000) |
	       BIT_MAP(file, FILE_LOWER, 0x10000);
}

FCD_FN u32 creat_flags(u32 file)
{
	return BIT_MAP(file, FILE_UPPER, 1) | BIT_MAP(file, FILE_LOWER, 2);
}

/* openat2_flags */
FCD_FN u32 resolve_flags(u32 f)
{
	return BIT_MAP(f, 0x1, 0x10) | BIT_MAP(f, 0x2, 0x4) | BIT_MAP(f, 0x4, 0x8) |
	       BIT_MAP(f, 0x8, 0x1) | BIT_MAP(f, 0x10, 0x2) | BIT_MAP(f, 0x20, 0x20);
}

/* mknod_mode: 0 is a regular file; a type that mknod(2) does not make is none. */
FCD_FN u32 node_mode(u32 mode)
{
	u32 type = mode & 0170000;

	switch (type) {
	case 0:
		return 0100000 | file_mode(mode);
	case 0140000:
	case 0100000:
	case 0060000:
	case 0020000:
	case 0010000:
		return type | file_mode(mode);
	default:
		return file_mode(mode);
	}
}

/*
 * The schema takes the number that mknod(2) was given, which is encoded for user space, for
 * the kernel's own, and encodes it once more.
 */
FCD_FN u32 node_dev(u32 dev)
{
	return dev_encode(dev >> 20, dev & 0xfffff);
}

/* linkat_flags, fchownat_flags */
FCD_FN u32 link_flags(u32 f)
{
	return f & 0x1400;
}

FCD_FN u32 unlink_flags(u32 f)
{
	return f & 0x200;
}

/* Without the magic number that old programs put into the upper half. */
FCD_FN u32 mount_flags(u32 f)
{
	return f >> 16 == 0xc0ed ? f & 0xffff : f;
}

FCD_FN u32 umount_flags(u32 f)
{
	return f & 0xf;
}

#endif
