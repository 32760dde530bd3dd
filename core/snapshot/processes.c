// SPDX-License-Identifier: MIT
/* Processes, threads and descriptors, from /proc. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include "core/snapshot/internal.h"

#define STATUS_MAX 16384

/* ---- the list ---- */

static int compare(const void *a, const void *b)
{
	const struct snap_pid *x = a, *y = b;

	if (x->netns != y->netns)
		return x->netns < y->netns ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static uint64_t netns_of(int proc_fd, uint32_t pid)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "%u/ns/net", pid);
	return fstatat(proc_fd, name, &st, 0) ? 0 : st.st_ino;
}

static void list(struct fcd_snapshot *s)
{
	int fd = openat(s->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct snap_pid *at;
	size_t cap = 0;
	uint32_t pid;

	s->pids_count = 0;
	while (dir && snap_next_number(dir, &pid)) {
		if (s->pids_count == cap) {
			cap = cap ? 2 * cap : 256;
			at = realloc(s->pids, cap * sizeof(*at));
			if (!at) {
				s->error = -ENOMEM;
				break;
			}
			s->pids = at;
		}
		s->pids[s->pids_count++] = (struct snap_pid){ pid, netns_of(s->proc_fd, pid) };
	}
	if (dir)
		closedir(dir);
	if (s->pids)
		qsort(s->pids, s->pids_count, sizeof(*s->pids), compare);
}

/* ---- one of them ---- */

/* The fields behind the name, which may itself hold ") ". */
static bool parse_stat(struct fcd_snapshot_task *task, char *stat)
{
	char *name = strchr(stat, '('), *end = strrchr(stat, ')');
	unsigned long long ticks;

	if (!name || !end ||
	    sscanf(end,
		   ") %*c %u %u %u %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d"
		   " %*d %*d %*d %*d %llu",
		   &task->ppid, &task->pgid, &task->sid, &ticks) != 4)
		return false;
	*end = 0;
	snprintf(task->comm, sizeof(task->comm), "%.15s", name + 1);
	task->started_ns = ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/* The value behind a key at a line's begin. */
static const char *find(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? at + strlen(key) : NULL;
}

/* The last of several numbers: as the innermost pid namespace has it. */
static uint32_t last_number(const char *at, uint32_t otherwise)
{
	char *end;
	unsigned long v;

	while (at && *at && *at != '\n') {
		v = strtoul(at, &end, 10);
		if (end == at)
			break;
		otherwise = (uint32_t)v;
		at = end;
	}
	return otherwise;
}

static void parse_status(struct fcd_snapshot_task *task, const char *status)
{
	const char *at = find(status, "\nUid:");

	if (at)
		sscanf(at, "%*u %u", &task->uid);
	at = find(status, "\nGid:");
	if (at)
		sscanf(at, "%*u %u", &task->gid);
	at = find(status, "\nCapEff:");
	if (at)
		task->capabilities = strtoull(at, NULL, 16);
	task->vtid = last_number(find(status, "\nNSpid:"), task->tid);
	task->vpid = last_number(find(status, "\nNStgid:"), task->pid);
}

static bool read_task(struct fcd_snapshot_task *task, int fd)
{
	char stat[1024], login[16], status[STATUS_MAX];

	if (snap_read(fd, "stat", stat, sizeof(stat)) <= 0 || !parse_stat(task, stat) ||
	    snap_read(fd, "status", status, sizeof(status)) <= 0)
		return false;
	parse_status(task, status);
	task->loginuid = UINT32_MAX;
	if (task->pid == task->tid && snap_read(fd, "loginuid", login, sizeof(login)) > 0)
		task->loginuid = (uint32_t)strtoul(login, NULL, 10);
	return true;
}

static DIR *open_dir(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static void leave_process(struct fcd_snapshot *s)
{
	if (s->process_fd >= 0)
		close(s->process_fd);
	s->process_fd = -1;
}

static void enter_process(struct fcd_snapshot *s, struct fcd_text *t)
{
	struct fcd_snapshot_task task = { .tid = s->pid, .pid = s->pid };
	bool is_readable = snap_may_look(s->process_fd);

	if (!read_task(&task, s->process_fd))
		return; /* it has ended */
	s->unreadable += !is_readable;
	if (s->kinds & 1u << FCD_SNAP_THREADS)
		s->threads = open_dir(s->process_fd, "task");
	if (s->kinds & 1u << FCD_SNAP_FDS && is_readable)
		s->fds = open_dir(s->process_fd, "fd");
	if (s->kinds & 1u << FCD_SNAP_PROCESSES)
		snap_add_task(s, t, &task, s->process_fd, is_readable);
}

/* A process, then its threads, then its descriptors. */
bool snap_processes_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	if (s->threads && snap_threads_next(s, t))
		return true;
	if (s->fds && snap_fds_next(s, t))
		return true;
	leave_process(s);
	if (!s->pids)
		list(s);
	if (!s->pids || s->pids_next == s->pids_count)
		return false;
	s->pid = s->pids[s->pids_next++].pid;
	s->process_fd = snap_open_number(s->proc_fd, s->pid);
	if (s->process_fd >= 0)
		enter_process(s, t);
	return true;
}

bool snap_threads_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	struct fcd_snapshot_task task = { .pid = s->pid };
	int fd = -1;

	while (snap_next_number(s->threads, &task.tid)) {
		if (task.tid == task.pid)
			continue;
		fd = snap_open_number(dirfd(s->threads), task.tid);
		if (fd < 0)
			continue;
		if (read_task(&task, fd))
			snap_add_task(s, t, &task, -1, true);
		close(fd);
		return true;
	}
	closedir(s->threads);
	s->threads = NULL;
	return false;
}

/* ---- a descriptor ---- */

static uint32_t open_flags(int process_fd, const char *number)
{
	char name[32], text[512];
	const char *at;

	snprintf(name, sizeof(name), "fdinfo/%s", number);
	if (snap_read(process_fd, name, text, sizeof(text)) <= 0)
		return 0;
	at = find(text, "\nflags:");
	return at ? (uint32_t)strtoul(at, NULL, 8) : 0;
}

/* One that no table has: its kind at least. */
static void fill_unlisted(struct fcd_snapshot_file *f)
{
	static const struct {
		const char *name;
		uint16_t family, type, protocol;
	} known[] = {
		{ "TCP", AF_INET, SOCK_STREAM, IPPROTO_TCP },
		{ "TCPv6", AF_INET6, SOCK_STREAM, IPPROTO_TCP },
		{ "UDP", AF_INET, SOCK_DGRAM, IPPROTO_UDP },
		{ "UDPv6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
		{ "PING", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ "NETLINK", AF_NETLINK, 0, 0 },
		{ "PINGv6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
	};
	char path[48], name[32] = "";
	size_t i;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", f->pid, f->fd);
	if (getxattr(path, "system.sockprotoname", name, sizeof(name) - 1) <= 0)
		return;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i].name)) {
			f->family = known[i].family;
			f->type = known[i].type;
			f->protocol = known[i].protocol;
			f->state = TCP_CLOSE;
		}
}

static void fill_socket(struct fcd_snapshot *s, struct fcd_snapshot_file *f, const char **name)
{
	const struct snap_socket *so;

	snap_sockets_read(&s->sockets, s->process_fd, s->pids[s->pids_next - 1].netns);
	so = snap_sockets_find(&s->sockets, f->ino);
	f->name_bytes = 0;
	if (!so) {
		fill_unlisted(f);
		return;
	}
	f->family = so->family;
	f->type = so->type;
	f->protocol = so->protocol;
	f->state = so->state;
	f->local_port = so->local_port;
	f->remote_port = so->remote_port;
	memcpy(f->local, so->local, sizeof(f->local));
	memcpy(f->remote, so->remote, sizeof(f->remote));
	if (so->name_bytes && !s->sockets.names.failed) {
		f->name_bytes = so->name_bytes;
		*name = s->sockets.names.at + so->name;
	}
}

static bool add_fd(struct fcd_snapshot *s, struct fcd_text *t, uint32_t number)
{
	struct fcd_snapshot_file f = { .pid = s->pid, .fd = (int32_t)number };
	char text[16], path[PATH_MAX];
	const char *name = path;
	struct statx st;
	ssize_t len;

	snprintf(text, sizeof(text), "%u", number);
	/* What a server of files that does not answer would know better does not matter. */
	if (statx(dirfd(s->fds), text, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE | STATX_INO,
		  &st))
		return false;
	len = snap_readlink(dirfd(s->fds), text, path, sizeof(path));
	if (len < 0)
		return false;
	f.mode = st.stx_mode;
	f.ino = st.stx_ino;
	f.dev = (uint32_t)makedev(st.stx_dev_major, st.stx_dev_minor);
	f.name_bytes = (uint32_t)len;
	f.flags = open_flags(s->process_fd, text);
	if (S_ISSOCK(f.mode) && !strncmp(path, "socket:", 7))
		fill_socket(s, &f, &name);
	snap_add_file(t, &f, name);
	s->counts[FCD_SNAP_FDS]++;
	return true;
}

bool snap_fds_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	uint32_t number;

	while (snap_next_number(s->fds, &number))
		if (add_fd(s, t, number))
			return true;
	closedir(s->fds);
	s->fds = NULL;
	return false;
}
