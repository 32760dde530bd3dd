// SPDX-License-Identifier: MIT
/* Users, groups and mounts of this host. */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include "core/snapshot/internal.h"

#define ENTRY_MAX 65536

/* The file that this stage reads, opened by its first object. */
static FILE *stage_file(struct fcd_snapshot *s, const char *path, const char *else_path)
{
	if (!s->file)
		s->file = fopen(path, "re");
	if (!s->file && else_path)
		s->file = fopen(else_path, "re");
	return s->file;
}

static void add_string(struct fcd_text *t, const char *key, const char *v)
{
	snap_add_text(t, key, v, strlen(v));
}

/*
 * The files, not what the name service may have beside: that can be a directory of a whole
 * company, and its modules would run in this process.
 */
bool snap_users_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	FILE *f = stage_file(s, "/etc/passwd", NULL);
	struct passwd entry, *found = NULL;
	char *buf = malloc(ENTRY_MAX);

	if (buf && f && !fgetpwent_r(f, &entry, buf, ENTRY_MAX, &found) && found) {
		snap_line_begin(t, "user");
		snap_add_number(t, "uid", entry.pw_uid);
		snap_add_number(t, "gid", entry.pw_gid);
		add_string(t, "name", entry.pw_name);
		add_string(t, "home", entry.pw_dir);
		add_string(t, "shell", entry.pw_shell);
		snap_line_end(t);
	}
	free(buf);
	return found;
}

bool snap_groups_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	FILE *f = stage_file(s, "/etc/group", NULL);
	struct group entry, *found = NULL;
	char *buf = malloc(ENTRY_MAX);

	if (buf && f && !fgetgrent_r(f, &entry, buf, ENTRY_MAX, &found) && found) {
		snap_line_begin(t, "group");
		snap_add_number(t, "gid", entry.gr_gid);
		add_string(t, "name", entry.gr_name);
		snap_line_end(t);
	}
	free(buf);
	return found;
}

/* \040 and the like, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
}

/* A line: id, parent, device, root, mount point, options, tags ..., then -, type, source. */
static bool add_mount(struct fcd_text *t, char *line)
{
	enum { ID, PARENT, DEV, ROOT, POINT, OPTIONS, WORDS };
	char *word[WORDS], *type = NULL, *source = NULL, *save, *at;
	int n = 0;

	for (at = strtok_r(line, " \n", &save); at; at = strtok_r(NULL, " \n", &save)) {
		if (n < WORDS) {
			word[n++] = at;
		} else if (!strcmp(at, "-")) {
			type = strtok_r(NULL, " \n", &save);
			source = strtok_r(NULL, " \n", &save);
			break;
		}
	}
	if (!source)
		return false;
	unescape(word[ROOT]);
	unescape(word[POINT]);
	unescape(source);
	snap_line_begin(t, "mount");
	snap_add_number(t, "id", strtoul(word[ID], NULL, 10));
	snap_add_number(t, "parent", strtoul(word[PARENT], NULL, 10));
	add_string(t, "dev", word[DEV]);
	add_string(t, "root", word[ROOT]);
	add_string(t, "path", word[POINT]);
	add_string(t, "options", word[OPTIONS]);
	add_string(t, "fs", type);
	add_string(t, "source", source);
	snap_line_end(t);
	return true;
}

/* Those of the host: the service itself may run in a mount namespace of its own. */
bool snap_mounts_next(struct fcd_snapshot *s, struct fcd_text *t)
{
	FILE *f = stage_file(s, "/proc/1/mountinfo", "/proc/self/mountinfo");
	char *line = NULL;
	size_t cap = 0;
	bool added = false;

	while (f && !added && getline(&line, &cap, f) > 0)
		added = add_mount(t, line);
	free(line);
	return added;
}
