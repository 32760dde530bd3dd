// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/err.h"
#include "core/nearest.h"
#include "daemon/options.h"

const char fcd_options_help[] =
	"Usage: falco-capture [OPTION]...\n"
	"       falco-capture --userspace [OPTION]... -- COMMAND [ARGUMENT]...\n"
	"\n"
	"Captures the system calls of this host through one engine and hands them to every\n"
	"program that subscribes on a unix socket. While nobody subscribes it captures nothing.\n"
	"With a COMMAND it captures those of this command and its children; no privilege is\n"
	"needed for that. The daemon ends with the command.\n"
	"\n"
	"  --engine=NAME      kmod, bpf, userspace, or another falco-capture-engine-NAME.so in\n"
	"                     the engine folder: this one or none. auto (the default): the\n"
	"                     first of kmod, bpf, userspace that works here\n"
	"  --userspace        the same as --engine=userspace\n"
	"  --config=FILE      read the settings from FILE (default: " FCD_CONFIG_FILE ",\n"
	"                     if there is one)\n"
	"  --socket=PATH      listen there (default: /run/falco-capture/capture.sock for root,\n"
	"                     else $XDG_RUNTIME_DIR/falco-capture.sock)\n"
	"  --engine-dir=DIR   look for engines there\n"
	"  --check-config     only say whether the settings are right: exit 0 or 2\n"
	"  --print-config     print the settings, and where each comes from, as JSON\n"
	"  --version          print the versions of program, engine ABI, schema and protocol\n"
	"  --help             print this text\n"
	"\n"
	"Flags win over the environment, the environment over the file.\n"
	"  FALCO_BPF_PROBE    set, it chooses the bpf engine: with its built-in probe if it is\n"
	"                     empty, else with the object at that path\n"
	"\n"
	"Examples:\n"
	"  falco-capture                          # as root; Ctrl-C ends it\n"
	"  falco-capture --userspace -- bash      # as anybody: what this shell does\n"
	"  falco-capture --engine=bpf --check-config\n"
	"  falco-capture --engine=fake --socket=/tmp/fake.sock   # made-up events, no privileges\n"
	"and in another terminal\n"
	"  falco-capturectl print --syscalls execve,openat\n"
	"  echo '{\"op\":\"subscribe\",\"filter\":{\"syscalls\":[\"execve\"]}}' |\n"
	"      socat -t 1e9 - UNIX:/run/falco-capture/capture.sock\n"
	"\n"
	"Exit status: 0 ended as asked, 1 failed while running, 2 wrong flag or config,\n"
	"3 no engine can run here (the message says why and what would help). With a COMMAND\n"
	"that was started: its own, or 128 and the number of the signal that killed it.\n";

enum {
	OPT_ENGINE = 1,
	OPT_USERSPACE,
	OPT_CONFIG,
	OPT_SOCKET,
	OPT_ENGINE_DIR,
	OPT_CHECK,
	OPT_PRINT,
	OPT_VERSION,
	OPT_HELP
};

static const struct option options[] = {
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "userspace", no_argument, NULL, OPT_USERSPACE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "engine-dir", required_argument, NULL, OPT_ENGINE_DIR },
	{ "check-config", no_argument, NULL, OPT_CHECK },
	{ "print-config", no_argument, NULL, OPT_PRINT },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static int refuse(const char *given, int missing_value, struct fcd_err *err)
{
	struct fcd_nearest nearest = { .name = given + strspn(given, "-") };
	const struct option *o;
	char hint[64] = "see --help";

	if (missing_value)
		return fcd_err_set(err, -EINVAL, hint, "%s needs a value", given);
	for (o = options; o->name; o++)
		fcd_nearest_try(&nearest, o->name);
	if (nearest.best)
		snprintf(hint, sizeof(hint), "did you mean --%s?", nearest.best);
	return fcd_err_set(err, -EINVAL, hint, "unknown option %s", given);
}

static int set_engine(struct fcd_options_given *o, const char *name, const char *from,
		      struct fcd_err *err)
{
	if (o->engine && strcmp(o->engine, name))
		return fcd_err_set(err, -EINVAL, "one engine runs: name one",
				   "two engines are asked for: %s and %s", o->engine, name);
	if (fcd_config_check_engine(name))
		return fcd_err_set(err, -EINVAL, "auto, kmod, bpf, userspace, fake",
				   "\"%s\" is not the name of an engine", name);
	o->engine = name;
	o->engine_from = from;
	return 0;
}

static int take(struct fcd_options_given *o, int opt, struct fcd_err *err)
{
	switch (opt) {
	case OPT_ENGINE:
		return set_engine(o, optarg, "flag --engine", err);
	case OPT_USERSPACE:
		return set_engine(o, "userspace", "flag --userspace", err);
	case OPT_CONFIG:
		o->config = optarg;
		break;
	case OPT_SOCKET:
		o->socket = optarg;
		break;
	case OPT_ENGINE_DIR:
		o->engine_dir = optarg;
		break;
	case OPT_CHECK:
		o->action = FCD_CHECK_CONFIG;
		break;
	case OPT_PRINT:
		o->action = FCD_PRINT_CONFIG;
		break;
	case OPT_VERSION:
		o->action = FCD_SHOW_VERSION;
		break;
	case OPT_HELP:
		o->action = FCD_SHOW_HELP;
		break;
	}
	return 0;
}

int fcd_options_parse(int argc, char **argv, struct fcd_options_given *out, struct fcd_err *err)
{
	struct fcd_options_given o = { .action = FCD_RUN };
	int opt, at, ret;

	opterr = 0;
	for (;;) {
		at = optind;
		opt = getopt_long(argc, argv, "+:", options, NULL);
		if (opt < 0)
			break;
		if (opt == '?' || opt == ':')
			return refuse(argv[at], opt == ':', err);
		ret = take(&o, opt, err);
		if (ret)
			return ret;
	}
	if (optind == argc && !strcmp(argv[optind - 1], "--"))
		return fcd_err_set(err, -EINVAL, "falco-capture --userspace -- ls /",
				   "no command follows --");
	if (optind < argc && strcmp(argv[optind - 1], "--"))
		return fcd_err_set(err, -EINVAL, "a command that is to be traced comes after --",
				   "unexpected argument \"%s\"", argv[optind]);
	if (optind < argc)
		o.command = argv + optind;
	*out = o;
	return 0;
}

static int set(struct fcd_config *c, char **field, const char *value, const char *path,
	       const char *from)
{
	if (!value)
		return 0;
	return fcd_config_set(field, value) || fcd_config_note(c, path, from) ? -ENOMEM : 0;
}

static int apply(const struct fcd_options_given *o, struct fcd_config *c)
{
	int ret = set(c, &c->engine, o->engine, "$.engine", o->engine_from);

	if (!ret)
		ret = set(c, &c->socket, o->socket, "$.socket", "flag --socket");
	if (!ret)
		ret = set(c, &c->engine_dir, o->engine_dir, "$.engine_dir", "flag --engine-dir");
	return ret;
}

int fcd_options_load(const struct fcd_options_given *o, struct fcd_config *c, struct fcd_err *err)
{
	int ret = fcd_config_init(c);

	if (ret)
		return fcd_err_set(err, ret, NULL, "out of memory");
	if (o->config)
		ret = fcd_config_load(c, o->config, err);
	else if (!access(FCD_CONFIG_FILE, F_OK))
		ret = fcd_config_load(c, FCD_CONFIG_FILE, err);
	if (!ret)
		ret = fcd_config_bpf_probe(c, getenv("FALCO_BPF_PROBE"), err);
	if (!ret && apply(o, c))
		ret = fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	return ret;
}

uint32_t fcd_options_log_level(const struct fcd_config *c, bool has_command)
{
	if (c->log_level != FCD_CONFIG_NO_LEVEL)
		return c->log_level;
	return has_command ? FCD_LOG_WARNING : FCD_LOG_INFO;
}
