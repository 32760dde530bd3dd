/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * list.h - the system calls that have a filler of their own name. Every other
 * number has `generic`; the hooks exec and exit have `exec` and `procexit`.
 */
#ifndef FCD_FILL_LIST_H
#define FCD_FILL_LIST_H

#define FCD_FILLERS(X)                                                                             \
	X(read)                                                                                    \
	X(write)                                                                                   \
	X(close)                                                                                   \
	X(openat)                                                                                  \
	X(connect)                                                                                 \
	X(accept4)                                                                                 \
	X(kill)                                                                                    \
	X(execve)                                                                                  \
	X(clone)                                                                                   \
	X(clone3)

#endif
