// SPDX-License-Identifier: MIT
/* falco-capturectl snapshot: what there is on this host, as the daemon sees it. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/text.h"
#include "cli/ctl.h"

struct kind {
	const char *name; /* of a request */
	const char *type; /* of a line */
	const char *heading;
	void (*show)(struct fcd_text *t, const json_t *line);
};

struct snapshot {
	const struct ctl_command *cmd;
	struct ctl_query query;
	struct fcd_text request;
	struct fcd_text *tables; /* by kind; lines of one come between those of another */
	json_t *end;
};

/* ---- rows ---- */

static void add(struct fcd_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct fcd_text *t, const char *format, ...)
{
	char cell[128];
	va_list args;

	va_start(args, format);
	vsnprintf(cell, sizeof(cell), format, args);
	va_end(args);
	fcd_text_str(t, cell);
}

/* A name that a stranger chose. */
static void add_name(struct fcd_text *t, const json_t *value)
{
	if (value)
		fcd_text_plain(t, json_string_value(value), json_string_length(value));
	else
		fcd_text_char(t, '-');
}

static void add_key(struct fcd_text *t, const json_t *line, const char *key)
{
	add_name(t, json_object_get(line, key));
}

static void show_process(struct fcd_text *t, const json_t *line)
{
	const json_t *args = json_object_get(line, "args"), *arg;
	size_t i;

	add(t, "%8lld %8lld %8lld %-12.12s", ctl_number(line, "pid"), ctl_number(line, "ppid"),
	    ctl_number(line, "uid"), ctl_text(line, "container"));
	json_array_foreach(args, i, arg)
	{
		fcd_text_char(t, ' ');
		add_name(t, arg);
	}
	if (!args) { /* of the kernel, or it has ended */
		fcd_text_str(t, " [");
		add_key(t, line, "comm");
		fcd_text_char(t, ']');
	}
	if (json_object_get(line, "readable"))
		fcd_text_str(t, " (not readable)");
}

static void show_thread(struct fcd_text *t, const json_t *line)
{
	add(t, "%8lld %8lld ", ctl_number(line, "pid"), ctl_number(line, "tid"));
	add_key(t, line, "comm");
}

static void show_fd(struct fcd_text *t, const json_t *line)
{
	add(t, "%8lld %6lld %-10s ", ctl_number(line, "pid"), ctl_number(line, "fd"),
	    ctl_text(line, "kind"));
	if (json_object_get(line, "local"))
		add(t, "%s -> %s", ctl_text(line, "local"), ctl_text(line, "remote"));
	else
		add_key(t, line, "path");
	if (json_object_get(line, "state"))
		add(t, " %s", ctl_text(line, "state"));
}

static void show_user(struct fcd_text *t, const json_t *line)
{
	add(t, "%8lld %8lld ", ctl_number(line, "uid"), ctl_number(line, "gid"));
	add_key(t, line, "name");
	fcd_text_char(t, ' ');
	add_key(t, line, "home");
	fcd_text_char(t, ' ');
	add_key(t, line, "shell");
}

static void show_group(struct fcd_text *t, const json_t *line)
{
	add(t, "%8lld ", ctl_number(line, "gid"));
	add_key(t, line, "name");
}

static void show_mount(struct fcd_text *t, const json_t *line)
{
	add(t, "%-8s %-10s ", ctl_text(line, "dev"), ctl_text(line, "fs"));
	add_key(t, line, "path");
	fcd_text_char(t, ' ');
	add_key(t, line, "source");
	fcd_text_char(t, ' ');
	add_key(t, line, "options");
}

static const struct kind kinds[] = {
	{ "processes", "process", "     pid     ppid      uid container    command", show_process },
	{ "threads", "thread", "     pid      tid name", show_thread },
	{ "fds", "fd", "     pid     fd kind       name", show_fd },
	{ "users", "user", "     uid      gid name, home, shell", show_user },
	{ "groups", "group", "     gid name", show_group },
	{ "mounts", "mount", "device   type       path, source, options", show_mount },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- lines ---- */

static void take_line(struct snapshot *s, json_t *line)
{
	const char *type = ctl_text(line, "type");
	size_t i;

	for (i = 0; i < KINDS && strcmp(kinds[i].type, type); i++)
		;
	if (i == KINDS)
		return;
	kinds[i].show(&s->tables[i], line);
	fcd_text_char(&s->tables[i], '\n');
}

/* True: it was the last. */
static bool take(struct snapshot *s, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	bool is_end = !strcmp(ctl_text(line, "type"), "end");

	if (s->query.as_json)
		puts(text);
	else if (!is_end)
		take_line(s, line);
	if (is_end)
		s->end = line;
	else
		json_decref(line);
	return is_end;
}

static int receive(struct snapshot *s, struct fcd_client *client)
{
	struct fcd_client_error err;
	bool is_end = false;
	char *line;
	int ret;

	ret = fcd_client_request(client, s->request.at, &line, &err);
	while (!ret) {
		is_end = take(s, line);
		free(line);
		if (is_end)
			return CTL_OK;
		ret = fcd_client_line(client, &line, &err);
	}
	return ctl_error(s->cmd, CTL_FAILED, "%s", err.text);
}

static void show_tables(const struct snapshot *s)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (!s->tables[i].len)
			continue;
		printf("%s%s\n", between, kinds[i].heading);
		fwrite(s->tables[i].at, 1, s->tables[i].len, stdout);
		between = "\n";
	}
}

/* What is missing is said, whatever the output is. */
static int finish(const struct snapshot *s)
{
	long long unreadable = ctl_number(s->end, "unreadable");
	int status = ctl_flush(s->cmd);

	if (!status && unreadable)
		ctl_error(s->cmd, CTL_OK,
			  "%lld processes do not show what they run and have open: the daemon "
			  "needs CAP_SYS_PTRACE",
			  unreadable);
	if (!status && json_object_get(s->end, "error"))
		status = ctl_error(s->cmd, CTL_FAILED, "it is not whole: %s",
				   ctl_text(s->end, "error"));
	return status;
}

static int run_snapshot(struct snapshot *s)
{
	struct fcd_client *client = ctl_connect(s->cmd, s->query.socket);
	int status = client ? receive(s, client) : CTL_FAILED;
	size_t i;

	if (!status) {
		show_tables(s);
		status = finish(s);
	}
	for (i = 0; i < KINDS; i++)
		fcd_text_free(&s->tables[i]);
	json_decref(s->end);
	fcd_client_close(client);
	return status;
}

/* ---- the command line ---- */

/* The request, of the kinds that are named. -1: go on; else the exit status. */
static int read_kinds(struct snapshot *s, int argc, char **argv)
{
	const char *known[KINDS + 1] = { NULL };
	size_t k;
	int i;

	for (k = 0; k < KINDS; k++)
		known[k] = kinds[k].name;
	fcd_text_str(&s->request, "{\"op\":\"snapshot\"");
	for (i = optind; i < argc; i++) {
		for (k = 0; k < KINDS && strcmp(known[k], argv[i]); k++)
			;
		if (k == KINDS)
			return ctl_unknown(s->cmd, "kind", argv[i], known);
		fcd_text_str(&s->request, i == optind ? ",\"kinds\":[\"" : ",\"");
		fcd_text_str(&s->request, argv[i]);
		fcd_text_char(&s->request, '"');
	}
	fcd_text_str(&s->request, optind < argc ? "]}" : "}");
	fcd_text_char(&s->request, '\0');
	return s->request.failed ? ctl_error(s->cmd, CTL_FAILED, "out of memory") : -1;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct fcd_text tables[KINDS] = { { 0 } };
	struct snapshot s = { .cmd = cmd, .tables = tables };
	int status = ctl_query_options(cmd, argc, argv, &s.query);

	if (status < 0)
		status = read_kinds(&s, argc, argv);
	if (status < 0)
		status = run_snapshot(&s);
	fcd_text_free(&s.request);
	return status;
}

const struct ctl_command ctl_snapshot = {
	.name = "snapshot",
	.summary = "what there is now: processes, what they have open, users, mounts",
	.help = "Usage: " CTL_PROGRAM " snapshot [OPTION...] [KIND...]\n\n"
		"Show what there is on this host: all of it, or the KINDs that are named:\n"
		"processes, threads, fds, users, groups, mounts.\n\n"
		"Options:\n"
		"      --json         the daemon's lines as they are: JSON\n"
		"      --socket PATH  the daemon's socket\n"
		"  -h, --help         this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " snapshot processes\n"
		"  " CTL_PROGRAM " snapshot fds | grep listen      who waits for connections\n"
		"  " CTL_PROGRAM
		" snapshot --json fds | jq 'select(.path // \"\" | endswith(\"(deleted)\"))'\n",
	.run = run,
};
