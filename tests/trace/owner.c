/* SPDX-License-Identifier: MIT */
/* owner.c - modes and owners changed, kept and refused; as root and as anybody. */
#include "expect.h"
#include "shape.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel looks at the lower half of such an argument. */
#define HIGH (5ull << 32)
#define KEEP 0xffffffffull

/* The schema's table calls the bit of AT_SYMLINK_FOLLOW so, and has none for NOFOLLOW. */
static void owner_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ AT_SYMLINK_FOLLOW, "AT_SYMLINK_NOFOLLOW" },
		{ AT_EMPTY_PATH, "AT_EMPTY_PATH" },
		{ 0, NULL },
	};

	expect_bits(name, bits, arg, NULL);
}

/* clang-format off */
static const struct shape
	do_chmod = { "chmod", SYS_chmod, 0, {
		{ "filename", shape_text }, { "mode", shape_mode } } },
	do_fchmod = { "fchmod", SYS_fchmod, 0, {
		{ "fd", shape_fd }, { "mode", shape_mode } } },
	do_fchmodat = { "fchmodat", SYS_fchmodat, 0, {
		{ "dirfd", shape_fd }, { "filename", shape_text }, { "mode", shape_mode } } },
	do_chown = { "chown", SYS_chown, 0, {
		{ "path", shape_text }, { "uid", shape_u32 }, { "gid", shape_u32 } } },
	do_lchown = { "lchown", SYS_lchown, 0, {
		{ "path", shape_text }, { "uid", shape_u32 }, { "gid", shape_u32 } } },
	do_fchown = { "fchown", SYS_fchown, 0, {
		{ "fd", shape_fd }, { "uid", shape_u32 }, { "gid", shape_u32 } } },
	do_fchownat = { "fchownat", SYS_fchownat, 0, {
		{ "dirfd", shape_fd }, { "pathname", shape_text }, { "uid", shape_u32 },
		{ "gid", shape_u32 }, { "flags", owner_flags } } };
/* clang-format on */

static void modes(const char *file, int fd)
{
	trace_need(!shape_call(&do_chmod, file, HIGH | 0640), "chmod");
	trace_need(!shape_call(&do_fchmod, HIGH | fd, S_IFDIR | 0711), "fchmod");
	trace_need(!shape_call(&do_fchmodat, HIGH | (uint32_t)AT_FDCWD, file, 01604), "fchmodat");
	shape_call(&do_chmod, "/proc/none", 07777);
	shape_call(&do_fchmod, -1, 0xffffffffffffffff);
	shape_call(&do_fchmodat, -2, "file", 0);
	for (int i = 0; i < 32; i++) {
		shape_call(&do_fchmod, -1, 1ull << i);
		shape_call(&do_chmod, "none/f", 1ull << i);
		shape_call(&do_fchmodat, -1, "f", 1ull << i);
	}
}

static void owners(const char *file, int fd)
{
	uint32_t u = getuid(), g = getgid();

	trace_need(!shape_call(&do_chown, file, KEEP, HIGH | g), "chown");
	trace_need(!shape_call(&do_chown, file, HIGH | u, KEEP), "chown");
	trace_need(!shape_call(&do_lchown, file, u, KEEP), "lchown");
	trace_need(!shape_call(&do_fchown, HIGH | fd, KEEP, g), "fchown");
	trace_need(!shape_call(&do_fchownat, fd, "", u, g, HIGH | AT_EMPTY_PATH), "fchownat");
	trace_need(!shape_call(&do_fchownat, (uint32_t)AT_FDCWD, file, u, g, AT_SYMLINK_NOFOLLOW),
		   "fchownat");
	shape_call(&do_chown, file, 0x80000001, 4711);
	shape_call(&do_lchown, file, 4712, 0x80000002);
	shape_call(&do_fchown, fd, 4713, 4714);
	shape_call(&do_fchown, -1, 4713, 4714);
	shape_call(&do_fchownat, -1, "none", 4715, 4716, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);
	for (int i = 0; i < 32; i++)
		shape_call(&do_fchownat, -1, "f", 4717, 4718, 1ull << i);
	shape_call(&do_fchownat, -1, "f", 4719, 4720, 0xffffffffffffffff);
}

/* In a folder that is gone: no name works. */
static void names(void)
{
	const uint64_t path[6] = { 0, 4721, 4722, 4723 }, at[6] = { (uint32_t)AT_FDCWD };

	shape_strings(&do_chmod, 0, path);
	shape_strings(&do_chown, 0, path);
	shape_strings(&do_lchown, 0, path);
	shape_strings(&do_fchmodat, 1, at);
	shape_strings(&do_fchownat, 1, at);
}

int main(int argc, char **argv)
{
	const char *file;
	int fd;

	trace_begin(argc, argv, "chmod fchmod fchmodat chown lchown fchown fchownat");
	file = trace_path("file");
	fd = open(file, O_RDWR | O_CREAT, 0600);
	trace_need(fd > 0, file);
	modes(file, fd);
	owners(file, fd);
	trace_need(!unlink(file), file);
	trace_need(!mkdir(trace_path("gone"), 0700) && !chdir(trace_path("gone")) &&
			   !rmdir(trace_path("gone")),
		   "a folder that is gone");
	names();
	return trace_end();
}
