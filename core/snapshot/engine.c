// SPDX-License-Identifier: MIT
/* Threads and descriptors, from what an engine's descriptors say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/snapshot/internal.h"

#define READ_BYTES (64 << 10)

/* The least that a record of each kind has. */
static const size_t record_bytes[] = {
	[FCD_SNAPSHOT_TASKS] = sizeof(struct fcd_snapshot_task),
	[FCD_SNAPSHOT_FILES] = sizeof(struct fcd_snapshot_file),
};

static bool read_more(struct fcd_snapshot *s, enum fcd_snapshot_kind kind)
{
	ssize_t n;

	if (!s->records)
		s->records = malloc(READ_BYTES);
	if (!s->records) {
		s->error = -ENOMEM;
		return false;
	}
	do {
		n = read(s->source[kind], s->records, READ_BYTES);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		s->error = -errno;
	s->records_pos = 0;
	s->records_len = n < 0 ? 0 : (size_t)n;
	return n > 0;
}

/* The next record, whole; NULL: there is none, or what comes is not one. */
static void *next_record(struct fcd_snapshot *s, enum fcd_snapshot_kind kind)
{
	uint32_t size;
	char *at;

	if (s->records_pos == s->records_len && !read_more(s, kind))
		return NULL;
	at = s->records + s->records_pos;
	if (s->records_len - s->records_pos < record_bytes[kind])
		goto broken;
	memcpy(&size, at, sizeof(size));
	if (size < record_bytes[kind] || size % 8 || size > s->records_len - s->records_pos)
		goto broken;
	s->records_pos += size;
	return at;
broken:
	s->error = -EPROTO;
	s->records_pos = s->records_len = 0;
	return NULL;
}

static bool task_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	const struct fcd_snapshot_task *task = next_record(s, FCD_SNAPSHOT_TASKS);
	bool is_process = task && task->tid == task->pid;
	enum fcd_snap kind = is_process ? FCD_SNAP_PROCESSES : FCD_SNAP_THREADS;
	bool is_readable = true;
	int fd = -1;

	if (!task)
		return false;
	if (!(s->kinds & 1u << kind))
		return true;
	if (is_process) {
		fd = snap_open_number(s->proc_fd, task->pid);
		is_readable = fd < 0 || snap_may_look(fd);
		s->unreadable += !is_readable;
	}
	if (!is_process || fd >= 0) /* else it has ended */
		snap_add_task(s, t, task, fd, is_readable);
	if (fd >= 0)
		close(fd);
	return true;
}

/* An abstract name as /proc/net/unix has it. */
static void show_nuls(char *name, size_t len)
{
	for (; len; name++, len--)
		if (!*name)
			*name = '@';
}

static bool file_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	struct fcd_snapshot_file *f = next_record(s, FCD_SNAPSHOT_FILES);

	if (!f)
		return false;
	if (f->name_bytes > f->size - sizeof(*f)) {
		s->error = -EPROTO;
		return false;
	}
	if (f->family == AF_UNIX)
		show_nuls((char *)(f + 1), f->name_bytes);
	snap_add_file(t, f, (const char *)(f + 1));
	s->counts[FCD_SNAP_FDS]++;
	return true;
}

bool snap_records_next(struct fcd_snapshot *s, enum fcd_snapshot_kind kind, struct fcd_text *t)
{
	return kind == FCD_SNAPSHOT_TASKS ? task_next(s, t) : file_next(s, t);
}
