/* SPDX-License-Identifier: MIT */
/*
 * filter_json.h - a filter as people and clients write it (docs/wire.md):
 *   {"syscalls":["openat"],"categories":["net"],"pids":[4242],"comms":["nginx"],
 *    "uids":["www-data",1000],"cgroups":["/system.slice"],"containers":["3ad7b26ded6d"],
 *    "failed":true}
 * An event passes that suits every key, and of a key's values any. syscalls and categories are
 * one key. Users' names are those of /etc/passwd: to ask a directory service would take time.
 */
#ifndef FCD_FILTER_JSON_H
#define FCD_FILTER_JSON_H

#include <jansson.h>
#include "core/filter.h"

struct fcd_err;

/*
 * What keeps a table of processes is in the interest if the filter needs one.
 *
 * value is at `path` ("$.filter"). *out is to be freed. -EINVAL: *code is a word for programs ("unknown_syscall"), err
 * has text and hint.
 */
int fcd_filter_parse(json_t *value, const char *path, struct fcd_filter *out, const char **code,
		     struct fcd_err *err);

#endif
