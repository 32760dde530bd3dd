/* SPDX-License-Identifier: MIT */
/* options.h - the command line. */
#ifndef FCD_OPTIONS_H
#define FCD_OPTIONS_H

#include <stdbool.h>
#include "core/config.h"

enum fcd_action { FCD_RUN, FCD_CHECK_CONFIG, FCD_PRINT_CONFIG, FCD_SHOW_HELP, FCD_SHOW_VERSION };

/* NULL: not given. */
struct fcd_options_given {
	enum fcd_action action;
	const char *engine, *config, *socket, *engine_dir;
	const char *engine_from; /* which flag named it */
	char **command;		 /* its words and a NULL */
};

/* -EINVAL: err says what is wrong with it. */
int fcd_options_parse(int argc, char **argv, struct fcd_options_given *out, struct fcd_err *err);
/*
 * The whole config: defaults, file, environment, flags. A negative errno: err says what is wrong.
 * To be freed with fcd_config_fini in any case.
 */
int fcd_options_load(const struct fcd_options_given *o, struct fcd_config *c, struct fcd_err *err);
/* The config's, or what is usual. A command's terminal is not for us. */
uint32_t fcd_options_log_level(const struct fcd_config *c, bool has_command);

extern const char fcd_options_help[];

#endif
