/* SPDX-License-Identifier: MIT */
/* files32.c - files and folders by 32-bit calls, also by those that have no 64-bit namesake. */
#include "call32.h"
#include "expect.h"
#include "shape.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void no_flags(const char *name, uint64_t arg)
{
	expect_json(name, "\"%s\"", arg ? "not tried" : "0");
}

static void never_flags(const char *name, uint64_t arg)
{
	(void)arg;
	no_flags(name, 0);
}

static void regular(const char *name, uint64_t arg)
{
	expect_int(name, S_IFREG | arg);
}

/* clang-format off */
static const struct shape
	do_link = { "link", 0, 9, { { "oldpath", shape_text }, { "newpath", shape_text } } },
	do_unlink = { "unlink", 0, 10, { { "path", shape_text } } },
	do_chdir = { "chdir", 0, 12, { { "path", shape_text } } },
	do_mknod = { "mknod", 0, 14, {
		{ "path", shape_text }, { "mode", regular }, { "dev", shape_u32 } } },
	do_chmod = { "chmod", 0, 15, { { "filename", shape_text }, { "mode", shape_mode } } },
	do_rename = { "rename", 0, 38, { { "oldpath", shape_text }, { "newpath", shape_text } } },
	do_mkdir = { "mkdir", 0, 39, { { "path", shape_text }, { "mode", shape_u32 } } },
	do_rmdir = { "rmdir", 0, 40, { { "path", shape_text } } },
	do_umount = { "umount2", 0, 22, { { "name", shape_text }, { "flags", never_flags } } },
	do_umount2 = { "umount2", 0, 52, { { "name", shape_text }, { "flags", no_flags } } },
	do_chroot = { "chroot", 0, 61, { { "path", shape_text } } },
	do_symlink = { "symlink", 0, 83, { { "target", shape_text }, { "linkpath", shape_text } } },
	do_fchmod = { "fchmod", 0, 94, { { "fd", shape_fd }, { "mode", shape_mode } } },
	do_fchdir = { "fchdir", 0, 133, { { "fd", shape_fd } } },
	do_getcwd = { "getcwd", 0, 183, { { "path", shape_text } } },
	do_mount = { "mount", 0, 21, {
		{ "dev", shape_text }, { "arg_dir", shape_text }, { "arg_type", shape_text },
		{ "flags", no_flags } } },
	do_mkdirat = { "mkdirat", 0, 296, {
		{ "dirfd", shape_fd }, { "path", shape_text }, { "mode", shape_u32 } } },
	do_mknodat = { "mknodat", 0, 297, {
		{ "dirfd", shape_fd }, { "path", shape_text }, { "mode", regular },
		{ "dev", shape_u32 } } },
	do_fchownat = { "fchownat", 0, 298, {
		{ "dirfd", shape_fd }, { "pathname", shape_text }, { "uid", shape_u32 },
		{ "gid", shape_u32 }, { "flags", no_flags } } },
	do_unlinkat = { "unlinkat", 0, 301, {
		{ "dirfd", shape_fd }, { "name", shape_text }, { "flags", no_flags } } },
	do_renameat = { "renameat", 0, 302, {
		{ "olddirfd", shape_fd }, { "oldpath", shape_text }, { "newdirfd", shape_fd },
		{ "newpath", shape_text } } },
	do_linkat = { "linkat", 0, 303, {
		{ "olddir", shape_fd }, { "oldpath", shape_text }, { "newdir", shape_fd },
		{ "newpath", shape_text }, { "flags", no_flags } } },
	do_renameat2 = { "renameat2", 0, 353, {
		{ "olddirfd", shape_fd }, { "oldpath", shape_text }, { "newdirfd", shape_fd },
		{ "newpath", shape_text }, { "flags", no_flags } } },
	do_symlinkat = { "symlinkat", 0, 304, {
		{ "target", shape_text }, { "linkdirfd", shape_fd }, { "linkpath", shape_text } } },
	do_fchmodat = { "fchmodat", 0, 306, {
		{ "dirfd", shape_fd }, { "filename", shape_text }, { "mode", shape_mode } } };
/* clang-format on */

/* What 32-bit pointers can reach. */
static struct low {
	struct open_how how;
	char file[256], other[256], text[64];
} * low;

static void opened32(const char *type, long fd)
{
	expect_event(type);
	expect_json("compat", "true");
	expect_int("fd", fd);
}

static void number32(long fd)
{
	struct stat st = { 0 };

	if (fd >= 0)
		trace_need(!fstat(fd, &st), "fstat");
	expect_u64("dev", dev_number(st.st_dev));
	expect_u64("ino", st.st_ino);
	expect_end();
	close(fd);
}

static void opens(void)
{
	long fd = call32(5, P32(low->file), O_RDWR | O_CREAT, 0640, 94);

	opened32("open", fd);
	shape_text("name", (uintptr_t)low->file);
	expect_json("flags", "{\"bits\":\"O_RDWR|O_CREAT|O_F_CREATED\"}");
	expect_int("mode", 0640);
	number32(fd);

	fd = call32(8, P32(low->file), 0604, 93, 94);
	opened32("creat", fd);
	shape_text("name", (uintptr_t)low->file);
	expect_int("mode", 0604);
	expect_int("creat_flags", 0);
	number32(fd);

	low->how = (struct open_how){ O_WRONLY, 0, RESOLVE_NO_XDEV };
	fd = call32(437, AT_FDCWD, P32(low->file), P32(&low->how), sizeof(low->how));
	opened32("openat2", fd);
	expect_int("dirfd", AT_FDCWD);
	shape_text("name", (uintptr_t)low->file);
	expect_json("flags", "{\"bits\":\"O_WRONLY\"}");
	expect_int("mode", 0);
	expect_json("resolve", "{\"bits\":\"RESOLVE_NO_XDEV\"}");
	number32(fd);

	fd = call32(342, -1, 0, O_WRONLY, 94);
	opened32("open_by_handle_at", fd);
	expect_int("mountfd", -1);
	expect_json("flags", "{\"bits\":\"O_WRONLY\"}");
	number32(fd);
}

/* Of the older calls with 16-bit ids 65535 is to keep; what is above is not looked at. */
static void owners(void)
{
	static const struct {
		const char *type;
		int nr, nr16;
	} by_name[] = { { "chown", 212, 182 }, { "lchown", 198, 16 } };
	uint32_t u = getuid(), g = getgid();
	int fd = open(low->file, O_RDONLY);

	for (int i = 0; i < 4; i++) {
		const struct shape s = {
			by_name[i / 2].type,
			0,
			i % 2 ? by_name[i / 2].nr16 : by_name[i / 2].nr,
			{ { "path", shape_text }, { "uid", shape_u32 }, { "gid", shape_u32 } },
		};

		trace_need(!shape_call32(&s, P32(low->file), i % 2 ? 65535 : -1, g), s.type);
		shape_call32(&s, P32(low->other), u, i % 2 ? 0x10000 | g : g);
	}
	for (int i = 0; i < 2; i++) {
		const struct shape s = {
			"fchown",
			0,
			i ? 95 : 207,
			{ { "fd", shape_fd }, { "uid", shape_u32 }, { "gid", shape_u32 } },
		};

		trace_need(!shape_call32(&s, fd, u, i ? 65535 : -1), "fchown");
		shape_call32(&s, -1, 4711, 4712);
	}
	shape_call32(&do_fchownat, AT_FDCWD, P32(low->other), u, g, 0);
	trace_need(!shape_call32(&do_chmod, P32(low->file), 0644), "chmod");
	trace_need(!shape_call32(&do_fchmod, fd, 04711), "fchmod");
	trace_need(!shape_call32(&do_fchmodat, AT_FDCWD, P32(low->file), 0600), "fchmodat");
	close(fd);
}

static void tree(void)
{
	uint32_t file = P32(low->file), other = P32(low->other), here = AT_FDCWD;

	trace_need(!shape_call32(&do_link, file, other), "link");
	trace_need(!shape_call32(&do_unlink, other), "unlink");
	trace_need(!shape_call32(&do_rename, file, other), "rename");
	trace_need(!shape_call32(&do_renameat, here, other, here, file), "renameat");
	trace_need(!shape_call32(&do_linkat, here, file, here, other, 0), "linkat");
	trace_need(!shape_call32(&do_renameat2, here, other, here, file, 0), "renameat2");
	shape_call32(&do_unlink, other);
	trace_need(!shape_call32(&do_symlink, file, other), "symlink");
	trace_need(!shape_call32(&do_unlinkat, here, other, 0), "unlinkat");
	trace_need(!shape_call32(&do_symlinkat, file, here, other), "symlinkat");
	shape_call32(&do_mknod, other, 0600, 0);
	shape_call32(&do_mknodat, here, other, 0600, 0);
	shape_call32(&do_mkdir, other, 0755);
	shape_call32(&do_unlink, other);
	trace_need(!shape_call32(&do_mkdirat, here, other, 0755), "mkdirat");
	trace_need(!shape_call32(&do_rmdir, other), "rmdir");
	shape_call32(&do_unlink, file);
	shape_call32(&do_unlink, 0);
	shape_call32(&do_unlink, 0xfffffff0);
}

static void mounts(void)
{
	uint32_t root = P32(strcpy(low->text, "/"));
	int fd = open("/", O_PATH);

	trace_need(!shape_call32(&do_chdir, root), "chdir");
	trace_need(!shape_call32(&do_fchdir, fd), "fchdir");
	shape_call32(&do_chroot, P32(low->other));
	shape_call32(&do_mount, P32(low->file), P32(low->other), root, 0);
	shape_call32(&do_umount, P32(low->other)); /* with something where umount2 has flags */
	shape_call32(&do_umount2, P32(low->other), 0);
	shape_call32(&do_getcwd, root, 60);
	close(fd);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv,
		    "open creat openat2 open_by_handle_at link unlink chdir mknod chmod lchown "
		    "mount rename mkdir rmdir umount2 chroot symlink fchmod fchown fchdir chown "
		    "getcwd mkdirat mknodat fchownat unlinkat renameat symlinkat fchmodat "
		    "linkat renameat2");
	trace_need_plain_files();
	call32_need();
	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	trace_need(low != MAP_FAILED, "mmap");
	strcpy(low->file, trace_path("file"));
	strcpy(low->other, trace_path("other"));
	opens();
	owners();
	tree();
	mounts();
	return trace_end();
}
