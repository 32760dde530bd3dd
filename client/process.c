// SPDX-License-Identifier: MIT
/* The table of processes, for the user. */
#include <errno.h>
#include <string.h>
#include "client/internal.h"

#define SIZE_1_0 48 /* of the first version's structure */

_Static_assert(sizeof(struct fcd_client_process) == SIZE_1_0, "grows only at its end");

int fcd_client_process(struct fcd_client *c, uint32_t pid, struct fcd_client_process *out)
{
	const struct fcd_process *p;
	struct fcd_client_process known = { .size = out->size };

	if (out->size < SIZE_1_0)
		return -EINVAL;
	p = c->processes ? fcd_proctable_find(c->processes, pid) : NULL;
	if (!p)
		return -ESRCH;
	known.pid = p->pid;
	known.ppid = p->ppid;
	known.uid = p->uid;
	memcpy(known.comm, p->comm, sizeof(known.comm));
	known.cgroup = p->cgroup;
	known.container = p->container;
	/* A user that knows more than we do finds zeros there. */
	memset(out, 0, out->size);
	memcpy(out, &known, sizeof(known));
	return 0;
}
