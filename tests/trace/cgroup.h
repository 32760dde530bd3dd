/* SPDX-License-Identifier: MIT */
/* cgroup.h - where a process is in the hierarchies of five controllers. */
#ifndef TRACE_CGROUP_H
#define TRACE_CGROUP_H

#include <sys/types.h>

/* The parameter cgroups: cpuset, cpu, cpuacct, io, memory, those that the kernel has. */
void expect_cgroups(pid_t pid);

#endif
