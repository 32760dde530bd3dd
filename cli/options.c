// SPDX-License-Identifier: MIT
/* Options and messages: what is wrong with a command line is said with what would be right. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/nearest.h"
#include "cli/ctl.h"

static void print_error(const struct ctl_command *cmd, const char *format, va_list args)
{
	fflush(stdout);
	fputs(CTL_PROGRAM, stderr);
	if (cmd->name)
		fprintf(stderr, " %s", cmd->name);
	fputs(": ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int ctl_error(const struct ctl_command *cmd, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(cmd, format, args);
	va_end(args);
	return status;
}

int ctl_wrong_use(const struct ctl_command *cmd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(cmd, format, args);
	va_end(args);
	fprintf(stderr, "see: " CTL_PROGRAM "%s%s --help\n", cmd->name ? " " : "",
		cmd->name ? cmd->name : "");
	return CTL_WRONG_USE;
}

int ctl_unknown(const struct ctl_command *cmd, const char *what, const char *word,
		const char *const *known)
{
	struct fcd_nearest nearest = { .name = word };

	for (; *known; known++)
		fcd_nearest_try(&nearest, *known);
	if (!nearest.best)
		return ctl_wrong_use(cmd, "unknown %s \"%s\"", what, word);
	return ctl_wrong_use(cmd, "unknown %s \"%s\"; did you mean \"%s\"?", what, word,
			     nearest.best);
}

static void unknown_long_option(const struct ctl_command *cmd, const char *word,
				const struct option *names)
{
	struct fcd_nearest nearest = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	nearest.name = name;
	for (; names->name; names++)
		fcd_nearest_try(&nearest, names->name);
	if (nearest.best)
		ctl_wrong_use(cmd, "unknown option --%s; did you mean --%s?", name, nearest.best);
	else
		ctl_wrong_use(cmd, "unknown option --%s", name);
}

int ctl_option(const struct ctl_command *cmd, int argc, char **argv, const char *letters,
	       const struct option *names)
{
	const char *word;
	int c;

	opterr = 0;
	c = getopt_long(argc, argv, letters, names, NULL);
	if (c != ':' && c != '?')
		return c;
	word = argv[optind - 1];
	if (c == ':')
		ctl_wrong_use(cmd, "option %s needs a value", word);
	else if (!strncmp(word, "--", 2) && optopt)
		ctl_wrong_use(cmd, "option %.*s takes no value", (int)strcspn(word, "="), word);
	else if (!strncmp(word, "--", 2))
		unknown_long_option(cmd, word, names);
	else
		ctl_wrong_use(cmd, "unknown option -%c", optopt);
	return '?';
}

int ctl_flush(const struct ctl_command *cmd)
{
	if ((!fflush(stdout) && !ferror(stdout)) || errno == EPIPE)
		return CTL_OK;
	return ctl_error(cmd, CTL_FAILED, "cannot write: %s", strerror(errno));
}
