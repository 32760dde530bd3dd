/* SPDX-License-Identifier: MIT */
/* beside.h - find what was installed, or built, together with the program that runs. */
#ifndef FCD_BESIDE_H
#define FCD_BESIDE_H

#include <stddef.h>

/*
 * The first of the two that exists, as a path without symlinks. Both are relative to the
 * program's folder: where it lies once installed, where it lies in a build tree. -ENOENT:
 * neither exists, and out is where it should have been installed. Also -ENAMETOOLONG, or what
 * readlink says.
 */
int fcd_beside_find(const char *installed, const char *built, char *out, size_t cap);

#endif
