// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
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
	struct fcd_note note;
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
		memcpy(&note, found, sizeof(note));
		if (!note.name[0] || !memchr(note.name, 0, sizeof(note.name)) ||
		    !memchr(note.version, 0, sizeof(note.version)))
			return false;
		*out = note;
		return true;
	}
	return false;
}

static int check_note(const struct fcd_note *note, const char *path, struct fcd_err *err)
{
	if (note->abi_major != FCD_ABI_MAJOR)
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "install daemon and engine of the same release",
				   "%s has engine ABI %u.%u, the daemon has %u.%u", path,
				   note->abi_major, note->abi_minor, FCD_ABI_MAJOR, FCD_ABI_MINOR);
	if (note->schema != FCD_SCHEMA_NUMBER)
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "install daemon and engine of the same release",
				   "%s has event schema %u.%u.%u, the daemon has " FCD_SCHEMA, path,
				   note->schema >> 16, note->schema >> 8 & 0xff,
				   note->schema & 0xff);
	return 0;
}

/* ---- what it exports ---- */

/* Does another object see this symbol? Marks that linkers set, as _end, have no type. */
static bool is_exported(const GElf_Sym *symbol)
{
	return symbol->st_shndx != SHN_UNDEF && GELF_ST_BIND(symbol->st_info) != STB_LOCAL &&
	       GELF_ST_TYPE(symbol->st_info) != STT_NOTYPE;
}

static Elf_Scn *find_dynsym(Elf *elf, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == SHT_DYNSYM)
			break;
	return section;
}

/* Anything but the one function would get in the way of other engines' and libraries' symbols. */
static int check_exports(Elf *elf, const char *path, struct fcd_err *err)
{
	static const char hint[] = "link it so that " FCD_ENGINE_SYMBOL "() alone is exported";
	GElf_Shdr header;
	Elf_Scn *section = find_dynsym(elf, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	bool found = false;
	const char *name;
	GElf_Sym symbol;
	int i;

	for (i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		if (!is_exported(&symbol))
			continue;
		name = elf_strptr(elf, header.sh_link, symbol.st_name);
		if (!name || strcmp(name, FCD_ENGINE_SYMBOL))
			return fcd_err_set(err, -ENOEXEC, hint, "%s exports %.80s too", path,
					   name ? name : "something without a name");
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			return fcd_err_set(err, -ENOEXEC, hint,
					   "%s: " FCD_ENGINE_SYMBOL " is not a function", path);
		found = true;
	}
	if (found)
		return 0;
	return fcd_err_set(err, -ENOEXEC, hint, "%s exports no function " FCD_ENGINE_SYMBOL, path);
}

/* ---- the file as a whole ---- */

static const char *machine_name(unsigned int machine, char number[24])
{
	switch (machine) {
	case EM_386:
		return "i386";
	case EM_X86_64:
		return "x86_64";
	case EM_ARM:
		return "arm";
	case EM_AARCH64:
		return "aarch64";
	}
	snprintf(number, 24, "ELF machine %u", machine);
	return number;
}

static int check_kind(Elf *elf, const char *path, struct fcd_err *err)
{
	char number[24], ours[24];
	GElf_Ehdr head;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &head))
		return fcd_err_set(err, -ENOEXEC, "an engine is a shared object: install it again",
				   "%s is not an ELF file", path);
	if (head.e_machine != HOST_MACHINE || head.e_ident[EI_CLASS] != ELFCLASS64)
		return fcd_err_set(err, -ENOEXEC, "install the engine that was built for this one",
				   "%s is for another machine: %s, %d bits; this is %s, 64", path,
				   machine_name(head.e_machine, number),
				   head.e_ident[EI_CLASS] == ELFCLASS64 ? 64 : 32,
				   machine_name(HOST_MACHINE, ours));
	if (head.e_type != ET_DYN)
		return fcd_err_set(err, -ENOEXEC, "an engine is a shared object: install it again",
				   "%s is not a shared object", path);
	return 0;
}

static int read_elf(Elf *elf, const char *path, struct fcd_note *out, struct fcd_err *err)
{
	int ret = check_kind(elf, path, err);

	if (ret)
		return ret;
	if (!copy_note(elf, out))
		return fcd_err_set(err, -ENOEXEC, "it may be a library of another program",
				   "%s is not an engine: it has no " FCD_NOTE_OWNER " note", path);
	ret = check_note(out, path, err);
	return ret ? ret : check_exports(elf, path, err);
}

static int read_file(int fd, const char *path, struct fcd_note *out, struct fcd_err *err)
{
	Elf *elf;
	int ret;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return fcd_err_set(err, -ENOEXEC, NULL, "libelf: %s", elf_errmsg(-1));
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ret = read_elf(elf, path, out, err);
	elf_end(elf);
	return ret;
}

int fcd_loader_note(const char *path, struct fcd_note *out, struct fcd_err *err)
{
	int fd = open_trusted(path, err), ret;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fd;
	ret = read_file(fd, path, out, err);
	close(fd);
	return ret;
}

/* ---- loading ---- */

/* What every engine has; slots after these came later and may be missing. */
#define OPS_BASE (offsetof(struct fcd_engine_ops, close) + sizeof(void (*)(void)))

static int check_ops(const struct fcd_engine_ops *ops, const struct fcd_note *note,
		     const char *path, struct fcd_err *err)
{
	if (!ops->name || strcmp(ops->name, note->name))
		return fcd_err_set(err, -EPROTONOSUPPORT, "it is damaged, install it again",
				   "%s does not do what its note says", path);
	if (!ops->probe || !ops->open || !ops->start || !ops->configure || !ops->rings ||
	    !ops->poll_fd || !ops->woken || !ops->stats || !ops->stop || !ops->close)
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "abi/engine.h says which operations may be missing",
				   "%s lacks an operation that every engine has", path);
	return 0;
}

/* Our own copy: slots that the engine does not know yet are NULL in it. */
static int copy_ops(const struct fcd_engine_ops *ops, const char *path, struct fcd_engine_ops *out,
		    struct fcd_err *err)
{
	size_t size;

	if (!ops)
		return fcd_err_set(err, -EPROTONOSUPPORT,
				   "install daemon and engine of the same release",
				   "%s does not serve engine ABI %u.%u", path, FCD_ABI_MAJOR,
				   FCD_ABI_MINOR);
	if (ops->size < OPS_BASE || ops->size % sizeof(void *))
		return fcd_err_set(err, -EPROTONOSUPPORT, "it is damaged, install it again",
				   "%s has a table of operations of %u bytes, not of %zu", path,
				   ops->size, sizeof(*out));
	size = ops->size < sizeof(*out) ? ops->size : sizeof(*out);
	memset(out, 0, sizeof(*out));
	memcpy(out, ops, size);
	out->size = sizeof(*out);
	return 0;
}

static int load(int fd, const char *path, const struct fcd_note *note, struct fcd_engine_ops *out,
		struct fcd_err *err)
{
	struct fcd_engine_ops ops;
	char name[FD_NAME_MAX];
	fcd_engine_fn *entry;
	void *object;
	int ret;

	fd_name(fd, name);
	object = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	entry = object ? (fcd_engine_fn *)dlsym(object, FCD_ENGINE_SYMBOL) : NULL;
	if (!entry)
		return fcd_err_set(err, -ENOEXEC, "install the libraries that it needs", "%s: %s",
				   path, dlerror());
	ret = copy_ops(entry(FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR), path, &ops, err);
	if (!ret)
		ret = check_ops(&ops, note, path, err);
	if (!ret)
		*out = ops;
	return ret;
}

int fcd_loader_load(const char *path, struct fcd_engine_ops *out, struct fcd_note *note,
		    struct fcd_err *err)
{
	int fd = open_trusted(path, err), ret;

	memset(note, 0, sizeof(*note));
	if (fd < 0)
		return fd;
	ret = read_file(fd, path, note, err);
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
