/* SPDX-License-Identifier: MIT */
/* file.h - files and the executable of core/fill/interface.h. */
#ifndef FCD_TRACE_FILE_H
#define FCD_TRACE_FILE_H

#define OVERLAY_MAGIC 0x794c7630
#define BTRFS_MAGIC   0x9123683e

/* ---- what stat does not say ---- */

/* The line of a mount that the thread can see: ID PARENT MAJOR:MINOR ...; NULL: there is none. */
static const char *mount_line(struct fcd *c, u64 id)
{
	static char mounts[PROC_TEXT];
	char *line, *rest = mounts;

	proc_read(mounts, sizeof(mounts), "%s/mountinfo", c->facts.dir);
	while ((line = strsep(&rest, "\n")))
		if (*line && strtoull(line, NULL, 10) == id)
			return line;
	return NULL;
}

/* Some file systems show other numbers in stat than the kernel has. */
static bool has_own_numbers(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (fs.f_type == OVERLAY_MAGIC || fs.f_type == BTRFS_MAGIC);
}

/* The kernel's own, from a file of fdinfo. */
static void kernel_numbers(struct fcd *c, const char *fdinfo, u64 *ino, u32 *dev)
{
	char text[1024];
	unsigned int major_nr, minor_nr;
	const char *line, *at;

	proc_read(text, sizeof(text), "%s", fdinfo);
	at = status_line(text, "ino"); /* since 5.14 */
	if (*at)
		*ino = strtoull(at, NULL, 10);
	line = mount_line(c, strtoull(status_line(text, "mnt_id"), NULL, 10));
	if (dev && line && sscanf(line, "%*u %*u %u:%u", &major_nr, &minor_nr) == 2)
		*dev = dev_encode(major_nr, minor_nr);
}

/* ---- files ---- */

FCD_FN void file_get(struct fcd *c, s32 fd, struct fcd_file *out)
{
	const char *path = path_in(&c->facts, "fd/%d", fd);
	struct stat st;

	*out = (struct fcd_file){ 0 };
	if (fd < 0 || stat(path, &st))
		return;
	out->dev = dev_encode(major(st.st_dev), minor(st.st_dev));
	out->ino = st.st_ino;
	if (has_own_numbers(path))
		kernel_numbers(c, path_in(&c->facts, "fdinfo/%d", fd), &out->ino, &out->dev);
	if (c->thread->call.is_new)
		out->flags = FILE_CREATED;
}

/*
 * Nobody is told whether a call created what it opened: look before it does. Opening by
 * openat2 keeps to the thread's own root, also where links are absolute, and to the folder of
 * a call that takes that for the root.
 */
static bool is_absent(struct fcd *c, s32 dir, const char *name, bool is_root)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	const char *from;
	struct stat st;
	int at, fd;
	bool is;

	if (name[0] == '/' && !is_root)
		from = path_in(&c->facts, "root");
	else if (dir == AT_FDCWD)
		from = path_in(&c->facts, "cwd");
	else
		from = path_in(&c->facts, "fd/%d", dir);
	at = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return false;
	if (name[0] != '/' && !is_root) {
		is = fstatat(at, name, &st, 0) && errno == ENOENT;
	} else {
		fd = (int)syscall(SYS_openat2, at, name, &how, sizeof(how));
		is = fd < 0 && errno == ENOENT;
		if (fd >= 0)
			close(fd);
	}
	close(at);
	return is;
}

/* ---- the executable ---- */

FCD_FN u64 time_ns(const struct statx_timestamp *t)
{
	return t->tv_sec < 0 ? 0 : t->tv_sec * NS_PER_S + t->tv_nsec;
}

/* Of the file system, not of one mount of it: the words behind " - TYPE SOURCE ". */
static bool is_super_readonly(struct fcd *c, u64 mount)
{
	const char *line = mount_line(c, mount), *at = line ? strstr(line, " - ") : NULL;
	char options[4] = "";

	return at && sscanf(at, " - %*s %*s %3[^,]", options) == 1 && !strcmp(options, "ro");
}

/* Where a link of /proc leads, as we see it; false: nowhere. */
static bool read_path(const char *link, char *out, size_t size)
{
	ssize_t len = readlink(link, out, size - 1);

	out[len > 0 ? len : 0] = 0;
	return len > 0;
}

/* A file without a name in any folder. */
FCD_FN bool is_memfd(const char *path)
{
	return !strncmp(path, "/memfd:", 7);
}

/* Our own descriptor of it tells the numbers that the kernel has. */
static void exe_numbers(struct fcd *c, const char *path, struct fcd_exe *x)
{
	char fdinfo[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	snprintf(fdinfo, sizeof(fdinfo), "/proc/self/fdinfo/%d", fd);
	kernel_numbers(c, fdinfo, &x->ino, NULL);
	close(fd);
}

FCD_FN void exe_get(struct fcd *c, struct fcd_exe *x)
{
	const char *path = path_in(&c->facts, "exe");
	struct statvfs fs = { 0 };
	char name[PATH_LEN];
	struct statx st;

	*x = (struct fcd_exe){ 0 };
	if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_MNT_ID, &st))
		return;
	x->ino = st.stx_ino;
	x->ctime = time_ns(&st.stx_ctime);
	x->mtime = time_ns(&st.stx_mtime);
	x->uid = st.stx_uid;
	x->gid = st.stx_gid;
	x->mode = st.stx_mode;
	x->is_immutable = !!(st.stx_attributes & STATX_ATTR_IMMUTABLE);
	if (!statvfs(path, &fs) && fs.f_flag & ST_RDONLY)
		x->is_readonly = is_super_readonly(c, st.stx_mnt_id);
	if (has_own_numbers(path))
		exe_numbers(c, path, x);
	x->is_memfd = read_path(path, name, sizeof(name)) && is_memfd(name);
}

static void out_path(struct fcd *c, const char *link)
{
	static const char gone[] = " (deleted)";
	char name[PATH_LEN];
	size_t len;

	if (!read_path(link, name, sizeof(name)))
		return;
	len = strlen(name);
	if (len > strlen(gone) && !strcmp(name + len - strlen(gone), gone))
		name[len - strlen(gone)] = 0;
	out_kstr(c, name + is_memfd(name), PATH_LEN);
}

FCD_FN void out_exe_path(struct fcd *c)
{
	out_path(c, path_in(&c->facts, "exe"));
}

FCD_FN void out_file_path(struct fcd *c, s32 fd)
{
	out_path(c, path_in(&c->facts, "fd/%d", fd));
}

#endif
