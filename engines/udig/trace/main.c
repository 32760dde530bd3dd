// SPDX-License-Identifier: MIT
/* falco-capture-trace - run a command, and record its system calls. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "abi/version.h"
#include "engines/udig/trace/launch.h"

#define PROGRAM "falco-capture-trace"

/* As env(1) has them. */
#define EXIT_OURS      125
#define EXIT_NOT_RUN   126
#define EXIT_NOT_FOUND 127

static const char help[] =
	"Usage: " PROGRAM " [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"\n"
	"Runs COMMAND and hands the system calls of it, and of all that it starts, to the\n"
	"falco-capture daemon, whose engine must be userspace. Needs no privilege.\n"
	"\n"
	"  --socket=PATH     the daemon's socket (default: $FALCO_CAPTURE_SOCKET, else\n"
	"                    $XDG_RUNTIME_DIR/falco-capture.sock for an ordinary user, else\n"
	"                    /run/falco-capture/capture.sock)\n"
	"  --require-daemon  if nothing can be recorded do not run COMMAND; otherwise it runs\n"
	"                    all the same, and a line says that it is not traced\n"
	"  --version         print the version\n"
	"  --help            print this text\n"
	"\n"
	"COMMAND takes this process over: its exit status, signals, stops and terminal are as\n"
	"without " PROGRAM ". Set-user-ID programs run without the other user's\n"
	"rights unless this is run by root, and debuggers cannot attach.\n"
	"\n"
	"Examples:\n"
	"  falco-capture --engine=userspace                  # in another terminal\n"
	"  " PROGRAM " -- make -j4\n"
	"  " PROGRAM " --require-daemon --socket=/tmp/s -- sh -c 'ls; id'\n"
	"\n"
	"Exit status: that of COMMAND; 125 it was not run, 126 it cannot be executed, 127 it\n"
	"is not found.\n";

struct options {
	const char *socket;
	bool is_daemon_required;
};

__attribute__((format(printf, 2, 3))) static int fail(int status, const char *format, ...)
{
	va_list args;

	fputs(PROGRAM ": ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static int show(const char *text)
{
	fputs(text, stdout);
	return fflush(stdout) ? fail(EXIT_OURS, "cannot write: %s", strerror(errno)) : 0;
}

/* Returns the exit status of a run that ends here, or -1: the command is at optind. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "require-daemon", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", names, NULL)) != -1) {
		switch (c) {
		case 's':
			o->socket = optarg;
			break;
		case 'r':
			o->is_daemon_required = true;
			break;
		case 'V':
			return show(PROGRAM " " FCD_VERSION "\n");
		case 'h':
			return show(help);
		case ':':
			return fail(EXIT_OURS, "option %s needs a value; see --help",
				    argv[optind - 1]);
		default:
			return fail(EXIT_OURS, "unknown option %s; see --help", argv[optind - 1]);
		}
	}
	return optind < argc ? -1 : fail(EXIT_OURS, "a command is missing; see --help");
}

int main(int argc, char **argv)
{
	struct options o = { .socket = NULL };
	struct trace_err err;
	int status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	/* From here on leave without exit(3): the leak checker cannot work where it is traced. */
	if (trace_launch(o.socket, &err)) {
		if (o.is_daemon_required)
			_exit(fail(EXIT_OURS, "%s", err.text));
		fail(0, "%s; the command runs untraced", err.text);
	}
	execvp(argv[optind], argv + optind);
	status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
	_exit(fail(status, "%s: %s", argv[optind], strerror(errno)));
}
