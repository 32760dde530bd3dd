// SPDX-License-Identifier: MIT
/* Objects as JSON lines. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "core/cgroup.h"
#include "core/format_value.h"
#include "core/snapshot/internal.h"

#define ARGS_MAX   4096
#define CGROUP_MAX 16384
#define NOBODY	   UINT32_MAX /* no login */

void snap_line_begin(struct fcd_text *t, const char *type)
{
	fcd_text_str(t, "{\"type\":\"");
	fcd_text_str(t, type);
	fcd_text_char(t, '"');
}

void snap_line_end(struct fcd_text *t)
{
	fcd_text_str(t, "}\n");
}

static void add_key(struct fcd_text *t, const char *key)
{
	fcd_text_str(t, ",\"");
	fcd_text_str(t, key);
	fcd_text_str(t, "\":");
}

void snap_add_number(struct fcd_text *t, const char *key, uint64_t v)
{
	add_key(t, key);
	fcd_format_u64(t, true, v);
}

void snap_add_text(struct fcd_text *t, const char *key, const char *v, size_t n)
{
	add_key(t, key);
	fcd_text_json(t, v, n);
}

/* ---- a process or thread ---- */

static void add_args(struct fcd_text *t, int process_fd)
{
	char args[ARGS_MAX + 2];
	ssize_t len = snap_read(process_fd, "cmdline", args, sizeof(args)), at, n;

	if (len <= 0)
		return;
	if (len > ARGS_MAX) {
		len = ARGS_MAX;
		args[len] = 0;
		add_key(t, "args_cut");
		fcd_text_str(t, "true");
	}
	add_key(t, "args");
	for (at = 0; at < len; at += n + 1) {
		n = (ssize_t)strlen(args + at);
		fcd_text_char(t, at ? ',' : '[');
		fcd_text_json(t, args + at, (size_t)n);
	}
	fcd_text_char(t, ']');
}

static void add_link(struct fcd_text *t, const char *key, int process_fd, const char *name)
{
	char path[PATH_MAX];
	ssize_t n = snap_readlink(process_fd, name, path, sizeof(path));

	if (n > 0)
		snap_add_text(t, key, path, (size_t)n);
}

static void add_cgroup(struct fcd_text *t, int process_fd)
{
	char text[CGROUP_MAX], path[PATH_MAX];
	ssize_t len = snap_read(process_fd, "cgroup", text, sizeof(text));
	struct fcd_slice group, container;

	if (len <= 0)
		return;
	group = fcd_cgroup_of_proc(text, (size_t)len);
	if (!group.len || group.len >= sizeof(path))
		return;
	snap_add_text(t, "cgroup", group.at, group.len);
	memcpy(path, group.at, group.len);
	path[group.len] = 0;
	container = fcd_cgroup_container(path);
	if (container.len)
		snap_add_text(t, "container", container.at, container.len);
}

/* What no iterator says. */
static void add_from_proc(struct fcd_text *t, int process_fd)
{
	add_link(t, "exe", process_fd, "exe");
	add_args(t, process_fd);
	add_link(t, "cwd", process_fd, "cwd");
	add_link(t, "root", process_fd, "root");
	add_cgroup(t, process_fd);
}

void snap_add_task(struct fcd_snapshot *s, struct fcd_text *t, const struct fcd_snapshot_task *task,
		   int process_fd, bool is_readable)
{
	bool is_process = task->tid == task->pid;

	snap_line_begin(t, is_process ? "process" : "thread");
	snap_add_number(t, "pid", task->pid);
	if (!is_process)
		snap_add_number(t, "tid", task->tid);
	snap_add_number(t, is_process ? "vpid" : "vtid", task->vtid);
	snap_add_text(t, "comm", task->comm, strnlen(task->comm, sizeof(task->comm)));
	snap_add_number(t, "started_ms", task->started_ns / 10000000 * 10);
	if (is_process) {
		snap_add_number(t, "ppid", task->ppid);
		snap_add_number(t, "pgid", task->pgid);
		snap_add_number(t, "sid", task->sid);
		snap_add_number(t, "uid", task->uid);
		snap_add_number(t, "gid", task->gid);
		if (task->loginuid != NOBODY)
			snap_add_number(t, "loginuid", task->loginuid);
		add_key(t, "capabilities");
		fcd_text_char(t, '"');
		fcd_text_hex(t, task->capabilities);
		fcd_text_char(t, '"');
		add_from_proc(t, process_fd);
	}
	if (!is_readable) {
		add_key(t, "readable");
		fcd_text_str(t, "false");
	}
	snap_line_end(t);
	s->counts[is_process ? FCD_SNAP_PROCESSES : FCD_SNAP_THREADS]++;
}

/* ---- a file ---- */

static const char *socket_kind(const struct fcd_snapshot_file *f)
{
	switch (f->family) {
	case AF_UNIX:
		return "unix";
	case AF_NETLINK:
		return "netlink";
	case AF_PACKET:
		return "packet";
	case AF_INET:
	case AF_INET6:
		if (f->type == SOCK_RAW)
			return "raw";
		if (f->protocol == IPPROTO_TCP)
			return "tcp";
		if (f->protocol == IPPROTO_UDP)
			return "udp";
		if (f->protocol == IPPROTO_ICMP || f->protocol == IPPROTO_ICMPV6)
			return "icmp";
		break;
	}
	return "socket";
}

/* Of the inodes that the kernel makes for a descriptor alone: anon_inode:[eventfd]. */
static const char *anonymous_kind(const char *name, size_t len, char *kind, size_t cap)
{
	static const char prefix[] = "anon_inode:";
	size_t n = sizeof(prefix) - 1;

	if (len <= n || memcmp(name, prefix, n))
		return NULL;
	if (name[n] == '[' && name[len - 1] == ']') {
		n++;
		len--;
	}
	snprintf(kind, cap, "%.*s", (int)(len - n), name + n);
	return kind;
}

static const char *file_kind(uint32_t mode, const char *name, size_t len)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFLNK:
		return "symlink";
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return len && name[0] == '/' ? "fifo" : "pipe";
	}
	return "other";
}

static void add_end(struct fcd_text *t, const char *key, uint16_t family, const uint8_t *address,
		    uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, address, text, sizeof(text));
	add_key(t, key);
	fcd_text_str(t, family == AF_INET6 ? "\"[" : "\"");
	fcd_text_str(t, text);
	fcd_text_str(t, family == AF_INET6 ? "]:" : ":");
	fcd_text_u64(t, port);
	fcd_text_char(t, '"');
}

static void add_state(struct fcd_text *t, uint16_t state)
{
	static const char *const names[] = { NULL,	   "established", "syn_sent",  "syn_recv",
					     "fin_wait1",  "fin_wait2",	  "time_wait", "closed",
					     "close_wait", "last_ack",	  "listen",    "closing" };

	if (state < sizeof(names) / sizeof(names[0]) && names[state])
		snap_add_text(t, "state", names[state], strlen(names[state]));
}

/* /proc/net has no socket before it is listening, connecting or, where there is no state, bound. */
static bool has_ends(const struct fcd_snapshot_file *f)
{
	return f->protocol == IPPROTO_TCP ? f->state != TCP_CLOSE : f->local_port;
}

static void add_socket(struct fcd_text *t, const struct fcd_snapshot_file *f, const char *name)
{
	switch (f->family) {
	case AF_INET:
	case AF_INET6:
		if (!has_ends(f))
			break;
		add_end(t, "local", f->family, f->local, f->local_port);
		add_end(t, "remote", f->family, f->remote, f->remote_port);
		if (f->protocol == IPPROTO_TCP)
			add_state(t, f->state);
		break;
	case AF_UNIX:
		if (f->name_bytes)
			snap_add_text(t, "path", name, f->name_bytes);
		if (f->state != TCP_CLOSE)
			add_state(t, f->state);
		break;
	}
}

/* Those that fcntl(2) can show; what else the kernel keeps in these bits is its own. */
static void add_flags(struct fcd_text *t, uint32_t flags)
{
	static const struct {
		uint32_t bits;
		const char *name;
	} known[] = {
		{ O_APPEND, "|O_APPEND" },     { O_NONBLOCK, "|O_NONBLOCK" },
		{ O_SYNC, "|O_SYNC" },	       { O_DSYNC, "|O_DSYNC" },
		{ O_DIRECT, "|O_DIRECT" },     { O_DIRECTORY, "|O_DIRECTORY" },
		{ O_NOFOLLOW, "|O_NOFOLLOW" }, { O_NOATIME, "|O_NOATIME" },
		{ O_PATH, "|O_PATH" },	       { O_TMPFILE, "|O_TMPFILE" },
	};
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
	size_t i;

	add_key(t, "flags");
	fcd_text_char(t, '"');
	fcd_text_str(t, access[flags & O_ACCMODE]);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((flags & known[i].bits) == known[i].bits) {
			fcd_text_str(t, known[i].name);
			flags &= ~known[i].bits;
		}
	fcd_text_char(t, '"');
}

static void add_dev(struct fcd_text *t, uint32_t dev)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%u:%u", major(dev), minor(dev));

	snap_add_text(t, "dev", text, (size_t)n);
}

void snap_add_file(struct fcd_text *t, const struct fcd_snapshot_file *f, const char *name)
{
	char buf[64];
	bool is_socket = S_ISSOCK(f->mode);
	const char *kind = anonymous_kind(name, f->name_bytes, buf, sizeof(buf));
	bool is_anonymous = kind;

	if (!kind)
		kind = f->family ? socket_kind(f) : file_kind(f->mode, name, f->name_bytes);
	snap_line_begin(t, "fd");
	snap_add_number(t, "pid", f->pid);
	snap_add_number(t, "fd", (uint64_t)f->fd);
	snap_add_text(t, "kind", kind, strlen(kind));
	if (is_socket) {
		add_socket(t, f, name);
	} else if (!is_anonymous && f->name_bytes && name[0] == '/') {
		snap_add_text(t, "path", name, f->name_bytes);
		add_dev(t, f->dev);
	}
	add_flags(t, f->flags);
	snap_add_number(t, "ino", f->ino);
	snap_line_end(t);
}
