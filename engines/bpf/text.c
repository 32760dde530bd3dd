// SPDX-License-Identifier: MIT
/* text.c - errors of the bpf engine, with what libbpf said. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "engines/bpf/engine.h"

/* libbpf's callback has no context: the last warning of this thread. */
static __thread char last[256];

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(last, sizeof(last), format, args);
		last[strcspn(last, "\n")] = 0;
	}
	return 0;
}

void bpf_text_init(void)
{
	last[0] = 0;
	libbpf_set_print(keep);
}

int bpf_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s%s%s%s", strerror(-code),
		 last[0] ? " (" : "", last, last[0] ? ")" : "");
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	last[0] = 0;
	return code;
}
