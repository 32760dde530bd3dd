/* SPDX-License-Identifier: MIT */
/*
 * process_map.h - processes by pid, in a bounded number: 64 bytes for each, 4 MiB at most, and
 * the names of their cgroups.
 */
#ifndef FCD_PROCESS_MAP_H
#define FCD_PROCESS_MAP_H

#include "core/cgroup_set.h"
#include "core/proctable.h"

enum fcd_process_state {
	FCD_LIVING,
	FCD_ENDED,
	FCD_ABSENT, /* it was looked for in vain */
};

struct fcd_process_entry {
	struct fcd_process p; /* pid 0: the entry is free */
	struct fcd_cgroup *cgroup;
	uint8_t state;
	bool is_mapped; /* numbers users as another user namespace does */
};

#define FCD_LIVING_MAX	  32768 /* for one more, another goes */
#define FCD_FORGOTTEN_MAX 1024	/* that do not live: for one more, the oldest goes */

struct fcd_process_map {
	/* Open addressing: a process is in the first free entry from that of its pid on. */
	struct fcd_process_entry *at;
	uint32_t size; /* entries, a power of two */
	uint32_t used;
	uint32_t living;
	uint32_t hand; /* the entry whose process has to go next */
	uint32_t forgotten[FCD_FORGOTTEN_MAX];
	uint32_t forgotten_count;
	struct fcd_cgroup_set cgroups;
};

/* m is zeros. -ENOMEM */
int fcd_process_map_init(struct fcd_process_map *m);
void fcd_process_map_fini(struct fcd_process_map *m);

/* An absent one, too. NULL: nothing is known of it. */
struct fcd_process_entry *fcd_process_map_find(const struct fcd_process_map *m, uint32_t pid);
/* A living one, of which nothing is known yet. Moves the others. NULL: no memory. */
struct fcd_process_entry *fcd_process_map_begin(struct fcd_process_map *m, uint32_t pid);
/* It does not live, and will be forgotten. Moves the others. */
void fcd_process_map_end(struct fcd_process_map *m, struct fcd_process_entry *e,
			 enum fcd_process_state state);
/* It lives after all. */
void fcd_process_map_revive(struct fcd_process_map *m, struct fcd_process_entry *e);

void fcd_process_map_set_cgroup(struct fcd_process_map *m, struct fcd_process_entry *e,
				struct fcd_slice path);

#endif
