// SPDX-License-Identifier: MIT
/* falco-capturectl - the client of falco-capture. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/version.h"
#include "cli/ctl.h"

static const struct ctl_command *const commands[] = { &ctl_print,   &ctl_status,   &ctl_stats,
						      &ctl_engines, &ctl_snapshot, &ctl_doctor };

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* For messages that belong to no command. */
static const struct ctl_command ctl_main = { .name = NULL };

static int show_help(void)
{
	size_t i;

	printf("Usage: " CTL_PROGRAM " [--socket PATH] COMMAND [OPTION...]\n\n"
	       "See the system calls of this host as the falco-capture daemon captures them.\n\n"
	       "Commands:\n");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nOptions:\n"
	       "  -h, --help         this text; " CTL_PROGRAM " COMMAND --help has more\n"
	       "      --socket PATH  the daemon's socket\n"
	       "      --version      print the version\n\n"
	       "Examples:\n"
	       "  " CTL_PROGRAM " status                           is the daemon there, and how\n"
	       "  " CTL_PROGRAM
	       " print --syscalls execve,connect  who runs what, who calls whom\n\n"
	       "Environment:\n"
	       "  FALCO_CAPTURE_SOCKET  the daemon's socket, where --socket does not name one\n\n"
	       "Exit status: 0 done, 1 it failed, 2 the command line is wrong.\n");
	return ctl_flush(&ctl_main);
}

static int unknown_command(const char *name)
{
	const char *known[COMMANDS + 1] = { NULL };
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		known[i] = commands[i]->name;
	return ctl_unknown(&ctl_main, "command", name, known);
}

static int run_command(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[0], commands[i]->name))
			return commands[i]->run(commands[i], argc, argv);
	return unknown_command(argv[0]);
}

/* -1: go on with the command; else the exit status. */
static int read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};

	int c;

	while ((c = ctl_option(&ctl_main, argc, argv, "+:h", names)) != -1) {
		switch (c) {
		case 'h':
			return show_help();
		case 's': /* as if the environment had said so: the command's own option wins */
			if (setenv("FALCO_CAPTURE_SOCKET", optarg, 1))
				return ctl_error(&ctl_main, CTL_FAILED, "out of memory");
			break;
		case 'V':
			puts(CTL_PROGRAM " " FCD_VERSION);
			return ctl_flush(&ctl_main);
		default:
			return CTL_WRONG_USE;
		}
	}
	if (optind == argc)
		return ctl_wrong_use(&ctl_main, "a command is missing");
	return -1;
}

int main(int argc, char **argv)
{
	int status;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	status = read_options(argc, argv);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	optind = 0;
	return run_command(argc, argv);
}
