// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/err.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/server.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };

/* A descriptor per client and some per ring: more than the usual 1024 may be needed. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int serve(struct fcd_config *c, const struct fcd_options_given *given,
		 struct fcd_engine_choice *engine, struct fcd_socket *socket,
		 struct fcd_command *command)
{
	struct fcd_server server;
	struct fcd_capture_setup setup = { .ops = &engine->ops,
					   .abi_minor = engine->note.abi_minor,
					   .engine = engine->engine,
					   .broadcast_bytes = c->broadcast_bytes,
					   .priority_bytes = c->priority_bytes,
					   .hold_ms = c->hold_ms,
					   .notify = fcd_server_notify,
					   .ctx = &server };
	struct fcd_capture *capture;
	struct fcd_err why;
	int err = fcd_server_init(&server, c, given, engine, socket, command);
	int ret = EXIT_FAILED;

	if (err) {
		fcd_log(FCD_LOG_ERROR, "the event loop: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (fcd_capture_new(&capture, &setup, &why)) {
		fcd_log_err(FCD_LOG_ERROR, "the capture cannot start", &why);
		ret = EXIT_REFUSED;
		goto fini_server;
	}
	if (fcd_server_run(&server, capture, &why)) {
		fcd_log_err(FCD_LOG_ERROR, "it cannot begin", &why);
		fcd_capture_stop(capture);
	} else {
		ret = command ? command->status : EXIT_SUCCESS;
	}
	fcd_capture_free(capture);
fini_server:
	fcd_server_fini(&server);
	return ret;
}

/* With another engine than this one a command would not be what its user expects. */
static bool takes_command(const char *engine)
{
	if (!strcmp(engine, "userspace") || !strcmp(engine, "auto"))
		return true;
	fcd_log(FCD_LOG_ERROR,
		"a command is not for the %s engine (kmod and bpf see every process: start the "
		"command by itself; or choose --userspace)",
		engine);
	return false;
}

static int open_and_serve(struct fcd_config *c, const struct fcd_options_given *given,
			  const char *dir, struct fcd_socket *socket, struct fcd_command *command)
{
	struct fcd_engine_choice engine;
	struct fcd_err err = { 0 };
	int ret = EXIT_USAGE;

	if (fcd_engine_choose(&engine, c, dir, socket->path, &err)) {
		fcd_log_err(FCD_LOG_ERROR, c->engine, &err);
		return EXIT_REFUSED;
	}
	if (!command || takes_command(engine.name))
		ret = serve(c, given, &engine, socket, command);
	fcd_engine_fini(&engine);
	return ret;
}

static int run(struct fcd_config *c, const struct fcd_options_given *given, const char *dir)
{
	char **words = given->command;
	struct fcd_command command;
	struct fcd_socket socket;
	struct fcd_err err = { 0 };
	int ret;

	if (words && !takes_command(c->engine))
		return EXIT_USAGE;
	if (words && fcd_command_init(&command, words, &err)) {
		fcd_log_err(FCD_LOG_ERROR, "no command can be traced", &err);
		return EXIT_REFUSED;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!words) /* a command inherits the limit, and has few subscribers */
		raise_descriptors();
	if (fcd_socket_open(&socket, c, &err)) {
		fcd_log_err(FCD_LOG_ERROR, "no socket", &err);
		return EXIT_FAILED;
	}
	ret = open_and_serve(c, given, dir, &socket, words ? &command : NULL);
	fcd_socket_close(&socket);
	return ret;
}

static int print_config(const struct fcd_config *c, const char *dir)
{
	struct fcd_text text = { 0 };
	bool failed;

	fcd_engine_show_config(c, dir, &text);
	failed = text.failed || fwrite(text.at, 1, text.len, stdout) != text.len;
	fcd_text_free(&text);
	return failed ? EXIT_FAILED : EXIT_SUCCESS;
}

static int check_or_run(const struct fcd_options_given *given)
{
	struct fcd_config config = { 0 };
	struct fcd_err err = { 0 };
	char dir[PATH_MAX];
	int ret = EXIT_SUCCESS;

	fcd_log_init(FCD_LOG_INFO);
	if (fcd_options_load(given, &config, &err) || fcd_engine_check(&config, dir, &err)) {
		fcd_log_err(FCD_LOG_ERROR, "config", &err);
		ret = EXIT_USAGE;
	} else if (given->action == FCD_CHECK_CONFIG) {
		printf("The config is right: engine %s, engines in %s.\n", config.engine, dir);
	} else if (given->action == FCD_PRINT_CONFIG) {
		ret = print_config(&config, dir);
	} else {
		fcd_log_level(fcd_options_log_level(&config, given->command));
		ret = run(&config, given, dir);
	}
	fcd_config_fini(&config);
	return ret;
}

int main(int argc, char **argv)
{
	struct fcd_options_given given;
	struct fcd_err err;

	if (fcd_options_parse(argc, argv, &given, &err)) {
		fprintf(stderr, "falco-capture: %s (%s)\n", err.text, err.hint);
		return EXIT_USAGE;
	}
	switch (given.action) {
	case FCD_SHOW_HELP:
		fputs(fcd_options_help, stdout);
		return EXIT_SUCCESS;
	case FCD_SHOW_VERSION:
		printf("falco-capture %s (engine ABI %d.%d, event schema %s, wire protocol %d)\n",
		       FCD_VERSION, FCD_ABI_MAJOR, FCD_ABI_MINOR, FCD_SCHEMA, FCD_WIRE);
		return EXIT_SUCCESS;
	default:
		return check_or_run(&given);
	}
}
