// SPDX-License-Identifier: MIT
/* text.c - errors of the kmod engine. */
#include <stdarg.h>
#include <stdio.h>
#include "engines/kmod/engine.h"

int kmod_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
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
