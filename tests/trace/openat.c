/* SPDX-License-Identifier: MIT */
/* openat.c - files opened in every way, and not opened for every reason. */
#include "expect.h"
#include "open_flags.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Make the call, say what it was. name is what can be read at path, NULL if nothing can. */
static long open_and_expect(long dirfd, const char *path, const char *name, uint64_t flags,
			    uint64_t mode, int is_created)
{
	long fd = call(SYS_openat, dirfd, path, flags, mode);
	struct stat st = { 0 };

	if (fd > 0) /* descriptor 0 has no dev and ino in this schema */
		trace_need(!fstat(fd, &st), "fstat");
	expect_event("openat");
	expect_int("fd", fd);
	expect_int("dirfd", (int)dirfd);
	if (name)
		expect_str("name", name);
	expect_flags(flags, is_created);
	expect_int("mode", flags & (O_CREAT | O_TMPFILE) ? mode & 07777 : 0);
	expect_u64("dev", dev_number(st.st_dev));
	expect_u64("ino", st.st_ino);
	expect_end();
	return fd;
}

static long open_path(const char *path, uint64_t flags, uint64_t mode, int is_created)
{
	long fd = open_and_expect(AT_FDCWD, path, path, flags, mode, is_created);

	trace_need(fd >= 0, path);
	close(fd);
	return fd;
}

static void files(void)
{
	const char *file = trace_path("file"), *fifo = trace_path("fifo"), *link = trace_path("ln");

	open_path(file, O_RDWR | O_CREAT | O_EXCL, 0640, 1);
	open_path(file, O_RDONLY | O_CLOEXEC, 0777, 0);
	open_path(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 04755, 0);
	open_path(file, O_RDWR | O_SYNC | O_NONBLOCK | 0100000, S_IFREG | 0600, 0);
	open_path(trace_dir(), O_RDONLY | O_DIRECTORY, 0123, 0);
	open_path(trace_dir(), O_RDWR | O_TMPFILE, S_IFREG | 0600, 0);
	open_path("/dev/null", O_RDWR, 0, 0);
	open_path("/proc/self", O_RDONLY, 0, 0);
	trace_need(!mkfifo(fifo, 0600) && !symlink("file", link), "mkfifo, symlink");
	open_path(fifo, O_RDWR, 0, 0);
	open_path(link, O_PATH | O_NOFOLLOW, 0, 0);
	open_path(link, O_RDONLY, 0, 0);
	unlink(fifo);
	unlink(link);
	unlink(file);
}

static void relative(void)
{
	int at = call(SYS_open, trace_dir(), O_PATH); /* open(3) makes this an openat */

	trace_need(at > 0 && !chdir(trace_dir()), trace_dir());
	close(open_and_expect(at, "file", "file", O_WRONLY | O_CREAT, 0600, 1));
	/* The upper half of a descriptor's register counts for nothing. */
	close(open_and_expect((7L << 32) | at, "file", "file", O_RDONLY, 0, 0));
	close(open_and_expect((uint32_t)AT_FDCWD, ".", ".", O_RDONLY, 0, 0));
	unlinkat(at, "file", 0);
	open_and_expect(at, "file", "file", O_RDONLY, 0, 0);
	close(at);
	open_and_expect(at, "file", "file", O_RDONLY, 0, 0);
}

static void descriptor_zero(void)
{
	const char *file = trace_path("zero");

	close(0);
	trace_need(open_and_expect(AT_FDCWD, file, file, O_RDWR | O_CREAT, 0600, 1) == 0, "fd 0");
	close(0);
	trace_need(open_and_expect(AT_FDCWD, file, file, O_RDWR, 0, 0) == 0, "fd 0");
	unlink(file);
}

/* Fails for its descriptor whatever the flags are: each bit of them by itself. */
static void each_flag(void)
{
	for (int i = 0; i < 32; i++)
		open_and_expect(-1, "f", "f", 1ULL << i, 07777, 0);
	open_and_expect(-1, "f", "f", 0xffffffffffffffff, S_IFREG | 0xffff, 0);
}

static void names(void)
{
	static char name[PATH_CUT + 1000], cut[PATH_CUT];
	char *edge = trace_edge();

	open_and_expect(AT_FDCWD, "", "", O_RDONLY, 0, 0);
	open_and_expect(AT_FDCWD, "\x01\xff\"\\", "\x01\xff\"\\", O_RDONLY, 0, 0);
	strcpy(edge - 2, "x");
	open_and_expect(-1, edge - 2, "x", O_RDONLY, 0, 0);
	edge[-1] = 'y'; /* no NUL before the page that cannot be read */
	open_and_expect(AT_FDCWD, edge - 2, NULL, O_RDONLY, 0, 0);
	open_and_expect(AT_FDCWD, edge, NULL, O_RDONLY, 0, 0);
	open_and_expect(AT_FDCWD, NULL, NULL, O_RDONLY | O_CREAT, 0600, 0);
	open_and_expect(AT_FDCWD, (char *)-8, NULL, O_RDONLY, 0, 0);

	memset(name, '/', sizeof(name) - 1);
	memcpy(name, "/proc", 5); /* which is on no overlay */
	for (size_t len = PATH_CUT - 2; len <= PATH_CUT + 1; len++) {
		name[len] = '\0';
		memcpy(cut, name, len < PATH_CUT ? len : PATH_CUT - 1);
		close(open_and_expect(AT_FDCWD, name, cut, O_RDONLY, 0, 0));
		name[len] = '/';
	}
	open_and_expect(AT_FDCWD, name, cut, O_RDONLY, 0, 0);
}

static void refused(void)
{
	const char *file = trace_path("there");

	close(call(SYS_open, file, O_CREAT | O_WRONLY, 0600));
	open_and_expect(AT_FDCWD, file, file, O_RDWR | O_CREAT | O_EXCL, 0600, 0);
	open_and_expect(AT_FDCWD, file, file, O_RDONLY | O_DIRECTORY, 0, 0);
	open_and_expect(AT_FDCWD, trace_dir(), trace_dir(), O_WRONLY, 0, 0);
	open_and_expect(AT_FDCWD, trace_path("none"), trace_path("none"), O_RDONLY, 0, 0);
	unlink(file);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "openat");
	trace_need_plain_files();
	files();
	relative();
	refused();
	each_flag();
	names();
	descriptor_zero();
	return trace_end();
}
