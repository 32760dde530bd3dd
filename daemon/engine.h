/* SPDX-License-Identifier: MIT */
/* engine.h - choose an engine, load it, open it. */
#ifndef FCD_ENGINE_CHOICE_H
#define FCD_ENGINE_CHOICE_H

#include <limits.h>
#include "core/config.h"

#define FCD_REFUSED_MAX 3

/* An engine that comes before the one that runs. */
struct fcd_refused {
	char name[16];
	struct fcd_err err; /* why it does not run */
};

struct fcd_engine_choice {
	const char *dir; /* where engines are looked for */
	struct fcd_engine_ops ops;
	struct fcd_engine *engine;
	struct fcd_note note;
	struct fcd_host host;
	struct fcd_options *options;
	char name[16];
	struct fcd_refused refused[FCD_REFUSED_MAX];
	uint32_t refused_count;
};

/*
 * The folder with the engines, in dir: the config's, else as fcd_engines_dir finds it. And are the
 * config's sections of engines right, as far as these are installed? -EINVAL: err says what is not.
 */
int fcd_engine_check(const struct fcd_config *c, char dir[PATH_MAX], struct fcd_err *err);

/*
 * The whole config as JSON, with the origin of each value and the options of the engines that are
 * installed or named. It was checked.
 */
void fcd_engine_show_config(const struct fcd_config *c, const char *dir, struct fcd_text *out);

/*
 * Open the engine that the config names, or the first that works. socket is the path that the
 * daemon will listen on. Both strings are used until fcd_engine_fini. On success the choice is
 * complete and logged in one line. -EINVAL: the config is wrong. Anything else: refused; err has
 * why and what would help, and with auto each candidate's refusal was logged.
 */
int fcd_engine_choose(struct fcd_engine_choice *out, const struct fcd_config *c, const char *dir,
		      const char *socket, struct fcd_err *err);
/* Closes the engine. The capture thread has ended. */
void fcd_engine_fini(struct fcd_engine_choice *choice);

#endif
