/* SPDX-License-Identifier: MIT */
/*
 * loader.h - from an engine's file to its operations.
 *
 * The file is opened once. Its owner and mode and those of each folder above it are
 * checked, its note and exports are read with libelf, and only then is that same descriptor
 * loaded: a wrong or foreign file is refused without a line of it running.
 */
#ifndef FCD_LOADER_H
#define FCD_LOADER_H

#include "abi/engine.h"

/*
 * Can the engine at path be loaded? Errors, each with text and hint in err: -ENOENT no
 * file, -EPERM it or a folder above may be written by others, -ENOEXEC not an ELF shared
 * object for this machine, no note, or other exports than the one function,
 * -EPROTONOSUPPORT another ABI or schema. *out is its note, or zero if that could not be
 * read; what is refused for what its note says has one, too.
 */
int fcd_loader_note(const char *path, struct fcd_note *out, struct fcd_err *err);

/*
 * As above, then load. *out is the host's copy of the operations: those that are younger than
 * the engine are NULL. The engine stays loaded until the process ends.
 */
int fcd_loader_load(const char *path, struct fcd_engine_ops *out, struct fcd_note *note,
		    struct fcd_err *err);

#endif
