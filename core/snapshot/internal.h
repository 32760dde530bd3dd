/* SPDX-License-Identifier: MIT */
/* internal.h - the parts of a snapshot. Each *_next() appends one object; false: there is none. */
#ifndef FCD_SNAPSHOT_INTERNAL_H
#define FCD_SNAPSHOT_INTERNAL_H

#include <dirent.h>
#include <stdio.h>
#include <sys/types.h>
#include "abi/snapshot.h"
#include "core/snapshot/snapshot.h"

/* ---- sockets.c: the sockets of one network namespace, from /proc/PID/net ---- */

struct snap_socket {
	uint64_t ino;
	uint16_t family, type, protocol, state;
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16];
	uint32_t name, name_bytes; /* in names */
};

struct snap_sockets {
	struct snap_socket *at;
	size_t count, cap;
	struct fcd_text names;
	uint64_t netns;
	bool is_read;
};

/* Read those that the process at this folder sees, unless they are read already. */
void snap_sockets_read(struct snap_sockets *s, int process_fd, uint64_t netns);
const struct snap_socket *snap_sockets_find(const struct snap_sockets *s, uint64_t ino);
void snap_sockets_drop(struct snap_sockets *s);

/* ---- a snapshot ---- */

struct snap_pid {
	uint32_t pid;
	uint64_t netns; /* inode; 0: not known */
};

struct fcd_snapshot {
	uint32_t kinds;
	enum fcd_snap stage;
	uint64_t counts[FCD_SNAPS];
	uint64_t unreadable; /* processes that are not for us */
	int error;	     /* of the engine's source: it was not read to its end */
	FILE *file;	     /* users, groups, mounts */
	int proc_fd;

	/* From /proc: processes in the order of their network namespaces. */
	struct snap_pid *pids;
	size_t pids_count, pids_next;
	int process_fd; /* of the current one */
	uint32_t pid;
	DIR *threads, *fds;
	struct snap_sockets sockets;

	/* From an engine. */
	int source[2]; /* by enum fcd_snapshot_kind */
	char *records; /* that were read and not taken yet */
	size_t records_len, records_pos;
};

/* host.c */
bool snap_users_next(struct fcd_snapshot *s, struct fcd_text *t);
bool snap_groups_next(struct fcd_snapshot *s, struct fcd_text *t);
bool snap_mounts_next(struct fcd_snapshot *s, struct fcd_text *t);

/* processes.c: from /proc */
bool snap_processes_next(struct fcd_snapshot *s, struct fcd_text *t);
bool snap_threads_next(struct fcd_snapshot *s, struct fcd_text *t);
/* Of the descriptors that DIR lists. */
bool snap_fds_next(struct fcd_snapshot *s, struct fcd_text *t);

/* engine.c: from an engine's descriptors */
bool snap_records_next(struct fcd_snapshot *s, enum fcd_snapshot_kind kind, struct fcd_text *t);

/* lines.c */
void snap_line_begin(struct fcd_text *t, const char *type);
void snap_line_end(struct fcd_text *t);
void snap_add_number(struct fcd_text *t, const char *key, uint64_t v);
void snap_add_text(struct fcd_text *t, const char *key, const char *v, size_t n);
/*
 * A process, if it is its first thread, else a thread. process_fd: its folder, for what only
 * /proc has; is_readable: all of it.
 */
void snap_add_task(struct fcd_snapshot *s, struct fcd_text *t, const struct fcd_snapshot_task *task,
		   int process_fd, bool is_readable);
void snap_add_file(struct fcd_text *t, const struct fcd_snapshot_file *file, const char *name);

/* file.c: files of /proc */

/* Read a small file whole, NUL-terminated; what does not fit is cut. Bytes, or a negative errno. */
ssize_t snap_read(int dir_fd, const char *name, char *buf, size_t cap);
/* The same of a symbolic link. */
ssize_t snap_readlink(int dir_fd, const char *name, char *buf, size_t cap);
/* May we see what a process runs, where, and what it has open? */
bool snap_may_look(int process_fd);
/* The next entry that is a number; false: no more. */
bool snap_next_number(DIR *dir, uint32_t *out);
/* Descriptor of the folder of that name, which is a number. */
int snap_open_number(int dir_fd, uint32_t number);

#endif
