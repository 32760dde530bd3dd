// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/procfs.h"

#define INITIAL_PID_NAMESPACE "pid:[4026531836]" /* PROC_PID_INIT_INO of the kernel */

/* Bytes read of /proc/PID/name, as a string. -ESRCH */
static ssize_t read_file(uint32_t pid, const char *name, char *text, size_t cap)
{
	char path[40];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ESRCH;
	len = read(fd, text, cap - 1);
	close(fd);
	if (len < 0)
		return -ESRCH;
	text[len] = 0;
	return len;
}

/* What follows "key:\t" in the text of a status file, or NULL. */
static const char *status_value(const char *text, const char *key)
{
	const char *line = text;
	size_t len = strlen(key);

	while (line) {
		if (!strncmp(line, key, len))
			return line + len;
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return NULL;
}

static uint32_t status_number(const char *text, const char *key)
{
	const char *value = status_value(text, key);

	return value ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

/* The kernel writes a newline as \n and a backslash twice. */
static void unescape(char comm[16], const char *value)
{
	size_t i;

	memset(comm, 0, 16);
	for (i = 0; i < 15 && *value && *value != '\n'; i++, value++) {
		if (*value == '\\' && value[1])
			comm[i] = *++value == 'n' ? '\n' : *value;
		else
			comm[i] = *value;
	}
}

static int parse_status(const char *text, uint32_t pid, struct fcd_procfs_process *out)
{
	const char *comm = status_value(text, "Name:\t"), *uid = status_value(text, "Uid:\t");

	if (!comm || !uid || status_number(text, "Tgid:\t") != pid)
		return -ESRCH;
	uid += strcspn(uid, "\t\n");
	unescape(out->comm, comm);
	out->ppid = status_number(text, "PPid:\t");
	out->uid = (uint32_t)strtoul(uid, NULL, 10);
	return 0;
}

/* Is it in a user namespace that does not number users as the initial one does? */
static bool is_mapped(uint32_t pid, char text[FCD_PROCFS_TEXT])
{
	unsigned int inside, outside, count;

	return read_file(pid, "uid_map", text, FCD_PROCFS_TEXT) >= 0 &&
	       (sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 || inside || outside ||
		count != UINT32_MAX);
}

bool fcd_procfs_is_global(void)
{
	char link[32] = "";

	return readlink("/proc/self/ns/pid", link, sizeof(link) - 1) > 0 &&
	       !strcmp(link, INITIAL_PID_NAMESPACE);
}

int fcd_procfs_read(uint32_t pid, struct fcd_procfs_process *out)
{
	if (read_file(pid, "status", out->text, sizeof(out->text)) < 0 ||
	    parse_status(out->text, pid, out))
		return -ESRCH;
	out->is_mapped = is_mapped(pid, out->text);
	out->cgroup = fcd_procfs_cgroup(pid, out->text);
	return 0;
}

struct fcd_slice fcd_procfs_cgroup(uint32_t pid, char text[FCD_PROCFS_TEXT])
{
	ssize_t len = read_file(pid, "cgroup", text, FCD_PROCFS_TEXT);

	return len < 0 ? (struct fcd_slice){ "", 0 } : fcd_cgroup_of_proc(text, (size_t)len);
}

uint32_t fcd_procfs_tgid(uint32_t tid)
{
	char text[FCD_PROCFS_TEXT];

	return read_file(tid, "status", text, sizeof(text)) < 0 ? 0
								: status_number(text, "Tgid:\t");
}
