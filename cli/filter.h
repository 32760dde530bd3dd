/* SPDX-License-Identifier: MIT */
/* filter.h - the options that choose events, as the filter that a subscription has. */
#ifndef FCD_CTL_FILTER_H
#define FCD_CTL_FILTER_H

#include "cli/ctl.h"

#define CTL_FILTER_LETTERS "s:p:n:u:"

#define CTL_FILTER_OPTIONS                                                                         \
	{ "syscalls", required_argument, NULL, 's' },                                              \
		{ "category", required_argument, NULL, 'g' },                                      \
		{ "pid", required_argument, NULL, 'p' }, { "comm", required_argument, NULL, 'n' }, \
		{ "user", required_argument, NULL, 'u' },                                          \
		{ "cgroup", required_argument, NULL, 'G' },                                        \
		{ "container", required_argument, NULL, 'C' },                                     \
		{ "failed", no_argument, NULL, 'F' },                                              \
	{                                                                                          \
		"filter", required_argument, NULL, 'f'                                             \
	}

#define CTL_FILTER_HELP                                                                            \
	"What to show; of several options, what suits all:\n"                                      \
	"  -s, --syscalls A,B   these: names of system calls, procexit for the end of a\n"         \
	"                       thread, signaldeliver for a signal that it is given; the\n"        \
	"                       kernel then captures nothing else for you\n"                       \
	"      --category A,B   and of these kinds: file, net, process, ...\n"                     \
	"  -p, --pid PID,...    of these processes and what they start\n"                          \
	"  -n, --comm NAME,...  of processes with this name\n"                                     \
	"  -u, --user USER,...  of these users, by their effective id\n"                           \
	"      --cgroup PATH    of this control group and those below it\n"                        \
	"      --container ID   of this container; the first digits are enough\n"                  \
	"      --failed         only what failed\n"                                                \
	"      --filter JSON    all of these as docs/wire.md has them: {\"pids\":[4242]}\n"

/*
 * Take the option c into *filter, NULL: there is none yet. It is the caller's. -1: go on; else
 * the exit status.
 */
int ctl_filter_option(const struct ctl_command *cmd, int c, const char *value, json_t **filter);

#endif
