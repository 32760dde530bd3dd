// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include "client/internal.h"

int fcd_client_error_set(struct fcd_client_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}
