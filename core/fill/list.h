/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * list.h - the system calls that have more than a generic event, each with its filler. Every
 * other number has `generic`; the hooks exec and exit have `exec` and `procexit`.
 */
#ifndef FCD_FILL_LIST_H
#define FCD_FILL_LIST_H

#define FCD_FILLERS(X)                                                                             \
	X(read, read)                                                                              \
	X(write, write)                                                                            \
	X(close, close)                                                                            \
	X(openat, openat)                                                                          \
	X(connect, connect)                                                                        \
	X(accept4, accept4)                                                                        \
	X(kill, kill)                                                                              \
	X(execve, execve)                                                                          \
	X(clone, clone)                                                                            \
	X(clone3, clone)                                                                           \
	X(fork, clone)                                                                             \
	X(vfork, clone)                                                                            \
	X(setuid, setuid)                                                                          \
	X(setgid, setgid)                                                                          \
	X(setreuid, setreuid)                                                                      \
	X(setregid, setregid)                                                                      \
	X(setresuid, setresuid)                                                                    \
	X(setresgid, setresgid)                                                                    \
	X(setpgid, setpgid)                                                                        \
	X(setsid, setsid)                                                                          \
	X(prctl, prctl)

#endif
