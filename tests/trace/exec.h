/* SPDX-License-Identifier: MIT */
/* exec.h - programs that execute trace-report, which says what became of it. */
#ifndef TRACE_EXEC_H
#define TRACE_EXEC_H

#include <stdint.h>
#include <sys/types.h>
#include "expect.h"
#include "proc.h"

/* What the caller of exec leaves for the new image, in a file at this descriptor. */
#define EXEC_TOLD_FD 9

struct exec_told {
	uint64_t min_flt, maj_flt; /* so far */
	uint64_t least_rss;	   /* KB that the image has from the start */
	char flags[64];		   /* names of execve_flags that must be set */
	char exe_path[256];	   /* trusted_exepath; "" is what /proc/self/exe says */
};

/* To be changed in a child, before it tells. The flags are EXE_WRITABLE unless it does. */
extern struct exec_told exec_told;
void exec_tell(void);

/* An argument list and an environment with empty strings in them. */
extern const char *const exec_args[], *const exec_env[];

/* The folder with a copy of trace-report; its path. */
const char *exec_prepare(void);
void exec_copy(const char *from, const char *to, uid_t owner, mode_t mode);
/* Into an open file. */
void exec_copy_to(int out, const char *from);

/* Tell, and call exec(arg) in a child, whose image prints the event. Waits for it. */
void exec_in_child(void (*exec)(const char *), const char *arg);

/* Strings one after the other, each with its NUL, as an event has them. */
struct strings {
	char at[PATH_CUT];
	size_t len;
};

/* Append what fits into limit bytes, cut to end with a NUL. */
void strings_put(struct strings *to, const char *s, size_t limit);
/* What an event has of argv or envp, from one element on. */
struct strings strings_collect(const char *const *array, size_t from, size_t limit);

/*
 * All parameters of an exec that failed, with the flags of exec_told. name, exe: NULL if they
 * cannot be read.
 */
void expect_exec_failed(long res, const struct proc *before, const struct proc *after,
			const char *name, const char *exe, const struct strings *args,
			const struct strings *env);

/* Parameters from tty to gid, without flags and trusted_exepath. exe: the executable. */
void expect_exec_who(const struct proc *p, const char *exe);

#endif
