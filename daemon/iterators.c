// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "daemon/iterators.h"
#include "daemon/log.h"

void fcd_iterators_init(struct fcd_iterators *i)
{
	*i = (struct fcd_iterators){ .fd = { -1, -1 } };
}

void fcd_iterators_close(struct fcd_iterators *i)
{
	int k;

	for (k = 0; k < 2; k++) {
		if (i->fd[k] >= 0)
			close(i->fd[k]);
		i->fd[k] = -1;
	}
}

static void open_one(struct fcd_iterators *i, const struct fcd_engine_ops *ops,
		     struct fcd_engine *engine)
{
	struct fcd_err err = { 0 };
	int k, fd = 0;

	for (k = 0; fd >= 0 && k < 2; k++) {
		if (!i->wanted[k])
			continue;
		fd = ops->snapshot ? ops->snapshot(engine, (uint32_t)k, &err) : -ENOTSUP;
		i->fd[k] = fd < 0 ? -1 : fd;
	}
	if (fd >= 0)
		return;
	fcd_iterators_close(i);
	if (fd != -ENOTSUP)
		fcd_log(FCD_LOG_WARNING, "a snapshot is taken from /proc: %s",
			err.text[0] ? err.text : strerror(-fd));
}

void fcd_iterators_open(struct fcd_iterators *list, const struct fcd_engine_ops *ops,
			struct fcd_engine *engine)
{
	for (; list; list = list->next)
		open_one(list, ops, engine);
}
