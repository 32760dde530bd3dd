// SPDX-License-Identifier: MIT
/* falco-capturectl doctor: why do I see nothing? */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/filter.h"
#include "cli/doctor.h"

void doctor_say(struct doctor *d, enum doctor_level level, const char *about, const char *format,
		...)
{
	static const char *const mark[] = { "ok", "note", "WRONG" };
	va_list args;

	printf("%-6s %-10s ", mark[level], about);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	d->wrong += level == DOCTOR_WRONG;
}

void doctor_fix(const char *format, ...)
{
	va_list args;

	printf("%-17s fix: ", "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static int read_pid(struct doctor *d, const char *text)
{
	char *end;

	errno = 0;
	d->pid = strtol(text, &end, 10);
	if (!errno && *text && !*end && d->pid > 0 && d->pid <= INT_MAX)
		return 0;
	ctl_wrong_use(d->cmd, "--pid wants the number of a process, not \"%s\"", text);
	return -1;
}

static int read_syscall(struct doctor *d, const char *text)
{
	struct fcd_filter any;

	d->syscall = text;
	fcd_filter_none(&any);
	if (!fcd_filter_add(&any, text, NULL, 0))
		return 0;
	ctl_wrong_use(d->cmd, "no system call is called \"%s\"", text);
	return -1;
}

/* -1: go on; else the exit status. */
static int read_options(struct doctor *d, int argc, char **argv)
{
	static const struct option names[] = {
		{ "syscall", required_argument, NULL, 'c' },
		{ "pid", required_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = ctl_option(d->cmd, argc, argv, ":h", names)) != -1) {
		switch (c) {
		case 'c':
			if (read_syscall(d, optarg))
				return CTL_WRONG_USE;
			break;
		case 'p':
			if (read_pid(d, optarg))
				return CTL_WRONG_USE;
			break;
		case 's':
			d->socket = optarg;
			break;
		case 'h':
			fputs(d->cmd->help, stdout);
			return ctl_flush(d->cmd);
		default:
			return CTL_WRONG_USE;
		}
	}
	if (optind < argc)
		return ctl_wrong_use(d->cmd, "unexpected \"%s\"", argv[optind]);
	return -1;
}

/* NULL: the daemon does not answer this, which is said. */
static json_t *ask(struct doctor *d, struct fcd_client *client, const char *op)
{
	struct fcd_client_error err;
	char request[32], *reply;
	json_t *json;

	snprintf(request, sizeof(request), "{\"op\":\"%s\"}", op);
	if (fcd_client_request(client, request, &reply, &err)) {
		doctor_say(d, DOCTOR_WRONG, "answer", "%s: %s", op, err.text);
		return NULL;
	}
	json = json_loads(reply, 0, NULL);
	free(reply);
	return json;
}

/* A refusal ends the connection: each question has its own. */
static json_t *connect_and_ask(struct doctor *d, const char *op)
{
	struct fcd_client_error err;
	struct fcd_client *client;
	json_t *reply;
	int ret = fcd_client_open(&client, d->socket, &err);

	if (ret) {
		doctor_reach(d, ret, err.text);
		return NULL;
	}
	reply = ask(d, client, op);
	fcd_client_close(client);
	return reply;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct doctor d = { .cmd = cmd };
	json_t *status, *stats = NULL;
	int ret = read_options(&d, argc, argv);

	if (ret >= 0)
		return ret;
	status = connect_and_ask(&d, "status");
	if (status)
		stats = connect_and_ask(&d, "stats");
	d.status = status;
	d.stats = stats;
	if (status)
		doctor_examine(&d);
	json_decref(status);
	json_decref(stats);
	if (ctl_flush(cmd))
		return CTL_FAILED;
	return d.wrong ? CTL_FAILED : CTL_OK;
}

const struct ctl_command ctl_doctor = {
	.name = "doctor",
	.summary = "why do I see nothing? checks each step and says what would help",
	.help = "Usage: " CTL_PROGRAM " doctor [OPTION...]\n\n"
		"Follow the events from the engine to the reader and say at each step whether it "
		"is as it\n"
		"should be, and if not, what would help. Ends with status 1 if something is "
		"wrong.\n\n"
		"Options:\n"
		"      --syscall NAME  would this system call be seen now\n"
		"      --pid PID       would this process be seen now\n"
		"      --socket PATH   the daemon's socket\n"
		"  -h, --help          this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " doctor\n"
		"  " CTL_PROGRAM " doctor --syscall connect --pid 4242\n",
	.run = run,
};
