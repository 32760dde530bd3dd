// SPDX-License-Identifier: MIT
/* text.c - errors of the kmod engine. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "engines/kmod/engine.h"

int kmod_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(-code));
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	return code;
}
