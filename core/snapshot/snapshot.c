// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/snapshot/internal.h"

#define AT_ONCE (32 << 10) /* bytes of lines */

const char *const fcd_snap_names[] = { "users", "groups", "mounts", "processes", "threads", "fds" };

#define TASKS (1u << FCD_SNAP_PROCESSES | 1u << FCD_SNAP_THREADS)
#define FILES (1u << FCD_SNAP_FDS)

int fcd_snapshot_new(struct fcd_snapshot **out, uint32_t kinds, int tasks, int files)
{
	struct fcd_snapshot *s = calloc(1, sizeof(*s));
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : s ? 0 : -ENOMEM;

	if (err) {
		if (fd >= 0)
			close(fd);
		if (tasks >= 0)
			close(tasks);
		if (files >= 0)
			close(files);
		free(s);
		return err;
	}
	s->kinds = kinds;
	s->proc_fd = fd;
	s->process_fd = -1;
	s->source[FCD_SNAPSHOT_TASKS] = tasks;
	s->source[FCD_SNAPSHOT_FILES] = files;
	*out = s;
	return 0;
}

void fcd_snapshot_free(struct fcd_snapshot *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < 2; i++)
		if (s->source[i] >= 0)
			close(s->source[i]);
	if (s->process_fd >= 0)
		close(s->process_fd);
	close(s->proc_fd);
	if (s->file)
		fclose(s->file);
	if (s->threads)
		closedir(s->threads);
	if (s->fds)
		closedir(s->fds);
	snap_sockets_drop(&s->sockets);
	free(s->pids);
	free(s->records);
	free(s);
}

bool fcd_snapshot_is_engine(const struct fcd_snapshot *s)
{
	return s->source[FCD_SNAPSHOT_TASKS] >= 0 || s->source[FCD_SNAPSHOT_FILES] >= 0;
}

static bool wants(const struct fcd_snapshot *s, uint32_t kinds)
{
	return s->kinds & kinds;
}

/* The next object of the stage that we are in. */
static bool next(struct fcd_snapshot *s, struct fcd_text *t)
{
	bool by_engine = fcd_snapshot_is_engine(s);
	bool found = false;

	switch (s->stage) {
	case FCD_SNAP_USERS:
		found = wants(s, 1u << FCD_SNAP_USERS) && snap_users_next(s, t);
		break;
	case FCD_SNAP_GROUPS:
		found = wants(s, 1u << FCD_SNAP_GROUPS) && snap_groups_next(s, t);
		break;
	case FCD_SNAP_MOUNTS:
		found = wants(s, 1u << FCD_SNAP_MOUNTS) && snap_mounts_next(s, t);
		break;
	case FCD_SNAP_PROCESSES: /* with their threads; /proc has the descriptors there too */
		if (by_engine)
			return wants(s, TASKS) && snap_records_next(s, FCD_SNAPSHOT_TASKS, t);
		return wants(s, TASKS | FILES) && snap_processes_next(s, t);
	case FCD_SNAP_FDS:
		return by_engine && wants(s, FILES) && snap_records_next(s, FCD_SNAPSHOT_FILES, t);
	default:
		return false;
	}
	s->counts[s->stage] += found;
	return found;
}

static void next_stage(struct fcd_snapshot *s)
{
	if (s->file)
		fclose(s->file);
	s->file = NULL;
	s->stage++;
}

bool fcd_snapshot_more(struct fcd_snapshot *s, struct fcd_text *t)
{
	size_t enough = t->len + AT_ONCE;

	while (s->stage < FCD_SNAPS) {
		if (t->len >= enough || t->failed)
			return true;
		if (!next(s, t))
			next_stage(s);
	}
	return false;
}

void fcd_snapshot_sums(const struct fcd_snapshot *s, struct fcd_text *t)
{
	const char *why = s->error ? strerrordesc_np(-s->error) : NULL;
	unsigned int i;

	for (i = 0; i < FCD_SNAPS; i++)
		if (wants(s, 1u << i))
			snap_add_number(t, fcd_snap_names[i], s->counts[i]);
	if (wants(s, TASKS | FILES))
		snap_add_number(t, "unreadable", s->unreadable);
	if (why)
		snap_add_text(t, "error", why, strlen(why));
}
