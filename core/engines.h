/* SPDX-License-Identifier: MIT */
/* engines.h - the folder with the engines: which are there, and which of them can be loaded. */
#ifndef FCD_ENGINES_H
#define FCD_ENGINES_H

#include "abi/engine.h"
#include "core/text.h"

/*
 * The folder that was installed with this program, else the one of the build tree that it runs
 * from; whether it is there is found out by those who use it. -ENAMETOOLONG, or what readlink
 * says.
 */
int fcd_engines_dir(char *out, size_t cap);

/* The file of the engine of this name in dir. -ENAMETOOLONG. */
int fcd_engines_path(const char *dir, const char *name, char *out, size_t cap);

/* For a hint: "installed: bpf, fake", or that dir has none. */
void fcd_engines_hint(const char *dir, char *out, size_t cap);

/*
 * "dir":...,"engines":[...], the inside of a JSON object (docs/wire.md), of what the files in dir
 * say of themselves: nothing of them runs. A negative errno if dir cannot be read.
 */
int fcd_engines_json(struct fcd_text *t, const char *dir, struct fcd_err *err);

#endif
