/* SPDX-License-Identifier: MIT */
/* overlay.c - files and programs of an overlay's two layers. */
#include "exec.h"
#include "expect.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Device of the mount and number of the inode that the kernel has behind a descriptor. */
static void look_behind(int fd, uint32_t *dev, uint64_t *ino)
{
	unsigned int major, minor, id, mount;
	char path[64], text[32768], *line, *rest = text;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	proc_file(path, text, sizeof(text));
	if (!strstr(text, "\nino:"))
		trace_skip("the kernel is older than 5.14 and does not show inodes in fdinfo");
	*ino = proc_field(text, "\nino:", 10);
	mount = proc_field(text, "\nmnt_id:", 10);
	proc_file("/proc/self/mountinfo", text, sizeof(text));
	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%u %*u %u:%u", &id, &major, &minor) == 3 && id == mount)
			*dev = dev_number(makedev(major, minor));
}

static void open_file(const char *path, int flags, const char *bits)
{
	long fd = call(SYS_openat, AT_FDCWD, path, flags, 0600);
	uint32_t dev = 0;
	uint64_t ino;

	trace_need(fd > 0, path);
	look_behind(fd, &dev, &ino);
	expect_event("openat");
	expect_int("fd", fd);
	expect_int("dirfd", AT_FDCWD);
	expect_str("name", path);
	expect_json("flags", "{\"bits\":\"%s\"}", bits);
	expect_int("mode", flags & O_CREAT ? 0600 : 0);
	expect_u64("dev", dev);
	expect_u64("ino", ino);
	expect_end();
	close(fd);
}

/* The same by creat, which has names of its own for the layers. */
static void creat_file(const char *path, const char *bits)
{
	long fd = call(SYS_creat, path, 0600);
	uint32_t dev = 0;
	uint64_t ino;

	trace_need(fd > 0, path);
	look_behind(fd, &dev, &ino);
	expect_event("creat");
	expect_int("fd", fd);
	expect_str("name", path);
	expect_int("mode", 0600);
	expect_u64("dev", dev);
	expect_u64("ino", ino);
	expect_json("creat_flags", "{\"bits\":\"%s\"}", bits);
	expect_end();
	close(fd);
}

/* Descriptor 0 has no dev, no ino and no layer in this schema. */
static void open_as_zero(const char *path)
{
	close(0);
	trace_need(!call(SYS_openat, AT_FDCWD, path, O_RDONLY), path);
	expect_event("openat");
	expect_int("fd", 0);
	expect_int("dirfd", AT_FDCWD);
	expect_str("name", path);
	expect_json("flags", "{\"bits\":\"O_RDONLY\"}");
	expect_int("mode", 0);
	expect_int("dev", 0);
	expect_int("ino", 0);
	expect_end();
	close(0);
}

static void from_lower(const char *path)
{
	strcpy(exec_told.flags, "EXE_WRITABLE|EXE_LOWER_LAYER");
	exec_tell();
	call(SYS_execve, path, exec_args, exec_env);
}

static void from_upper(const char *path)
{
	strcpy(exec_told.flags, "EXE_WRITABLE|EXE_UPPER_LAYER");
	exec_tell();
	call(SYS_execve, path, exec_args, exec_env);
}

static void make_folders(void)
{
	static const char *const names[] = { "lower", "upper", "work", "all" };

	for (int i = 0; i < 4; i++)
		trace_need(!mkdir(names[i], 0755), names[i]);
	exec_copy("report", "lower/program", 0, 0755);
	exec_copy("report", "upper/other", 0, 0755);
	exec_copy("report", "lower/file", 0, 0644);
	trace_need(!mkfifo("lower/fifo", 0644), "fifo");
}

static void remove_folders(void)
{
	static const char *const names[] = {
		"lower/program", "lower/fifo", "lower/file", "upper/other",
		"upper/file",	 "upper/new",  "work/work",  "lower",
		"upper",	 "work",       "all",	     "report",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		trace_need(!remove(names[i]), names[i]);
}

int main(int argc, char **argv)
{
	char file[256], program[256], other[256];
	int has_overlay, fifo;

	trace_begin(argc, argv, "openat creat execve");
	exec_prepare();
	trace_need(!chdir(trace_dir()), trace_dir());
	make_folders();
	trace_need(!unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
		   "a mount namespace");
	has_overlay =
		!mount("trace", "all", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work");
	if (!has_overlay && errno == ENODEV)
		trace_skip("the kernel has no overlay file system");
	trace_need(has_overlay, "mount");
	strcpy(file, trace_path("all/file"));
	strcpy(program, trace_path("all/program"));
	strcpy(other, trace_path("all/other"));
	open_file(file, O_RDONLY, "O_RDONLY|FD_LOWER_LAYER");
	open_file(file, O_WRONLY, "O_WRONLY|FD_UPPER_LAYER");
	open_file(file, O_RDONLY, "O_RDONLY|FD_UPPER_LAYER");
	open_file(trace_path("all/new"), O_RDWR | O_CREAT,
		  "O_RDWR|O_CREAT|O_F_CREATED|FD_UPPER_LAYER");
	open_file(trace_path("all"), O_RDONLY, "O_RDONLY|FD_UPPER_LAYER");
	creat_file(file, "FD_UPPER_LAYER_CREAT");
	/* What has no data of its own is not copied up. */
	fifo = (int)call(SYS_open, trace_path("all/fifo"),
			 O_RDWR); /* open(3) makes this an openat */
	trace_need(fifo > 0, "fifo");
	creat_file(trace_path("all/fifo"), "FD_LOWER_LAYER_CREAT");
	close(fifo);
	open_as_zero(file);
	exec_in_child(from_lower, program);
	exec_in_child(from_upper, other);
	trace_need(!umount("all"), "umount");
	remove_folders();
	return trace_end();
}
