// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/beside.h"
#include "core/engines.h"
#include "core/err.h"
#include "core/loader.h"

#define PREFIX "falco-capture-engine-"
#define SUFFIX ".so"

int fcd_engines_dir(char *out, size_t cap)
{
	int ret = fcd_beside_find(FCD_ENGINE_DIR_FROM_BIN, "../engines", out, cap);

	return ret == -ENOENT ? 0 : ret;
}

int fcd_engines_path(const char *dir, const char *name, char *out, size_t cap)
{
	return snprintf(out, cap, "%s/" PREFIX "%s" SUFFIX, dir, name) < (int)cap ? 0
										  : -ENAMETOOLONG;
}

/* Length of the engine's name in the name of its file, which follows PREFIX; 0: this is none. */
static size_t name_len(const char *file)
{
	size_t len = strlen(file), around = strlen(PREFIX) + strlen(SUFFIX);

	if (len <= around || strncmp(file, PREFIX, strlen(PREFIX)) ||
	    strcmp(file + len - strlen(SUFFIX), SUFFIX))
		return 0;
	return len - around;
}

static int is_engine(const struct dirent *entry)
{
	return name_len(entry->d_name) > 0;
}

/* The engines' files in order of name; a negative errno. Free with free_files. */
static int list_files(const char *dir, struct dirent ***files)
{
	int count = scandir(dir, files, is_engine, alphasort);

	return count < 0 ? -errno : count;
}

static void free_files(struct dirent **files, int count)
{
	while (count > 0)
		free(files[--count]);
	free(files);
}

void fcd_engines_hint(const char *dir, char *out, size_t cap)
{
	struct dirent **files = NULL;
	int count = list_files(dir, &files), i;
	size_t len;

	if (count <= 0)
		snprintf(out, cap, "no engine is in %.200s; --engine-dir names another folder",
			 dir);
	else
		len = (size_t)snprintf(out, cap, "installed:");
	for (i = 0; i < count && len < cap; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s %.*s", i ? "," : "",
					(int)name_len(files[i]->d_name),
					files[i]->d_name + strlen(PREFIX));
	free_files(files, count);
}

/* ---- as JSON ---- */

static void add_member(struct fcd_text *t, const char *key, const char *value)
{
	fcd_text_str(t, ",\"");
	fcd_text_str(t, key);
	fcd_text_str(t, "\":");
	fcd_text_json(t, value, strlen(value));
}

static void add_note(struct fcd_text *t, const struct fcd_note *note)
{
	char number[24];

	add_member(t, "version", note->version);
	snprintf(number, sizeof(number), "%u.%u", note->abi_major, note->abi_minor);
	add_member(t, "abi", number);
	snprintf(number, sizeof(number), "%u.%u.%u", note->schema >> 16, note->schema >> 8 & 0xff,
		 note->schema & 0xff);
	add_member(t, "schema", number);
}

static void add_engine(struct fcd_text *t, const char *dir, const char *file)
{
	struct fcd_err err = { 0 };
	struct fcd_note note;
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	ret = fcd_loader_note(path, &note, &err);
	fcd_text_str(t, "{\"name\":");
	fcd_text_json(t, file + strlen(PREFIX), name_len(file));
	add_member(t, "path", path);
	if (note.name[0])
		add_note(t, &note);
	fcd_text_str(t, ret ? ",\"usable\":false" : ",\"usable\":true");
	if (ret) {
		add_member(t, "error", err.text);
		add_member(t, "hint", err.hint);
	}
	fcd_text_char(t, '}');
}

int fcd_engines_json(struct fcd_text *t, const char *dir, struct fcd_err *err)
{
	struct dirent **files;
	int count = list_files(dir, &files), i;

	if (count < 0)
		return fcd_err_set(err, count, "--engine-dir names another folder", "%s: %s", dir,
				   strerror(-count));
	fcd_text_str(t, "\"dir\":");
	fcd_text_json(t, dir, strlen(dir));
	fcd_text_str(t, ",\"engines\":[");
	for (i = 0; i < count; i++) {
		if (i)
			fcd_text_char(t, ',');
		add_engine(t, dir, files[i]->d_name);
	}
	fcd_text_char(t, ']');
	free_files(files, count);
	return 0;
}
