/* SPDX-License-Identifier: MIT */
/*
 * command.h - a command that the daemon starts by falco-capture-trace: this process becomes the
 * command, and beside it runs a tracer that hands its system calls to the userspace engine.
 */
#ifndef FCD_COMMAND_H
#define FCD_COMMAND_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include "abi/engine.h"

struct fcd_command {
	char **words; /* the command and its arguments, then NULL */
	char tracer[PATH_MAX];
	sigset_t ignored; /* signals that were ignored before us, and will be by the command */
	pid_t pid;
	int status; /* once it has ended: as a shell gives it */
};

/* Find the tracer. Before any signal is handled: what is ignored now is noted. */
int fcd_command_init(struct fcd_command *c, char **words, struct fcd_err *err);
/*
 * Start it. Terminal, input and output are the command's from now on, and SIGINT and SIGQUIT,
 * which are typed there, are not for us. Its end is a SIGCHLD.
 */
int fcd_command_start(struct fcd_command *c, const char *socket);
/* After SIGCHLD. True once: status is set. */
bool fcd_command_has_ended(struct fcd_command *c);

#endif
