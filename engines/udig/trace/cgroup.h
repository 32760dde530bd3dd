/* SPDX-License-Identifier: MIT */
/* cgroup.h - the cgroups of core/fill/interface.h: where each controller puts the thread. */
#ifndef FCD_TRACE_CGROUP_H
#define FCD_TRACE_CGROUP_H

/* Innermost folders of a path that an event holds. */
#define CGROUP_DEPTH 6

struct controller {
	const char *name, *old_name; /* in version 1 */
	bool exists;
};

struct cgroups {
	bool is_known;
	struct controller controller[5];
	char root[256]; /* where version 2 is mounted; "": nowhere */
};

/* Is the word in a list that commas, blanks or colons separate? */
static bool has_word(const char *list, size_t bytes, const char *word)
{
	size_t len = strlen(word);
	const char *end = list + bytes;

	while (list < end) {
		size_t n = strcspn(list, ", \n:");

		if (n == len && !strncmp(list, word, n))
			return true;
		list += n + 1;
	}
	return false;
}

static void find_root(char *root, size_t size)
{
	static char mounts[PROC_TEXT];
	char *line, *rest = mounts, path[256];

	root[0] = 0;
	proc_read(mounts, sizeof(mounts), "/proc/self/mountinfo");
	while (!root[0] && (line = strsep(&rest, "\n")))
		if (strstr(line, " - cgroup2 ") && sscanf(line, "%*u %*u %*s %*s %255s", path) == 1)
			snprintf(root, size, "%s", path);
}

/* A kernel that has a controller in version 2 only does not list it in /proc/cgroups. */
static struct cgroups *cgroups_here(void)
{
	static struct cgroups here = {
		.controller = { { "cpuset", "cpuset", false },
				{ "cpu", "cpu", false },
				{ "cpuacct", "cpuacct", false },
				{ "io", "blkio", false },
				{ "memory", "memory", false } },
	};
	char list[4096], v2[512], line[32];

	if (here.is_known)
		return &here;
	find_root(here.root, sizeof(here.root));
	proc_read(list, sizeof(list), "/proc/cgroups");
	v2[0] = 0;
	if (here.root[0])
		proc_read(v2, sizeof(v2), "%s/cgroup.controllers", here.root);
	for (int i = 0; i < 5; i++) {
		struct controller *k = &here.controller[i];

		snprintf(line, sizeof(line), "\n%s\t", k->old_name);
		k->exists = strstr(list, line) || has_word(v2, strlen(v2), k->old_name) ||
			    has_word(v2, strlen(v2), k->name);
	}
	here.is_known = true;
	return &here;
}

/* The path in a line ID:CONTROLLERS:PATH of /proc/PID/cgroup. */
static void path_of(const char *line, char *path, size_t size)
{
	const char *at = strchr(line, ':');

	at = at ? strchr(at + 1, ':') : NULL;
	snprintf(path, size, "%.*s", at ? (int)strcspn(at + 1, "\n") : 1, at ? at + 1 : "/");
}

/* Returns whether a hierarchy of version 1 has the controller; else path is that of version 2. */
static bool find_path(const char *list, const struct controller *k, char *path, size_t size)
{
	snprintf(path, size, "/");
	for (const char *line = list; line && *line; line = strchr(line, '\n')) {
		const char *names;

		line += *line == '\n';
		names = strchr(line, ':');
		if (!names)
			break;
		names++;
		if (!strncmp(line, "0::", 3))
			path_of(line, path, size);
		if (has_word(names, strcspn(names, ":"), k->old_name)) {
			path_of(line, path, size);
			return true;
		}
	}
	return false;
}

/* In version 2 a controller is that of the nearest cgroup that has it. io brings memory along. */
static void nearest_with(const char *root, const struct controller *k, char *path)
{
	char have[512], *slash;

	while (*root && path[1]) {
		size_t n = proc_read(have, sizeof(have), "%s%s/cgroup.controllers", root, path);

		if (has_word(have, n, k->name) ||
		    (!strcmp(k->name, "memory") && has_word(have, n, "io")))
			return;
		slash = strrchr(path, '/');
		slash[slash == path] = 0;
	}
}

static const char *innermost_folders(const char *path)
{
	const char *at = path + strlen(path);

	for (int i = 0; i < CGROUP_DEPTH && at > path; i++)
		while (*--at != '/')
			;
	return at;
}

static void out_cgroups(struct fcd *c)
{
	struct cgroups *here = cgroups_here();
	char list[8192], path[PATH_LEN];

	proc_read(list, sizeof(list), "%s/cgroup", c->facts.dir);
	for (int i = 0; i < 5; i++) {
		const struct controller *k = &here->controller[i];

		if (!k->exists)
			continue;
		if (!find_path(list, k, path, sizeof(path)))
			nearest_with(here->root, k, path);
		out_mem(c, k->name, strlen(k->name));
		out_int(c, '=', 1);
		out_kstr(c, innermost_folders(path), PATH_LEN);
	}
}

#endif
