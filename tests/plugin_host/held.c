// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include "falco.h"
#include "held.h"

/* Entries of /proc/self/task or fd: what the plugin has left behind. */
static unsigned int entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	if (!dir)
		falco_fail("%s: %s", path, strerror(errno));
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

struct held held_now(void)
{
	return (struct held){ entries("/proc/self/task"), entries("/proc/self/fd") };
}

/* A thread that was joined is in /proc for a moment more. */
void held_must_be(struct held before, const char *after)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct held now = held_now();

	for (int i = 0; i < 1000 && now.threads != before.threads; i++) {
		nanosleep(&moment, NULL);
		now = held_now();
	}
	if (now.threads != before.threads || now.fds != before.fds)
		falco_fail("after %s: %u threads and %u descriptors, before it %u and %u", after,
			   now.threads, now.fds, before.threads, before.fds);
}
