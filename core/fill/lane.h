/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * lane.h - the system calls whose events must survive a flood of others: they start and end
 * processes, change what these may do, or reach outside. Engines give them a ring of their
 * own, the broadcast ring a lane. The end of a thread (procexit) is of them, too; a signal that
 * is delivered is not, for a timer sends them by the thousand.
 */
#ifndef FCD_FILL_LANE_H
#define FCD_FILL_LANE_H

#define FCD_PRIORITY_CALLS(X)                                                                      \
	X(execve)                                                                                  \
	X(execveat)                                                                                \
	X(clone)                                                                                   \
	X(clone3)                                                                                  \
	X(fork)                                                                                    \
	X(vfork)                                                                                   \
	X(setuid)                                                                                  \
	X(setgid)                                                                                  \
	X(setreuid)                                                                                \
	X(setregid)                                                                                \
	X(setresuid)                                                                               \
	X(setresgid)                                                                               \
	X(setfsuid)                                                                                \
	X(setfsgid)                                                                                \
	X(setgroups)                                                                               \
	X(setsid)                                                                                  \
	X(setpgid)                                                                                 \
	X(capset)                                                                                  \
	X(ptrace)                                                                                  \
	X(init_module)                                                                             \
	X(finit_module)                                                                            \
	X(delete_module)                                                                           \
	X(bpf)                                                                                     \
	X(connect)                                                                                 \
	X(mount)                                                                                   \
	X(umount2)                                                                                 \
	X(move_mount)                                                                              \
	X(pivot_root)                                                                              \
	X(setns)                                                                                   \
	X(unshare)

/* Those of FILL_AT(hook, ...). */
#define FCD_PRIORITY_exec   true
#define FCD_PRIORITY_exit   true
#define FCD_PRIORITY_signal false

#endif
