// SPDX-License-Identifier: MIT
/* falco-capturectl stats: the ledger, once or again and again. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "cli/stats.h"

#define SECONDS_MAX 86400

struct stats {
	const struct ctl_command *cmd;
	const char *socket;
	int as_json, wants_audit, is_terminal;
	double every_s; /* 0: once */
	json_t *before;
	struct timespec asked;
};

static int read_seconds(struct stats *s, const char *text)
{
	char *end;

	s->every_s = text ? strtod(text, &end) : 1;
	if (s->every_s > 0 && s->every_s <= SECONDS_MAX && (!text || !*end))
		return 0;
	ctl_wrong_use(s->cmd, "--watch wants seconds, not \"%s\"", text);
	return -1;
}

/* -1: go on; else the exit status. */
static int read_options(struct stats *s, int argc, char **argv)
{
	static const struct option names[] = {
		{ "watch", optional_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "audit", no_argument, NULL, 'a' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = ctl_option(s->cmd, argc, argv, ":h", names)) != -1) {
		switch (c) {
		case 'w':
			if (read_seconds(s, optarg))
				return CTL_WRONG_USE;
			break;
		case 'j':
			s->as_json = 1;
			break;
		case 'a':
			s->wants_audit = 1;
			break;
		case 's':
			s->socket = optarg;
			break;
		case 'h':
			fputs(s->cmd->help, stdout);
			return ctl_flush(s->cmd);
		default:
			return CTL_WRONG_USE;
		}
	}
	if (optind < argc)
		return ctl_wrong_use(s->cmd, "unexpected \"%s\"", argv[optind]);
	return -1;
}

static double since(const struct timespec *then, const struct timespec *now)
{
	return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

/* A terminal shows the table as it is now; what reads lines gets one a round. */
static void show(struct stats *s, const json_t *now, double seconds)
{
	if (!s->every_s) {
		stats_show(now, NULL, 0);
	} else if (s->is_terminal) {
		fputs("\033[H\033[J", stdout);
		stats_show(now, s->before, seconds);
	} else if (s->before) {
		stats_show_line(now, s->before, seconds);
	}
}

static int round_of(struct stats *s, const char *reply)
{
	json_t *now = json_loads(reply, 0, NULL);
	struct timespec asked;
	unsigned int off = 0;

	clock_gettime(CLOCK_MONOTONIC, &asked);
	if (s->as_json)
		puts(reply);
	else if (!s->wants_audit)
		show(s, now, since(&s->asked, &asked));
	if (s->wants_audit)
		off = stats_audit(now, !s->as_json);
	json_decref(s->before);
	s->before = now;
	s->asked = asked;
	if (ctl_flush(s->cmd))
		return CTL_FAILED;
	return off ? ctl_error(s->cmd, CTL_FAILED, "%u of the sums are off", off) : CTL_OK;
}

static void rest(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

static int rounds(struct stats *s, struct fcd_client *client)
{
	int status;
	char *reply;

	for (;;) {
		reply = ctl_ask(s->cmd, client, "stats");
		if (!reply)
			return CTL_FAILED;
		status = round_of(s, reply);
		free(reply);
		if (status || !s->every_s)
			return status;
		rest(s->every_s);
	}
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct stats s = { .cmd = cmd, .is_terminal = isatty(STDOUT_FILENO) };
	int status = read_options(&s, argc, argv);
	struct fcd_client *client;

	if (status >= 0)
		return status;
	client = ctl_connect(cmd, s.socket);
	status = client ? rounds(&s, client) : CTL_FAILED;
	fcd_client_close(client);
	json_decref(s.before);
	return status;
}

const struct ctl_command ctl_stats = {
	.name = "stats",
	.summary = "the ledger: what became of the events, what was lost and why",
	.help = "Usage: " CTL_PROGRAM " stats [OPTION...]\n\n"
		"Show what became of every event since the daemon started. Nothing is lost "
		"silently:\n"
		"what is missing anywhere is counted here, by cause.\n\n"
		"Options:\n"
		"      --watch[=SECONDS]  again after each second, or so many, with rates; one "
		"line\n"
		"                         each time if the output is no terminal\n"
		"      --audit            show instead that each event is accounted for: by the "
		"engine\n"
		"                         and by each subscriber; ends with status 1 if one is "
		"not\n"
		"      --json             the daemon's answer as it is, one line of JSON\n"
		"      --socket PATH      the daemon's socket\n"
		"  -h, --help             this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " stats --watch\n"
		"  " CTL_PROGRAM " stats --audit && echo nothing is unaccounted for\n"
		"  " CTL_PROGRAM
		" stats --json | jq '.engine.lost | add'    all losses of the engine\n",
	.run = run,
};
