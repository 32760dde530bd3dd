/* SPDX-License-Identifier: MIT */
/* proc.h - what /proc says of a thread, read once per event. */
#ifndef FCD_TRACE_PROC_H
#define FCD_TRACE_PROC_H

#define PROC_STAT_FIELDS 52
#define PROC_TEXT	 (1 << 20) /* a task may be in 65536 groups */

/* Fields of stat, as proc(5) numbers them. */
enum {
	STAT_PPID = 4,
	STAT_PGRP = 5,
	STAT_TTY = 7,
	STAT_FLAGS = 9,
	STAT_MIN_FLT = 10,
	STAT_MAJ_FLT = 12,
	STAT_START = 22,
	STAT_ARG_START = 48,
	STAT_ARG_END = 49,
	STAT_ENV_START = 50,
	STAT_ENV_END = 51,
};

struct facts {
	char dir[40];  /* /proc/PID/task/TID */
	char path[96]; /* of a file in it */
	bool has_stat, has_status;
	u64 stat[PROC_STAT_FIELDS];
	char *status;
};

/* The whole file, cut at size; 0 and "" if it cannot be read. */
__attribute__((format(printf, 3, 4))) static size_t proc_read(char *buf, size_t size,
							      const char *format, ...)
{
	char path[PATH_LEN + 64];
	size_t len = 0;
	ssize_t n = 0;
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
			len += n;
		close(fd);
	}
	buf[len] = 0;
	return len;
}

/* The number of a thread that its files are found by. */
static void facts_of(struct facts *f, pid_t pid, pid_t tid)
{
	static char status[PROC_TEXT];

	f->has_stat = f->has_status = false;
	f->status = status;
	snprintf(f->dir, sizeof(f->dir), "/proc/%d/task/%d", pid, tid);
}

/* A file in the thread's folder. Valid until the next call. */
__attribute__((format(printf, 2, 3))) static const char *path_in(struct facts *f,
								 const char *format, ...)
{
	va_list args;
	int len;

	len = snprintf(f->path, sizeof(f->path), "%s/", f->dir);
	va_start(args, format);
	vsnprintf(f->path + len, sizeof(f->path) - len, format, args);
	va_end(args);
	return f->path;
}

/* Fields 3 and up: the name before them may hold anything. Returns false if there is none. */
static bool stat_parse(u64 *field, const char *dir)
{
	char text[2048], *at;

	memset(field, 0, sizeof(*field) * PROC_STAT_FIELDS);
	proc_read(text, sizeof(text), "%s/stat", dir);
	at = strrchr(text, ')');
	for (int i = 3; at && i < PROC_STAT_FIELDS; i++) {
		at = strchr(at + 1, ' ');
		field[i] = at ? strtoull(at, NULL, 10) : 0;
	}
	return text[0];
}

static u64 stat_field(struct facts *f, int i)
{
	if (!f->has_stat)
		stat_parse(f->stat, f->dir);
	f->has_stat = true;
	return f->stat[i];
}

/* What follows "Key:\t" in a status; "" if it is not there. */
static const char *status_line(const char *status, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = status; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, key, len) && at[len] == ':')
			return at + len + 1;
	}
	return "";
}

static const char *status_of(struct facts *f, const char *key)
{
	if (!f->has_status)
		proc_read(f->status, PROC_TEXT, "%s/status", f->dir);
	f->has_status = true;
	return status_line(f->status, key);
}

static u64 status_number(struct facts *f, const char *key, int base)
{
	return strtoull(status_of(f, key), NULL, base);
}

/* One of the four numbers of Uid or Gid. */
static u64 status_id(struct facts *f, const char *key, int which)
{
	const char *at = status_of(f, key);
	char *end = NULL;
	u64 id = -1u;

	for (int i = 0; i <= which; i++, at = end)
		id = strtoull(at, &end, 10);
	return id;
}

/*
 * A process has a number in each pid namespace from ours to its own: in *count how many.
 * The last one that is not 0: what is outside a namespace has no number in it.
 */
static u64 innermost(const char *line, int *count)
{
	u64 last = 0;
	char *end;

	for (*count = 0; *line && *line != '\n'; line = end) {
		u64 nr = strtoull(line, &end, 10);

		if (end == line)
			break;
		last = nr ? nr : last;
		++*count;
	}
	return last;
}

static u64 own_number(struct facts *f, const char *key)
{
	int count;

	return innermost(status_of(f, key), &count);
}

static u64 number_in(const char *dir, const char *name, u64 none)
{
	char text[32];

	return proc_read(text, sizeof(text), "%s/%s", dir, name) ? strtoull(text, NULL, 10) : none;
}

#endif
