/* SPDX-License-Identifier: MIT */
/* err.c - put text into a struct fcd_err. */
#include <stdarg.h>
#include <stdio.h>
#include "core/err.h"

int fcd_err_set(struct fcd_err *err, int code, const char *hint, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	return code;
}
