/* SPDX-License-Identifier: MIT */
/* ctl.h - what the commands of falco-capturectl share. One file per command. */
#ifndef FCD_CTL_H
#define FCD_CTL_H

#include <getopt.h>
#include <jansson.h>
#include "client/falco-capture.h"

#define CTL_PROGRAM "falco-capturectl"

/* Exit statuses. */
enum { CTL_OK, CTL_FAILED, CTL_WRONG_USE };

struct ctl_command {
	const char *name;
	const char *summary; /* one line */
	const char *help;
	/* argv[0] is the command's name. Returns the exit status. */
	int (*run)(const struct ctl_command *cmd, int argc, char **argv);
};

extern const struct ctl_command ctl_print, ctl_status, ctl_stats, ctl_engines, ctl_doctor,
	ctl_snapshot;

/* A message to stderr, after the program's and the command's name. Returns status. */
int ctl_error(const struct ctl_command *cmd, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for a wrong command line: points to --help, returns CTL_WRONG_USE. */
int ctl_wrong_use(const struct ctl_command *cmd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same about a word that is none of the NULL-terminated known ones; names the nearest. */
int ctl_unknown(const struct ctl_command *cmd, const char *what, const char *word,
		const char *const *known);

/* getopt_long, but a wrong option is explained on stderr and gives '?'. -1: no more. */
int ctl_option(const struct ctl_command *cmd, int argc, char **argv, const char *letters,
	       const struct option *names);

/* Write out what stdout holds. A closed pipe is fine: whoever read has seen enough. */
int ctl_flush(const struct ctl_command *cmd);

/* NULL: that is said. fcd_client_close() and free() are the caller's. */
struct fcd_client *ctl_connect(const struct ctl_command *cmd, const char *socket);
char *ctl_ask(const struct ctl_command *cmd, struct fcd_client *client, const char *op);

struct ctl_query {
	const char *socket; /* NULL: the usual one */
	int as_json;
};

/* The options --json, --socket and --help. -1: go on, with argv[optind]; else the exit status. */
int ctl_query_options(const struct ctl_command *cmd, int argc, char **argv, struct ctl_query *q);

/*
 * The whole of a command that asks the daemon {"op":<its name>} and shows the answer, as it
 * is with --json.
 */
int ctl_query(const struct ctl_command *cmd, int argc, char **argv,
	      void (*show)(const json_t *reply));

/* Of a JSON object, with a default when the key is missing: "-", 0. */
const char *ctl_text(const json_t *object, const char *key);
long long ctl_number(const json_t *object, const char *key);
/* The array "subscribers" of a reply; seq: the number of the next event. */
void ctl_show_subscribers(const json_t *reply, long long seq);

#endif
