// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/beside.h"

static int join(const char *folder, const char *name, char *out, size_t cap)
{
	return snprintf(out, cap, "%s%s%s", folder, *name ? "/" : "", name) < (int)cap
		       ? 0
		       : -ENAMETOOLONG;
}

int fcd_beside_find(const char *installed, const char *built, char *out, size_t cap)
{
	const char *const places[] = { installed, built };
	char self[PATH_MAX], place[2 * PATH_MAX], whole[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int i, ret;

	if (len < 0)
		return -errno;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	for (i = 0; i < 2; i++) {
		ret = join(self, places[i], place, sizeof(place));
		if (ret)
			return ret;
		if (realpath(place, whole))
			return join(whole, "", out, cap);
	}
	ret = join(self, installed, out, cap);
	return ret ? ret : -ENOENT;
}
