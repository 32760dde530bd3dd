/* SPDX-License-Identifier: MIT */
/* opens.c - open, creat, openat2 and open_by_handle_at, of files that are there or not. */
#include "expect.h"
#include "open_flags.h"
#include "shape.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH (5ull << 32)

static void expect_mode(uint32_t flags, uint32_t mode)
{
	expect_int("mode", flags & (O_CREAT | O_TMPFILE) ? mode & 07777 : 0);
}

/* Descriptor 0 has no dev and ino in this schema. */
static void expect_opened(long fd)
{
	struct stat st = { 0 };

	if (fd > 0)
		trace_need(!fstat(fd, &st), "fstat");
	expect_u64("dev", dev_number(st.st_dev));
	expect_u64("ino", st.st_ino);
}

static long open_one(const char *path, uint64_t flags, uint64_t mode, int is_created)
{
	long fd = call(SYS_open, path, flags, mode, 91);

	expect_event("open");
	expect_int("fd", fd);
	shape_text("name", (uintptr_t)path);
	expect_flags(flags, is_created);
	expect_mode(flags, mode);
	expect_opened(fd);
	expect_end();
	return fd;
}

static long creat_one(const char *path, uint64_t mode)
{
	long fd = call(SYS_creat, path, mode, 92);

	expect_event("creat");
	expect_int("fd", fd);
	shape_text("name", (uintptr_t)path);
	expect_int("mode", mode & 07777);
	expect_opened(fd);
	expect_int("creat_flags", 0);
	expect_end();
	return fd;
}

static void resolve_flags(const char *name, uint64_t arg)
{
	static const struct bit_name bits[] = {
		{ RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV" },
		{ RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS" },
		{ RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS" },
		{ RESOLVE_BENEATH, "RESOLVE_BENEATH" },
		{ RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT" },
		{ RESOLVE_CACHED, "RESOLVE_CACHED" },
		{ 0, NULL },
	};

	expect_bits(name, bits, arg, NULL);
}

/* how: what can be read at `at`, or nothing but zeros. */
static long open_how(long dirfd, const char *path, const struct open_how *how, const void *at,
		     int is_created)
{
	long fd = call(SYS_openat2, dirfd, path, at, sizeof(*how));

	expect_event("openat2");
	expect_int("fd", fd);
	expect_int("dirfd", (int)dirfd);
	shape_text("name", (uintptr_t)path);
	expect_flags(how->flags, is_created);
	expect_mode(how->flags, how->mode);
	resolve_flags("resolve", how->resolve);
	expect_opened(fd);
	expect_end();
	return fd;
}

static long open2(long dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve,
		  int is_created)
{
	const struct open_how how = { flags, mode, resolve };

	return open_how(dirfd, path, &how, &how, is_created);
}

static void opened(long fd, const char *what)
{
	trace_need(fd >= 0, what);
	close(fd);
}

static void by_open(const char *file)
{
	opened(open_one(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IFREG | 0640, 1), file);
	opened(open_one(file, HIGH | O_WRONLY | O_CREAT | O_APPEND, 04755, 0), file);
	opened(open_one(file, O_RDONLY, 0777, 0), file);
	unlink(file);
	opened(open_one(file, O_RDWR | O_CREAT, 0600, 1), file);
	open_one(file, O_RDWR | O_CREAT | O_EXCL, 0600, 0);
	unlink(file);
	open_one(file, O_RDONLY, 0, 0);
	opened(open_one(trace_dir(), O_DIRECTORY, 0123, 0), trace_dir());
	for (int i = 0; i < 32; i++)
		open_one("none/f", 1ull << i & ~O_CREAT, 07777, 0);
	open_one("none/f", 0xffffffffffffffff, 0xffffffffffffffff, 0);
}

static void by_creat(const char *file)
{
	opened(creat_one(file, HIGH | S_IFDIR | 04640), file);
	opened(creat_one(file, 0), file);
	unlink(file);
	creat_one("none/f", 0xffffffffffffffff);
	creat_one(trace_dir(), 0600);
}

static void by_openat2(const char *file)
{
	int at = open(trace_dir(), O_PATH), here = AT_FDCWD;

	opened(open2(here, file, O_RDWR | O_CREAT | O_EXCL, 0640, 0, 1), file);
	opened(open2(HIGH | (uint32_t)here, file, O_RDWR | O_CREAT, 01600, 0, 0), file);
	unlink(file);
	opened(open2(at, "file", O_WRONLY | O_CREAT, 0600, RESOLVE_BENEATH, 1), "beneath");
	opened(open2(at, "/file", O_RDONLY | O_CREAT, 0600, RESOLVE_IN_ROOT, 0), "in root");
	unlink(file);
	opened(open2(at, "/file", O_RDONLY | O_CREAT, 0600, RESOLVE_IN_ROOT, 1), "in root");
	opened(open2(at, "file", O_RDONLY, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, 0), "f");
	unlink(file);
	open2(at, file, O_RDWR | O_CREAT, 0600, RESOLVE_BENEATH, 0);
	open2(at, "file", O_RDONLY, 0, 0, 0);
	open2(at, "file", O_RDONLY, 0600, 0, 0);
	close(open2(at, ".", O_RDWR | O_TMPFILE | O_DIRECTORY, 0, 0xa, 0));
	close(at);
	open2(at, "file", O_RDONLY, 0, 0, 0);
	for (int i = 0; i < 64; i++) {
		open2(-1, "f", 1ull << i, 07777, 0, 0);
		open2(-1, "f", O_CREAT, 1ull << i, 0, 0);
		open2(-1, "f", 0, 0, 1ull << i, 0);
	}
}

/* The structure at the end of what can be read, and beyond. */
static void structures(void)
{
	const struct open_how how = { O_WRONLY, 0, RESOLVE_CACHED }, none = { 0 };
	char *edge = trace_edge();

	memcpy(edge - sizeof(how), &how, sizeof(how));
	open_how(-1, "f", &how, edge - sizeof(how), 0);
	open_how(-1, "f", &none, edge - sizeof(how) + 1, 0);
	open_how(-1, "f", &none, edge, 0);
	open_how(-1, "f", &none, NULL, 0);
	open_how(-1, "f", &none, (void *)-8, 0);
}

struct handle {
	struct file_handle head;
	unsigned char room[MAX_HANDLE_SZ];
};

/* path: of what is opened. */
static long open_handle(long mount, struct handle *h, uint64_t flags, const char *path)
{
	long fd = call(SYS_open_by_handle_at, mount, h, flags, 93);

	expect_event("open_by_handle_at");
	expect_int("fd", fd);
	expect_int("mountfd", (int)mount);
	expect_flags(flags, 0);
	if (fd > 0)
		expect_str("path", path);
	expect_opened(fd);
	expect_end();
	return fd;
}

/* Not everybody may. */
static void by_handle(const char *file)
{
	struct handle h = { .head.handle_bytes = MAX_HANDLE_SZ };
	int fd = open(file, O_RDWR | O_CREAT, 0600), at = open(trace_dir(), O_RDONLY), id;
	struct handle folder = h;
	int stdin_copy = dup(0);

	if (!name_to_handle_at(fd, "", &h.head, &id, AT_EMPTY_PATH)) {
		close(open_handle(at, &h, O_RDWR | O_APPEND, file));
		close(open_handle(HIGH | (uint32_t)AT_FDCWD, &h, O_RDONLY, file));
		close(0);
		close(open_handle(at, &h, O_RDONLY, NULL) ? 1000 : 0);
		dup2(stdin_copy, 0);
	}
	if (!name_to_handle_at(at, "", &folder.head, &id, AT_EMPTY_PATH)) {
		close(open_handle(at, &folder, HIGH | O_RDONLY | O_DIRECTORY, trace_dir()));
		open_handle(at, &folder, O_WRONLY, NULL);
	}
	h.head.handle_bytes = MAX_HANDLE_SZ + 1;
	open_handle(at, &h, O_RDONLY, NULL);
	for (int i = 0; i < 32; i++)
		open_handle(-1, &h, 1ull << i, NULL);
	open_handle(-1, NULL, 0xffffffffffffffff, NULL);
	close(stdin_copy);
	close(fd);
	close(at);
	unlink(file);
}

static void descriptor_zero(const char *file)
{
	close(0);
	trace_need(!open_one(file, O_RDWR | O_CREAT, 0600, 1), "fd 0");
	close(0);
	trace_need(!creat_one(file, 0600), "fd 0");
	close(0);
	trace_need(!open2(AT_FDCWD, file, O_RDWR, 0, 0, 0), "fd 0");
	close(0);
	unlink(file);
}

static void names(void)
{
	static char name[PATH_CUT + 1];
	char *edge = trace_edge();

	memset(name, '/', PATH_CUT);
	memcpy(name, "/proc/none", 10);
	for (size_t len = PATH_CUT; len >= PATH_CUT - 1; len--) {
		name[len] = 0;
		open_one(name, O_RDONLY, 0, 0);
		creat_one(name, 0600);
		open2(AT_FDCWD, name, O_RDONLY, 0, 0, 0);
	}

	open_one("", O_RDONLY, 0, 0);
	open_one(NULL, O_RDONLY, 0, 0);
	creat_one("", 0600);
	creat_one(edge - 4, 0600);
	open_one(edge - 4, O_RDONLY | O_CREAT, 0600, 0);
	open2(AT_FDCWD, edge, O_RDONLY | O_CREAT, 0600, 0, 0);
	open2(AT_FDCWD, NULL, O_RDONLY, 0, 0, 0);
}

int main(int argc, char **argv)
{
	const char *file;

	trace_begin(argc, argv, "open creat openat2 open_by_handle_at");
	trace_need_plain_files();
	file = trace_path("file");
	by_open(file);
	by_creat(file);
	by_openat2(file);
	structures();
	by_handle(file);
	names();
	descriptor_zero(file);
	return trace_end();
}
