// SPDX-License-Identifier: MIT
/* falco-capturectl print: system calls as they happen, a line each. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/format.h"
#include "client/falco-capture.h"
#include "cli/ctl.h"
#include "cli/filter.h"

struct print {
	const struct ctl_command *cmd;
	struct fcd_client *client;
	const char *socket;
	json_t *filter; /* NULL: everything */
	bool as_json;
	unsigned int flags;	 /* of the subscription */
	bool is_alone;		 /* there is no daemon, and that was said */
	unsigned long long left; /* events still to be printed */
};

static volatile sig_atomic_t is_stopped;

/* ---- options ---- */

static int set_output(struct print *p, const char *word)
{
	static const char *const known[] = { "text", "json", NULL };

	if (strcmp(word, "text") && strcmp(word, "json"))
		return ctl_unknown(p->cmd, "output", word, known);
	p->as_json = !strcmp(word, "json");
	return -1;
}

static int set_count(struct print *p, const char *word)
{
	char *end;

	errno = 0;
	p->left = strtoull(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end || errno || !p->left)
		return ctl_wrong_use(p->cmd, "-c wants a number from 1 on, not \"%s\"", word);
	return -1;
}

/* -1: go on; else the exit status. */
static int set_option(struct print *p, int c)
{
	switch (c) {
	case 'o':
		return set_output(p, optarg);
	case 'c':
		return set_count(p, optarg);
	case 'R':
		p->flags |= FCD_CLIENT_RECONNECT;
		return -1;
	case 'S':
		p->socket = optarg;
		return -1;
	case 'h':
		fputs(p->cmd->help, stdout);
		return ctl_flush(p->cmd);
	case '?':
		return CTL_WRONG_USE;
	default:
		return ctl_filter_option(p->cmd, c, optarg, &p->filter);
	}
}

static int read_options(struct print *p, int argc, char **argv)
{
	static const struct option names[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "count", required_argument, NULL, 'c' },
		CTL_FILTER_OPTIONS,
		{ "reconnect", no_argument, NULL, 'R' },
		{ "socket", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, status = -1;

	while (status < 0 &&
	       (c = ctl_option(p->cmd, argc, argv, ":ho:c:" CTL_FILTER_LETTERS, names)) != -1)
		status = set_option(p, c);
	if (status < 0 && optind < argc)
		return ctl_wrong_use(p->cmd,
				     "unexpected \"%s\"; to choose system calls: "
				     "--syscalls %s",
				     argv[optind], argv[optind]);
	return status;
}

/* ---- signals ---- */

static void stop(int signal)
{
	(void)signal;
	is_stopped = 1;
}

/* A second signal kills: nobody waits for a reader of our output that is stuck. */
static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- records ---- */

/* A loss must not look like one line of many. */
static int print_gap(const struct fcd_gap *gap)
{
	int n;

	if (gap->cause == FCD_LOSS_RESTART)
		n = puts("--- another daemon: what happened in between was not captured ---");
	else
		n = printf("--- %" PRIu64 " events lost: %s %s ---\n", (uint64_t)gap->lost,
			   fcd_loss_stage(gap->cause), fcd_loss_name(gap->cause));
	return n < 0 ? -errno : 0;
}

static int print_record(struct print *p, const struct fcd_envelope *r)
{
	char *line;
	int ret;

	if (r->kind == FCD_GAP && !p->as_json)
		return print_gap((const struct fcd_gap *)(r + 1));
	line = p->as_json ? fcd_client_json(p->client, r) : fcd_client_text(p->client, r);
	if (!line) {
		ctl_error(p->cmd, CTL_FAILED, "event %" PRIu64 " cannot be decoded",
			  (uint64_t)r->seq);
		return 0;
	}
	ret = fputs(line, stdout) < 0 ? -errno : 0;
	free(line);
	if (r->kind == FCD_EVENT)
		p->left--;
	return ret;
}

/* With --reconnect: once when the daemon has gone; the next one begins with a record. */
static void say_if_alone(struct print *p)
{
	bool is_alone = !fcd_client_is_connected(p->client);

	if (is_alone && !p->is_alone)
		ctl_error(p->cmd, CTL_OK, "the daemon has ended, waiting for the next one");
	p->is_alone = is_alone;
}

/* -EPIPE: whoever read our output is gone. */
static int wait_for_more(struct print *p)
{
	struct pollfd fds[] = {
		{ .fd = fcd_client_fd(p->client), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	sigset_t signals, old;
	int ret = 0;

	say_if_alone(p);
	if (fflush(stdout))
		return -errno;
	/* Blocked, so that none comes between the look and the wait. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &old);
	if (!is_stopped && ppoll(fds, 2, NULL, &old) < 0 && errno != EINTR)
		ret = -errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fds[1].revents ? -EPIPE : ret;
}

static int print_all(struct print *p)
{
	const struct fcd_envelope *r;
	int ret = 0;

	while (!ret && !is_stopped && p->left) {
		ret = fcd_client_next(p->client, &r, 0);
		if (ret == 1)
			ret = print_record(p, r);
		else if (ret == 0)
			ret = wait_for_more(p);
	}
	return ret;
}

static int subscribe(struct print *p)
{
	char *text = p->filter ? json_dumps(p->filter, JSON_COMPACT) : NULL;
	struct fcd_client_error err;
	int ret;

	ret = fcd_client_subscribe(p->client, text, p->flags, &err);
	free(text);
	if (!ret)
		return CTL_OK;
	return ctl_error(p->cmd, ret == -EINVAL ? CTL_WRONG_USE : CTL_FAILED, "%s", err.text);
}

/* Stopped while nobody takes our output: do not wait for that. */
static void drop_stuck_output(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (poll(&out, 1, 0) == 0)
		__fpurge(stdout);
}

/* The next daemon does not want us. */
static int refused(struct print *p)
{
	json_t *reply = json_loads(fcd_client_reply(p->client), 0, NULL);

	ctl_error(p->cmd, CTL_FAILED, "%s (%s)", ctl_text(reply, "error"), ctl_text(reply, "hint"));
	json_decref(reply);
	return CTL_FAILED;
}

static int ending(struct print *p, int ret)
{
	if (is_stopped)
		drop_stuck_output();
	if (is_stopped || ret == -EPIPE)
		return CTL_OK;
	if (ret == -EREMOTEIO)
		return refused(p);
	if (ret && ret != -ECONNRESET)
		return ctl_error(p->cmd, CTL_FAILED, "%s", strerror(-ret));
	if (ctl_flush(p->cmd))
		return CTL_FAILED;
	if (ret)
		return ctl_error(p->cmd, CTL_FAILED, "the daemon has ended");
	return CTL_OK;
}

static int capture(struct print *p)
{
	struct fcd_client_error err;
	int status;

	if (fcd_client_open(&p->client, p->socket, &err))
		return ctl_error(p->cmd, CTL_FAILED, "%s", err.text);
	status = subscribe(p);
	if (status == CTL_OK) {
		catch_signals();
		status = ending(p, print_all(p));
	}
	fcd_client_close(p->client);
	return status;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct print p = { .cmd = cmd, .flags = FCD_CLIENT_PROCESSES, .left = UINT64_MAX };
	int status = read_options(&p, argc, argv);

	if (status < 0)
		status = capture(&p);
	json_decref(p.filter);
	return status;
}

const struct ctl_command ctl_print = {
	.name = "print",
	.summary = "show system calls as they happen",
	.help = "Usage: " CTL_PROGRAM " print [OPTION...]\n\n"
		"Print the system calls of this host as they happen, one line each, until Ctrl-C.\n"
		"A line shows the time, the CPU, the thread, the system call and its parameters.\n"
		"Events that were lost are shown in their place, with the cause.\n\n"
		"Options:\n"
		"  -o, --output FORMAT  text (default) or json\n"
		"  -c, --count N        end after N events\n"
		"      --reconnect      when the daemon ends, wait for the next one\n"
		"      --socket PATH    the daemon's socket\n"
		"  -h, --help           this text\n\n" CTL_FILTER_HELP "\n"
		"Examples:\n"
		"  " CTL_PROGRAM " print -c 20                          the next twenty\n"
		"  " CTL_PROGRAM " print --syscalls execve,openat       what runs, what is opened\n"
		"  " CTL_PROGRAM
		" print -p 4242 --failed               what goes wrong in a service\n"
		"  " CTL_PROGRAM " print -o json --syscalls connect | jq -r .addr\n",
	.run = run,
};
