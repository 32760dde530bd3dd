/* SPDX-License-Identifier: MIT */
/* mount.c - working directory, root and mounts, changed and not. */
#include "expect.h"
#include "shape.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH (5ull << 32)

/* Old programs put 0xc0ed above the 16 flags that there were then. */
static void mount_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ MS_RDONLY, "RDONLY" },
		{ MS_NOSUID, "NOSUID" },
		{ MS_NODEV, "NODEV" },
		{ MS_NOEXEC, "NOEXEC" },
		{ MS_SYNCHRONOUS, "SYNCHRONOUS" },
		{ MS_REMOUNT, "REMOUNT" },
		{ MS_MANDLOCK, "MANDLOCK" },
		{ MS_DIRSYNC, "DIRSYNC" },
		{ MS_NOATIME, "NOATIME" },
		{ MS_NODIRATIME, "NODIRATIME" },
		{ MS_BIND, "BIND" },
		{ MS_MOVE, "MOVE" },
		{ MS_REC, "REC" },
		{ MS_SILENT, "SILENT" },
		{ MS_POSIXACL, "POSIXACL" },
		{ MS_UNBINDABLE, "UNBINDABLE" },
		{ MS_PRIVATE, "PRIVATE" },
		{ MS_SLAVE, "SLAVE" },
		{ MS_SHARED, "SHARED" },
		{ MS_RELATIME, "RELATIME" },
		{ MS_KERNMOUNT, "KERNMOUNT" },
		{ MS_I_VERSION, "I_VERSION" },
		{ MS_STRICTATIME, "STRICTATIME" },
		{ MS_LAZYTIME, "LAZYTIME" },
		{ 1 << 28, "NOSEC" },
		{ 1 << 29, "BORN" },
		{ 1 << 30, "ACTIVE" },
		{ 1u << 31, "NOUSER" },
		{ 0, NULL },
	};
	const uint32_t nameless = 1 << 8 | 1 << 9 | 1 << 26 | 1 << 27;
	uint32_t flags = (arg & MS_MGC_MSK) == MS_MGC_VAL ? arg & 0xffff : arg;
	char rest[16];

	snprintf(rest, sizeof(rest), "%s0x%x", flags & ~nameless ? "|" : "", flags & nameless);
	expect_bits(name, bits, flags, flags & nameless ? rest : NULL);
}

static void umount_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ MNT_FORCE, "FORCE" },
		{ MNT_DETACH, "DETACH" },
		{ MNT_EXPIRE, "EXPIRE" },
		{ UMOUNT_NOFOLLOW, "NOFOLLOW" },
		{ 0, NULL },
	};

	expect_bits(name, bits, arg, NULL);
}

/* clang-format off */
static const struct shape
	do_chdir = { "chdir", SYS_chdir, 0, { { "path", shape_text } } },
	do_chroot = { "chroot", SYS_chroot, 0, { { "path", shape_text } } },
	do_fchdir = { "fchdir", SYS_fchdir, 0, { { "fd", shape_fd } } },
	do_mount = { "mount", SYS_mount, 0, {
		{ "dev", shape_text }, { "arg_dir", shape_text }, { "arg_type", shape_text },
		{ "flags", mount_flags } } },
	do_umount = { "umount2", SYS_umount2, 0, {
		{ "name", shape_text }, { "flags", umount_flags } } };
/* clang-format on */

static void getcwd_into(char *buffer, unsigned int size)
{
	long res = call(SYS_getcwd, buffer, size);

	expect_event("getcwd");
	expect_int("res", res);
	if (res >= 0)
		shape_text("path", (uintptr_t)buffer);
	expect_end();
}

static void where(void)
{
	static char buffer[PATH_CUT + 100];
	const char *folder = trace_dir();
	int fd = open(folder, O_PATH | O_DIRECTORY);

	trace_need(fd > 0, folder);
	trace_need(!shape_call(&do_chdir, folder), folder);
	getcwd_into(buffer, sizeof(buffer));
	getcwd_into(buffer, strlen(folder) + 1);
	getcwd_into(buffer, strlen(folder));
	getcwd_into(NULL, 100);
	trace_need(!shape_call(&do_chdir, "/"), "/");
	getcwd_into(buffer, 2);
	trace_need(!shape_call(&do_fchdir, HIGH | fd), "fchdir");
	getcwd_into(buffer, sizeof(buffer));
	shape_call(&do_fchdir, -1);
	close(fd);
	shape_call(&do_fchdir, fd);
	shape_call(&do_chdir, "/proc/none");
	shape_call(&do_chroot, "/proc/none");
	shape_call(&do_chroot, "/"); /* not by everybody, and changes nothing */
}

static void into(const char *name)
{
	trace_need(!mkdir(name, 0700) && !shape_call(&do_chdir, name), name);
}

static void leave(const char *name)
{
	trace_need(!shape_call(&do_chdir, "..") && !rmdir(name), name);
}

/* Paths as long as the kernel can say, and longer. */
static void deep(void)
{
	static char buffer[PATH_CUT + 4000], name[256];
	const char *folder = trace_dir();
	size_t left = PATH_CUT - 1 - strlen(folder);

	memset(name, 'n', 200);
	for (; left > 203; left -= 201)
		into(name);
	memset(name, 'n', left - 1);
	name[left - 1] = 0;
	into(name);
	getcwd_into(buffer, sizeof(buffer));
	into("n");
	getcwd_into(buffer, sizeof(buffer));
	leave("n");
	leave(name);
	memset(name, 'n', 200);
	for (name[200] = 0; left < PATH_CUT - 1 - strlen(folder); left += 201)
		leave(name);
}

/* Everybody may ask; what only root may is refused to others. */
static void mounts(void)
{
	const char *at = trace_path("at");

	trace_need(!mkdir(at, 0700), at);
	shape_call(&do_mount, "a device", at, "tmpfs", HIGH | MS_NOSUID | MS_NODEV, NULL);
	shape_call(&do_mount, NULL, at, NULL, MS_MGC_VAL | MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
	shape_call(&do_umount, at, HIGH | UMOUNT_NOFOLLOW);
	shape_call(&do_umount, at, MNT_DETACH);
	shape_call(&do_mount, at, at, "", MS_BIND, NULL);
	shape_call(&do_umount, "at", 0);
	trace_need(!rmdir(at), at);
	for (int i = 0; i < 32; i++) {
		shape_call(&do_umount, "/proc/none", 1ull << i);
		shape_call(&do_mount, "none", "/proc/none", "none", 1ull << i, NULL);
	}
	shape_call(&do_umount, "/proc/none", 0xffffffffffffffff);
	shape_call(&do_mount, "none", "/proc/none", "none", MS_MGC_VAL | 0x8001, NULL);
	shape_call(&do_mount, "none", "/proc/none", "none", (MS_MGC_VAL + 0x10000) | 1, NULL);
	shape_call(&do_mount, "none", "/proc/none", "none", 0xffffffffffffffff, NULL);
}

static void names(void)
{
	const uint64_t path[6] = { 0 }, all[6] = { [0 ... 2] = (uint64_t) "/proc/none" };

	shape_strings(&do_chdir, 0, path);
	shape_strings(&do_chroot, 0, path);
	shape_strings(&do_umount, 0, path);
	for (int i = 0; i < 3; i++)
		shape_strings(&do_mount, i, all);
}

/* From outside of a root one can leave it again. */
static void another_root(void)
{
	static char buffer[100];

	trace_need(!shape_call(&do_chdir, "/proc"), "/proc");
	if (shape_call(&do_chroot, "self"))
		return;
	getcwd_into(buffer, sizeof(buffer));
	trace_need(!shape_call(&do_chdir, "..") && !shape_call(&do_chroot, "."), "the root again");
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "chdir fchdir chroot getcwd mount umount2");
	if (!geteuid())
		trace_need(!unshare(CLONE_NEWNS), "a mount namespace");
	shape_call(&do_mount, "none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	where();
	deep();
	mounts();
	names();
	another_root();
	return trace_end();
}
