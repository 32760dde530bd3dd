/* SPDX-License-Identifier: MIT */
/* procfs.h - what /proc says of a process. */
#ifndef FCD_PROCFS_H
#define FCD_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/cgroup.h"

#define FCD_PROCFS_TEXT 8192 /* as much of a file as is read */

struct fcd_procfs_process {
	uint32_t ppid;
	uint32_t uid;	/* effective, as this program's user namespace numbers it */
	bool is_mapped; /* its system calls number users in another way */
	char comm[16];
	struct fcd_slice cgroup; /* in text */
	char text[FCD_PROCFS_TEXT];
};

/* Does /proc number processes as the kernel does? Not in a pid namespace. */
bool fcd_procfs_is_global(void);

/* -ESRCH: there is none, or it is a thread. */
int fcd_procfs_read(uint32_t pid, struct fcd_procfs_process *out);
/* Only its cgroup; empty if it is gone. */
struct fcd_slice fcd_procfs_cgroup(uint32_t pid, char text[FCD_PROCFS_TEXT]);
/* The process of a thread, 0: it is gone. */
uint32_t fcd_procfs_tgid(uint32_t tid);

#endif
