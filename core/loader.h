/* SPDX-License-Identifier: MIT */
/*
 * loader.h - from an engine's file to its operations.
 *
 * The file is opened once. Its owner and mode and those of each folder above it are
 * checked, its note is read with libelf, and only then is that same descriptor
 * loaded: a wrong or foreign file is refused without a line of it running.
 */
#ifndef FCD_LOADER_H
#define FCD_LOADER_H

#include "abi/engine.h"

/*
 * Read the note of the engine at path. Errors, each with text and hint in err: -ENOENT no
 * file, -EPERM it or a folder above may be written by others, -ENOEXEC not an ELF shared
 * object or no note, -EPROTONOSUPPORT another ABI or schema.
 */
int fcd_loader_note(const char *path, struct fcd_note *out, struct fcd_err *err);

/* As above, then load. The engine stays loaded until the process ends. */
int fcd_loader_load(const char *path, const struct fcd_engine_ops **out, struct fcd_note *note,
		    struct fcd_err *err);

#endif
