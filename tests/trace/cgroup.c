/* SPDX-License-Identifier: MIT */
#include "cgroup.h"
#include "expect.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Folders of a path that an event holds, from the innermost outwards. */
#define DEPTH 6

/* Is the word in a list separated by commas or blanks? */
static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || strchr(", \n", at[-1])) && strchr(", \n", at[len]))
			return 1;
	return 0;
}

static int v2_root(char *out, size_t cap)
{
	char text[32768], path[256];
	char *line, *rest = text;

	proc_file("/proc/self/mountinfo", text, sizeof(text));
	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(line, " - cgroup2 "))
			continue;
		return sscanf(line, "%*u %*u %*s %*s %255s", path) == 1 &&
		       snprintf(out, cap, "%s", path) < (int)cap;
	}
	return 0;
}

/*
 * /proc/cgroups: name, hierarchy (0: version 2, or none), cgroups, enabled. A kernel that has
 * a controller in version 2 only does not list it there.
 */
static int kernel_has(const char *controller, unsigned int *hierarchy)
{
	char text[4096], line[64], root[256], file[300];
	const char *at;

	proc_file("/proc/cgroups", text, sizeof(text));
	snprintf(line, sizeof(line), "\n%s\t", controller);
	at = strstr(text, line);
	if (at)
		return sscanf(at + strlen(line), "%u", hierarchy) == 1;
	if (!v2_root(root, sizeof(root)))
		return 0;
	snprintf(file, sizeof(file), "%s/cgroup.controllers", root);
	proc_file(file, text, sizeof(text));
	*hierarchy = 0;
	return has_word(text, controller);
}

/* The line of /proc/PID/cgroup, hierarchy:controllers:path, of one hierarchy. */
static void path_in(pid_t pid, unsigned int hierarchy, char *out, size_t cap)
{
	char file[64], text[8192];
	char *line, *rest = text;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	proc_file(file, text, sizeof(text));
	snprintf(out, cap, "/");
	while ((line = strsep(&rest, "\n")))
		if (line[0] && strtoul(line, NULL, 10) == hierarchy)
			snprintf(out, cap, "%s", strchr(strchr(line, ':') + 1, ':') + 1);
}

static int is_enabled_below(const char *folder, const char *controller)
{
	char file[4096 + 64], text[512];

	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", folder);
	if (access(file, R_OK))
		return 0;
	proc_file(file, text, sizeof(text));
	/* io brings memory with it, unseen. */
	return has_word(text, controller) ||
	       (!strcmp(controller, "memory") && has_word(text, "io"));
}

/* In version 2 a controller belongs to the nearest cgroup whose parent switched it on. */
static void effective_path(const char *controller, char *path)
{
	char root[256], parent[4096];
	char *slash;

	if (!v2_root(root, sizeof(root)))
		return;
	while (strcmp(path, "/")) {
		slash = strrchr(path, '/');
		snprintf(parent, sizeof(parent), "%s%.*s", root, (int)(slash - path), path);
		if (is_enabled_below(parent, controller))
			return;
		slash[slash == path] = '\0';
	}
}

static const char *innermost(const char *path)
{
	const char *at = path + strlen(path);

	for (int i = 0; i < DEPTH && at > path; i++)
		while (*--at != '/')
			;
	return at;
}

void expect_cgroups(pid_t pid)
{
	static const struct {
		const char *name, *old_name;
	} controllers[] = {
		{ "cpuset", "cpuset" }, { "cpu", "cpu" },	{ "cpuacct", "cpuacct" },
		{ "io", "blkio" },	{ "memory", "memory" },
	};
	char all[5 * 2048], path[2048];
	unsigned int hierarchy;
	size_t len = 0;

	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		if (!kernel_has(controllers[i].old_name, &hierarchy))
			continue;
		path_in(pid, hierarchy, path, sizeof(path));
		if (!hierarchy)
			effective_path(controllers[i].name, path);
		len += snprintf(all + len, sizeof(all) - len, "%s=%s", controllers[i].name,
				innermost(path)) +
		       1;
	}
	expect_strings("cgroups", all, len);
}
