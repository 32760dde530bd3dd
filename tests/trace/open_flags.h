/* SPDX-License-Identifier: MIT */
/* open_flags.h - the flags of an open, as events name them. */
#ifndef TRACE_OPEN_FLAGS_H
#define TRACE_OPEN_FLAGS_H

#include "expect.h"

#include <fcntl.h>
#include <stdio.h>

/* Any bit of the masks of O_SYNC and O_TMPFILE counts, so each of them has two rows. */
static void expect_flags(uint32_t flags, int is_created)
{
	static const struct bit_name bits[] = {
		{ O_CREAT, "O_CREAT" },
		{ O_APPEND, "O_APPEND" },
		{ O_DSYNC, "O_DSYNC" },
		{ O_EXCL, "O_EXCL" },
		{ O_NONBLOCK, "O_NONBLOCK" },
		{ O_SYNC, "O_SYNC" },
		{ O_TRUNC, "O_TRUNC" },
		{ O_DIRECT, "O_DIRECT" },
		{ O_DIRECTORY, "O_DIRECTORY" },
		{ 0100000, "O_LARGEFILE" },
		{ O_CLOEXEC, "O_CLOEXEC" },
		{ O_TMPFILE, "O_TMPFILE" },
		{ 0, NULL },
	};
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDONLY" };
	char more[32];

	snprintf(more, sizeof(more), "%s%s", access[flags & 3], is_created ? "|O_F_CREATED" : "");
	expect_bits("flags", bits, flags, more);
}

#endif
