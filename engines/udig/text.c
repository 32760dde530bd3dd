// SPDX-License-Identifier: MIT
/* text.c - errors, log lines and the clock of the userspace engine. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include "engines/udig/engine.h"

#define SECOND	  1000000000ULL
#define LINES_MAX 20 /* in a second */

int udig_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
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

uint64_t udig_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void new_second(struct udig_log *log, uint64_t now)
{
	char text[80];

	if (log->left_out) {
		snprintf(text, sizeof(text), "%u more lines about producers were left out",
			 log->left_out);
		log->host->log(log->host->ctx, FCD_LOG_WARNING, text);
	}
	log->since_ns = now;
	log->lines = log->left_out = 0;
}

void udig_say(struct udig_log *log, uint32_t level, const char *format, ...)
{
	uint64_t now = udig_now_ns();
	char text[512];
	va_list args;

	if (now - log->since_ns >= SECOND)
		new_second(log, now);
	if (log->lines == LINES_MAX) {
		log->left_out++;
		return;
	}
	log->lines++;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log->host->log(log->host->ctx, level, text);
}
