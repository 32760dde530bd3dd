// SPDX-License-Identifier: MIT
/* falco-capturectl engines: what is installed, from the files' notes; no daemon is asked. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "core/engines.h"
#include "cli/ctl.h"

struct list {
	char dir[PATH_MAX];
	bool as_json;
};

/* -1: go on; else the exit status. */
static int read_options(const struct ctl_command *cmd, int argc, char **argv, struct list *l)
{
	static const struct option names[] = {
		{ "engine-dir", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *dir = NULL;
	int c, err = 0;

	while ((c = ctl_option(cmd, argc, argv, ":h", names)) != -1) {
		switch (c) {
		case 'd':
			dir = optarg;
			break;
		case 'j':
			l->as_json = true;
			break;
		case 'h':
			fputs(cmd->help, stdout);
			return ctl_flush(cmd);
		default:
			return CTL_WRONG_USE;
		}
	}
	if (optind < argc)
		return ctl_wrong_use(cmd, "unexpected \"%s\"", argv[optind]);
	if (!dir)
		err = fcd_engines_dir(l->dir, sizeof(l->dir));
	else if (snprintf(l->dir, sizeof(l->dir), "%s", dir) >= (int)sizeof(l->dir))
		err = -ENAMETOOLONG;
	return err ? ctl_error(cmd, CTL_FAILED, "the engines' folder: %s", strerror(-err)) : -1;
}

static void show_engine(const json_t *engine)
{
	printf("%-15s  %-15s  %-5s  %-6s  %s\n", ctl_text(engine, "name"),
	       ctl_text(engine, "version"), ctl_text(engine, "abi"), ctl_text(engine, "schema"),
	       json_is_true(json_object_get(engine, "usable")) ? "usable" : "refused:");
	if (json_object_get(engine, "error"))
		printf("    %s (%s)\n", ctl_text(engine, "error"), ctl_text(engine, "hint"));
}

static void show(const json_t *all)
{
	const json_t *engines = json_object_get(all, "engines"), *engine;
	size_t i;

	if (!json_array_size(engines)) {
		printf("no engine is in %s\n", ctl_text(all, "dir"));
		return;
	}
	printf("in %s\n%-15s  %-15s  %-5s  %-6s\n", ctl_text(all, "dir"), "engine", "version",
	       "ABI", "schema");
	json_array_foreach(engines, i, engine)
	{
		show_engine(engine);
	}
}

static int show_or_print(const struct ctl_command *cmd, const struct fcd_text *t, bool as_json)
{
	json_t *all;

	if (t->failed)
		return ctl_error(cmd, CTL_FAILED, "out of memory");
	if (as_json) {
		puts(t->at);
	} else {
		all = json_loads(t->at, 0, NULL);
		show(all);
		json_decref(all);
	}
	return ctl_flush(cmd);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct fcd_text t = { 0 };
	struct list l = { 0 };
	struct fcd_err err;
	int status = read_options(cmd, argc, argv, &l);

	if (status >= 0)
		return status;
	fcd_text_char(&t, '{');
	if (fcd_engines_json(&t, l.dir, &err)) {
		status = ctl_error(cmd, CTL_FAILED, "%s (%s)", err.text, err.hint);
	} else {
		fcd_text_add(&t, "}", 2); /* with its NUL */
		status = show_or_print(cmd, &t, l.as_json);
	}
	fcd_text_free(&t);
	return status;
}

const struct ctl_command ctl_engines = {
	.name = "engines",
	.summary = "which engines are installed, and why one of them would be refused",
	.help = "Usage: " CTL_PROGRAM " engines [OPTION...]\n\n"
		"List the engines that are installed, as their files say of themselves: nothing of "
		"them\n"
		"runs and no daemon is asked. Whether a usable one works on this kernel is found "
		"out\n"
		"when a daemon starts; " CTL_PROGRAM " status then shows it.\n\n"
		"Options:\n"
		"      --engine-dir DIR  look there (default: where they were installed or built\n"
		"                        together with this program)\n"
		"      --json            one line of JSON\n"
		"  -h, --help            this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " engines\n"
		"  " CTL_PROGRAM " engines --json | jq -r '.engines[] | select(.usable) | .name'\n",
	.run = run,
};
