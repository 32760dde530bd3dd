// SPDX-License-Identifier: MIT
#include "engines/udig/trace/err.h"

#include <stdarg.h>
#include <stdio.h>

int trace_fail(struct trace_err *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}
