/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - the control group of a process, and the container it tells of.
 *
 * A process is in one group of each hierarchy. Ours is that of the hierarchy which has the
 * memory controller: the unified one, but on hosts with cgroup v1, where container runtimes
 * leave the unified one alone.
 */
#ifndef FCD_CGROUP_H
#define FCD_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of somebody else's text; len 0: there is none. */
struct fcd_slice {
	const char *at;
	size_t len;
};

/* The path in the text of /proc/PID/cgroup. */
struct fcd_slice fcd_cgroup_of_proc(const char *text, size_t len);

/*
 * The path in an event's parameter cgroups ("memory=/a" NUL ...). In the unified hierarchy it
 * may be that of a parent, if the group itself has no controllers, and it may lack its
 * beginning: engines give up after some levels.
 */
struct fcd_slice fcd_cgroup_of_event(const char *strings, size_t len);

/* May a process of the group `path` have been in `seen` according to an event? */
bool fcd_cgroup_agrees(const char *path, struct fcd_slice seen);

/* Is it the group `parent`, or one below it? */
bool fcd_cgroup_is_below(const char *path, const char *parent);

/*
 * The container that a process of this group is in: the first 12 digits of the id that docker,
 * containerd, CRI-O and podman end a directory's name with, or the name of an LXC container.
 */
struct fcd_slice fcd_cgroup_container(const char *path);

#endif
