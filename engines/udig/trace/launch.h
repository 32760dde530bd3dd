/* SPDX-License-Identifier: MIT */
/*
 * launch.h - become the command, with a tracer beside.
 *
 * This process executes the command: its number, parent, terminal and descriptors are then the
 * command's, and so are its exit status, its signals and its stops. The tracer is an orphan in
 * a session of its own, which no signal of the terminal reaches, and it ends with the last
 * process that it traces. If it is killed they all go on, untraced.
 */
#ifndef FCD_TRACE_LAUNCH_H
#define FCD_TRACE_LAUNCH_H

#include "engines/udig/trace/err.h"

/* Start a tracer of this process. On failure there is none, and err says why. */
int trace_launch(const char *socket, struct trace_err *err);

#endif
