/* SPDX-License-Identifier: MIT */
/*
 * access.h - which users and groups may do what. Who can connect is a matter of the socket's
 * mode; this is about the operations, one by one.
 */
#ifndef FCD_ACCESS_H
#define FCD_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/spot.h"

struct ucred;

enum fcd_op {
	FCD_OP_SUBSCRIBE,
	FCD_OP_STATUS,
	FCD_OP_STATS,
	FCD_OP_ENGINES,
	FCD_OP_SNAPSHOT,
	FCD_OPS
};

extern const char *const fcd_op_names[FCD_OPS];

struct fcd_access_rule {
	json_t *text; /* as it was written; NULL: whoever can connect may */
	id_t *uids, *gids;
	size_t uids_count, gids_count;
};

struct fcd_access {
	struct fcd_access_rule rules[FCD_OPS];
};

/*
 * Of {"subscribe":{"users":["alice",1000],"groups":["falco"]},...}. Names are looked up now.
 * -EINVAL, -ENOMEM: *a is to be freed all the same.
 */
int fcd_access_take(struct fcd_access *a, const struct fcd_spot *spot, json_t *value);
void fcd_access_fini(struct fcd_access *a);

/*
 * May the peer of this unix socket do this? Root and the user we run as may do everything, others
 * by their user or any of their groups.
 */
bool fcd_access_allows(const struct fcd_access *a, enum fcd_op op, int fd,
		       const struct ucred *peer);

#endif
