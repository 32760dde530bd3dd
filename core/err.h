/* SPDX-License-Identifier: MIT */
/* err.h - put text into a struct fcd_err. */
#ifndef FCD_ERR_H
#define FCD_ERR_H

#include "abi/engine.h"

/* Set text and hint (NULL: none) and return code, so that it can end a function. err may be NULL. */
int fcd_err_set(struct fcd_err *err, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
