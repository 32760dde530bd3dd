// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/err.h"
#include "core/loader.h"

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#endif

#define FD_NAME_MAX 40

static void fd_name(int fd, char name[FD_NAME_MAX])
{
	snprintf(name, FD_NAME_MAX, "/proc/self/fd/%d", fd);
}

/* ---- who could have written it ---- */

/* what: the file, or a folder above it up to and with the root. */
static int check_owner(const struct stat *st, const char *what, struct fcd_err *err)
{
	bool is_sticky_dir = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fcd_err_set(
			err, -EPERM,
			"an engine and the folders above it must belong to root or to the "
			"user who runs the daemon",
			"%s belongs to user %u, who could replace the engine", what, st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !is_sticky_dir)
		return fcd_err_set(err, -EPERM, "chmod go-w it, or use an engine in another folder",
				   "%s has mode %04o: others may write to it", what,
				   st->st_mode & 07777);
	return 0;
}

/* The folder `name` in dirfd, which is closed. A symlink here appeared after the path was resolved.
 */
static int enter(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : fd;

	close(dirfd);
	return err;
}

/* Check each folder of an absolute path without symlinks, from the root. Returns the last one. */
static int check_folders(char *path, struct fcd_err *err)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), ret = 0;
	char *slash = path, *next;
	struct stat st;

	while (fd >= 0) {
		*slash = '\0';
		ret = fstat(fd, &st) ? -errno : check_owner(&st, *path ? path : "/", err);
		*slash = '/';
		next = strchr(slash + 1, '/');
		if (ret || !next)
			break;
		*next = '\0';
		fd = enter(fd, slash + 1);
		*next = '/';
		slash = next;
	}
	if (fd < 0)
		return fcd_err_set(err, fd, NULL, "folders of %s: %s", path, strerror(-fd));
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* Is the open file, wherever a symlink led to it, in a place that only root or we can write? */
static int check_place(int fd, const struct stat *st, struct fcd_err *err)
{
	char link[FD_NAME_MAX], path[PATH_MAX];
	struct stat now;
	ssize_t len;
	int dirfd, ret = 0;

	fd_name(fd, link);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return fcd_err_set(err, -errno, "mount /proc", "%s: %s", link, strerror(errno));
	path[len] = '\0';
	dirfd = check_folders(path, err);
	if (dirfd < 0)
		return dirfd;
	if (fstatat(dirfd, strrchr(path, '/') + 1, &now, AT_SYMLINK_NOFOLLOW) ||
	    now.st_dev != st->st_dev || now.st_ino != st->st_ino)
		ret = fcd_err_set(err, -EPERM, "try again", "%s was replaced while it was checked",
				  path);
	else
		ret = check_owner(st, path, err);
	close(dirfd);
	return ret;
}

/* A descriptor of the file if it may be trusted. */
static int open_trusted(const char *path, struct fcd_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;
	struct stat st;

	if (fd < 0)
		return fcd_err_set(err, -errno, "see --engine-dir", "%s: %s", path,
				   strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		ret = fcd_err_set(err, -ENOEXEC, NULL, "%s is not a regular file", path);
	else
		ret = check_place(fd, &st, err);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* ---- the note ---- */

/* The engine's note in one PT_NOTE segment's bytes, or NULL. */
static const void *find_note(Elf_Data *data)
{
	size_t at = 0, next, name, desc;
	GElf_Nhdr note;

	while ((next = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type == FCD_NOTE_TYPE && note.n_namesz == sizeof(FCD_NOTE_OWNER) &&
		    !memcmp(bytes + name, FCD_NOTE_OWNER, sizeof(FCD_NOTE_OWNER)) &&
		    note.n_descsz >= sizeof(struct fcd_note))
			return bytes + desc;
		at = next;
	}
	return NULL;
}

static bool copy_note(Elf *elf, struct fcd_note *out)
{
	const void *found;
	size_t count, i;
	Elf_Data *data;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &count))
		return false;
	for (i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
					    ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		found = data ? find_note(data) : NULL;
		if (!found)
			continue;
		memcpy(out, found, sizeof(*out));
		return memchr(out->name, 0, sizeof(out->name)) &&
		       memchr(out->version, 0, sizeof(out->version));
	}
	return false;
}

static int check_note(const struct fcd_note *note, const char *path, struct fcd_err *err)
{
	if (note->abi_major != FCD_ABI_MAJOR ||
	    (!FCD_ABI_MAJOR && note->abi_minor != FCD_ABI_MINOR))
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "install daemon and engine of the same release",
				   "%s has engine ABI %u.%u, this daemon has %u.%u", path,
				   note->abi_major, note->abi_minor, FCD_ABI_MAJOR, FCD_ABI_MINOR);
	if (note->schema != FCD_SCHEMA_NUMBER)
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "install daemon and engine of the same release",
				   "%s has event schema %u.%u.%u, this daemon has " FCD_SCHEMA,
				   path, note->schema >> 16, note->schema >> 8 & 0xff,
				   note->schema & 0xff);
	return 0;
}

static int read_note(int fd, const char *path, struct fcd_note *out, struct fcd_err *err)
{
	struct fcd_note note;
	GElf_Ehdr head;
	bool found = false;
	Elf *elf;
	int ret;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return fcd_err_set(err, -ENOEXEC, NULL, "libelf: %s", elf_errmsg(-1));
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &head) ||
	    head.e_type != ET_DYN || head.e_machine != HOST_MACHINE ||
	    head.e_ident[EI_CLASS] != ELFCLASS64) {
		elf_end(elf);
		return fcd_err_set(err, -ENOEXEC, "an engine is a shared object for this machine",
				   "%s is not an ELF shared object for this machine", path);
	}
	found = copy_note(elf, &note);
	elf_end(elf);
	if (!found)
		return fcd_err_set(err, -ENOEXEC, "it may be a library of another program",
				   "%s is not an engine: it has no " FCD_NOTE_OWNER " note", path);
	ret = check_note(&note, path, err);
	if (!ret)
		*out = note;
	return ret;
}

int fcd_loader_note(const char *path, struct fcd_note *out, struct fcd_err *err)
{
	int fd = open_trusted(path, err), ret;

	if (fd < 0)
		return fd;
	ret = read_note(fd, path, out, err);
	close(fd);
	return ret;
}

/* ---- loading ---- */

static int check_ops(const struct fcd_engine_ops *ops, const struct fcd_note *note,
		     const char *path, struct fcd_err *err)
{
	if (!ops || ops->size < sizeof(*ops) || strcmp(ops->name, note->name))
		return fcd_err_set(err, -EPROTONOSUPPORT, "it is damaged, install it again",
				   "%s does not do what its note says", path);
	if (!ops->probe || !ops->open || !ops->start || !ops->configure || !ops->rings ||
	    !ops->poll_fd || !ops->woken || !ops->stats || !ops->stop || !ops->close)
		return fcd_err_set(err, -EPROTONOSUPPORT, "only `options` may be missing",
				   "%s lacks an operation that every engine has", path);
	return 0;
}

static int load(int fd, const char *path, const struct fcd_note *note,
		const struct fcd_engine_ops **out, struct fcd_err *err)
{
	const struct fcd_engine_ops *ops;
	char name[FD_NAME_MAX];
	fcd_engine_fn *entry;
	void *object;
	int ret;

	fd_name(fd, name);
	object = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!object)
		return fcd_err_set(err, -ENOEXEC, "install the libraries that it needs", "%s: %s",
				   path, dlerror());
	entry = (fcd_engine_fn *)dlsym(object, FCD_ENGINE_SYMBOL);
	if (!entry)
		return fcd_err_set(err, -ENOEXEC, "an engine exports " FCD_ENGINE_SYMBOL,
				   "%s has no function " FCD_ENGINE_SYMBOL, path);
	ops = entry(FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR);
	ret = check_ops(ops, note, path, err);
	if (!ret)
		*out = ops;
	return ret;
}

int fcd_loader_load(const char *path, const struct fcd_engine_ops **out, struct fcd_note *note,
		    struct fcd_err *err)
{
	int fd = open_trusted(path, err), ret;

	if (fd < 0)
		return fd;
	ret = read_note(fd, path, note, err);
	if (ret) {
		close(fd);
		return ret;
	}
	/*
	 * From here on fd stays open: the dynamic linker knows the object by the name
	 * /proc/self/fd/N and would take the next engine under this N for this one.
	 */
	return load(fd, path, note, out, err);
}
