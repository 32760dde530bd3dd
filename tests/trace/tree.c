/* SPDX-License-Identifier: MIT */
/* tree.c - names made, moved and removed: renames, links, folders, nodes; and why not. */
#include "expect.h"
#include "shape.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The kernel looks at the lower half of such an argument. */
#define HIGH (5ull << 32)

static void unlink_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = { { AT_REMOVEDIR, "AT_REMOVEDIR" }, { 0, NULL } };

	expect_bits(name, bits, arg, NULL);
}

static void link_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW" },
		{ AT_EMPTY_PATH, "AT_EMPTY_PATH" },
		{ 0, NULL },
	};

	expect_bits(name, bits, arg, NULL);
}

/* All of them, also those without a name. */
static void rename_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ 1, "RENAME_NOREPLACE" },
		{ 2, "RENAME_EXCHANGE" },
		{ 4, "RENAME_WHITEOUT" },
		{ 0, NULL },
	};
	char rest[16];

	snprintf(rest, sizeof(rest), "%s0x%x", arg & 7 ? "|" : "", (uint32_t)arg & ~7u);
	expect_bits(name, bits, arg, (uint32_t)arg & ~7u ? rest : NULL);
}

/* A type that mknod(2) makes; none is a file. */
static void node_mode(const char *name, uint64_t arg)
{
	static const int made[] = { S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };
	int type = 0;

	for (int i = 0; i < 5; i++)
		if ((arg & S_IFMT) == (uint64_t)made[i] || !(arg & S_IFMT))
			type = arg & S_IFMT ? made[i] : S_IFREG;
	expect_int(name, type | (arg & 07777));
}

/* The schema has a kernel's number of what user space gave: 12 bits of major, 20 of minor. */
static void node_dev(const char *name, uint64_t arg)
{
	expect_u64(name, dev_number(makedev(arg >> 20 & 0xfff, arg & 0xfffff)));
}

static const struct shape
	do_rename = { "rename",
		      SYS_rename,
		      0,
		      { { "oldpath", shape_text }, { "newpath", shape_text } } },
	do_renameat = { "renameat",
			SYS_renameat,
			0,
			{ { "olddirfd", shape_fd },
			  { "oldpath", shape_text },
			  { "newdirfd", shape_fd },
			  { "newpath", shape_text } } },
	do_renameat2 = { "renameat2",
			 SYS_renameat2,
			 0,
			 { { "olddirfd", shape_fd },
			   { "oldpath", shape_text },
			   { "newdirfd", shape_fd },
			   { "newpath", shape_text },
			   { "flags", rename_flags } } },
	do_link = { "link", SYS_link, 0, { { "oldpath", shape_text }, { "newpath", shape_text } } },
	do_linkat = { "linkat",
		      SYS_linkat,
		      0,
		      { { "olddir", shape_fd },
			{ "oldpath", shape_text },
			{ "newdir", shape_fd },
			{ "newpath", shape_text },
			{ "flags", link_flags } } },
	do_symlink = { "symlink",
		       SYS_symlink,
		       0,
		       { { "target", shape_text }, { "linkpath", shape_text } } },
	do_symlinkat = { "symlinkat",
			 SYS_symlinkat,
			 0,
			 { { "target", shape_text },
			   { "linkdirfd", shape_fd },
			   { "linkpath", shape_text } } },
	do_unlink = { "unlink", SYS_unlink, 0, { { "path", shape_text } } },
	do_unlinkat = { "unlinkat",
			SYS_unlinkat,
			0,
			{ { "dirfd", shape_fd },
			  { "name", shape_text },
			  { "flags", unlink_flags } } },
	do_mkdir = { "mkdir", SYS_mkdir, 0, { { "path", shape_text }, { "mode", shape_u32 } } },
	do_mkdirat = { "mkdirat",
		       SYS_mkdirat,
		       0,
		       { { "dirfd", shape_fd }, { "path", shape_text }, { "mode", shape_u32 } } },
	do_rmdir = { "rmdir", SYS_rmdir, 0, { { "path", shape_text } } },
	do_mknod = { "mknod",
		     SYS_mknod,
		     0,
		     { { "path", shape_text }, { "mode", node_mode }, { "dev", node_dev } } },
	do_mknodat = { "mknodat",
		       SYS_mknodat,
		       0,
		       { { "dirfd", shape_fd },
			 { "path", shape_text },
			 { "mode", node_mode },
			 { "dev", node_dev } } };

static void done(long res, const char *what)
{
	trace_need(!res, what);
}

static void folders(void)
{
	done(shape_call(&do_mkdir, "a", HIGH | 0x10000000 | 0755), "mkdir");
	shape_call(&do_mkdir, "a", 0);
	done(shape_call(&do_mkdirat, HIGH | (uint32_t)AT_FDCWD, "a/b", 01777), "mkdirat");
	shape_call(&do_mkdirat, -1, "c", 0xffffffffffffffff);
	shape_call(&do_rmdir, "a");
	done(shape_call(&do_unlinkat, AT_FDCWD, "a/b", AT_REMOVEDIR), "unlinkat");
	done(shape_call(&do_rmdir, trace_path("a")), "rmdir");
	shape_call(&do_unlink, trace_dir());
}

/* Who may not make a device makes an event no less. */
static void nodes(void)
{
	static const int types[] = { 0, S_IFREG, S_IFIFO, S_IFSOCK };

	for (int i = 0; i < 4; i++) {
		done(shape_call(&do_mknod, "n", types[i] | 0640, 0), "mknod");
		done(shape_call(&do_unlink, "n"), "unlink");
	}
	shape_call(&do_mknodat, AT_FDCWD, "n", S_IFCHR | 0600, HIGH | makedev(1, 3));
	shape_call(&do_unlink, "n");
	shape_call(&do_mknod, "n", S_IFBLK | 04711, makedev(0xffe, 0xfabcd));
	shape_call(&do_unlinkat, AT_FDCWD, "n", 0);
	for (int i = 0; i < 16; i++) {
		shape_call(&do_mknod, "none/n", HIGH | i << 12, 1u << (2 * i));
		shape_call(&do_mknodat, -1, "n", i << 12 | 1 << i % 12, 2u << (2 * i));
	}
	shape_call(&do_mknodat, -1, "n", 0xffffffffffffffff, 0xffffffffffffffff);
}

static void links(void)
{
	done(shape_call(&do_mknod, "file", 0600, 0), "mknod");
	done(shape_call(&do_link, "file", "hard"), "link");
	shape_call(&do_link, "none", "hard");
	done(shape_call(&do_linkat, HIGH | (uint32_t)AT_FDCWD, "file", AT_FDCWD, "at", 0),
	     "linkat");
	shape_call(&do_linkat, AT_FDCWD, "file", AT_FDCWD, "at", HIGH | AT_SYMLINK_FOLLOW);
	shape_call(&do_linkat, 7, "file", -2, "at", 0);
	done(shape_call(&do_symlink, "to anywhere", trace_path("soft")), "symlink");
	done(shape_call(&do_symlinkat, "", HIGH | (uint32_t)AT_FDCWD, "empty") + 2, "ENOENT");
	done(shape_call(&do_symlinkat, "\xff\n", (uint32_t)AT_FDCWD, "odd"), "symlinkat");
	shape_call(&do_symlinkat, "x", -3, "none");
	done(shape_call(&do_rename, "odd", "odder"), "rename");
	done(shape_call(&do_rename, "at", "hard"), "rename"); /* one file: nothing happens */
	done(shape_call(&do_renameat, HIGH | (uint32_t)AT_FDCWD, "hard", (uint32_t)AT_FDCWD, "x"),
	     "renameat");
	shape_call(&do_renameat, 5, "none", -6, "x");
	shape_call(&do_renameat2, AT_FDCWD, "x", AT_FDCWD, "soft", 1);
	shape_call(&do_renameat2, AT_FDCWD, "x", AT_FDCWD, "soft", HIGH | 2);
	shape_call(&do_renameat2, 0, "x", AT_FDCWD, "soft", 7);
	for (const char *const *name =
		     (const char *const[]){ "file", "x", "at", "soft", "odder", NULL };
	     *name; name++)
		done(shape_call(&do_unlink, *name), *name);
	shape_call(&do_unlink, "file");
}

static void each_flag(void)
{
	for (int i = 0; i < 32; i++) {
		shape_call(&do_unlinkat, -1, "f", 1ull << i);
		shape_call(&do_linkat, -1, "f", -1, "g", 1ull << i);
		shape_call(&do_renameat2, -1, "f", -1, "g", 1ull << i);
		shape_call(&do_mkdir, "none/f", 1ull << i);
	}
	shape_call(&do_unlinkat, -1, "f", 0xffffffffffffffff);
	shape_call(&do_linkat, -1, "f", -1, "g", 0xffffffffffffffff);
	shape_call(&do_renameat2, -1, "f", -1, "g", 0xffffffffffffffff);
}

/* In a folder that is gone: no name works. */
static void names(void)
{
	const uint64_t one[6] = { 0, -1, -1 }, two[6] = { [0 ... 5] = (uint64_t) "none/y" };
	const uint64_t at[6] = { (uint32_t)AT_FDCWD, (uint64_t) "none/x", (uint32_t)AT_FDCWD,
				 (uint64_t) "none/y" };
	const uint64_t made[6] = { (uint64_t) "to", (uint32_t)AT_FDCWD, (uint64_t) "none/x" };

	shape_strings(&do_unlink, 0, one);
	shape_strings(&do_rmdir, 0, one);
	shape_strings(&do_mkdir, 0, one);
	shape_strings(&do_mknod, 0, one);
	shape_strings(&do_unlinkat, 1, at);
	shape_strings(&do_mkdirat, 1, at);
	shape_strings(&do_mknodat, 1, at);
	shape_strings(&do_symlinkat, 0, made);
	shape_strings(&do_symlinkat, 2, made);
	for (int i = 0; i < 2; i++) {
		shape_strings(&do_rename, i, two);
		shape_strings(&do_link, i, two);
		shape_strings(&do_symlink, i, two);
		shape_strings(&do_renameat, 1 + 2 * i, at);
		shape_strings(&do_renameat2, 1 + 2 * i, at);
		shape_strings(&do_linkat, 1 + 2 * i, at);
	}
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv,
		    "rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir "
		    "mkdirat rmdir mknod mknodat");
	trace_need(!chdir(trace_dir()), trace_dir());
	folders();
	nodes();
	links();
	each_flag();
	done(shape_call(&do_mkdir, "gone", 0700), "mkdir");
	trace_need(!chdir("gone"), "chdir");
	done(shape_call(&do_rmdir, trace_path("gone")), "rmdir");
	names();
	return trace_end();
}
