// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/snapshot/internal.h"

ssize_t snap_read(int dir_fd, const char *name, char *buf, size_t cap)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	buf[0] = 0;
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	buf[len] = 0;
	return n < 0 ? n : (ssize_t)len;
}

ssize_t snap_readlink(int dir_fd, const char *name, char *buf, size_t cap)
{
	ssize_t n = readlinkat(dir_fd, name, buf, cap - 1);

	if (n < 0)
		n = -errno;
	buf[n < 0 ? 0 : n] = 0;
	return n;
}

bool snap_may_look(int process_fd)
{
	char path[2];

	return snap_readlink(process_fd, "cwd", path, sizeof(path)) != -EACCES;
}

bool snap_next_number(DIR *dir, uint32_t *out)
{
	struct dirent *e;

	while ((e = readdir(dir)))
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9') {
			*out = (uint32_t)strtoul(e->d_name, NULL, 10);
			return true;
		}
	return false;
}

int snap_open_number(int dir_fd, uint32_t number)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%u", number);
	fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
