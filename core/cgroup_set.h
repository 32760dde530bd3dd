/* SPDX-License-Identifier: MIT */
/* cgroup_set.h - the control groups that processes of a table are in, each once. */
#ifndef FCD_CGROUP_SET_H
#define FCD_CGROUP_SET_H

#include <stdint.h>
#include "core/cgroup.h"

#define FCD_CGROUP_BUCKETS 256

struct fcd_cgroup {
	struct fcd_cgroup *next; /* in its bucket */
	uint32_t hash;
	uint32_t users;
	const char *container; /* "": none */
	char path[];	       /* and container, if there is one */
};

/* Begins as zeros. */
struct fcd_cgroup_set {
	struct fcd_cgroup *bucket[FCD_CGROUP_BUCKETS];
};

/* Frees what is left, whoever uses it. */
void fcd_cgroup_set_fini(struct fcd_cgroup_set *set);
/* For one more user. NULL: no memory, or the path is empty. */
struct fcd_cgroup *fcd_cgroup_get(struct fcd_cgroup_set *set, struct fcd_slice path);
/* cgroup may be NULL. */
void fcd_cgroup_put(struct fcd_cgroup_set *set, struct fcd_cgroup *cgroup);

#endif
