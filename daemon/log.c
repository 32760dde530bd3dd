// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "daemon/log.h"

#define CLIENTS_S 10

static uint32_t max_level = FCD_LOG_INFO;
static bool is_journal;

/* systemd says in JOURNAL_STREAM which file its journal is; it is inherited by those who log
 * elsewhere. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && !fstat(2, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

void fcd_log_level(uint32_t level)
{
	__atomic_store_n(&max_level, level, __ATOMIC_RELAXED);
}

void fcd_log_init(uint32_t level)
{
	fcd_log_level(level);
	is_journal = stderr_is_journal();
}

static bool is_wanted(uint32_t level)
{
	return level <= __atomic_load_n(&max_level, __ATOMIC_RELAXED) && level <= FCD_LOG_DEBUG;
}

static void say(uint32_t level, const char *format, va_list args)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	static const char *const journal[] = { "<3>", "<4>", "<6>", "<7>" };
	char line[1024];
	size_t len, i;

	len = (size_t)snprintf(line, sizeof(line),
			       "%sfalco-capture: %s: ", is_journal ? journal[level] : "",
			       names[level]);
	vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	/* A name from outside can neither begin a line of its own nor steer the terminal. */
	for (i = len; line[i]; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	line[i] = '\n';
	if (write(2, line, i + 1) < 0)
		return; /* there is nowhere to say so */
}

void fcd_log(uint32_t level, const char *format, ...)
{
	va_list args;

	if (!is_wanted(level))
		return;
	va_start(args, format);
	say(level, format, args);
	va_end(args);
}

/* One line more about a client? */
static bool has_room(void)
{
	static unsigned int said, left_out;
	static time_t until;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec >= until) {
		if (left_out)
			fcd_log(FCD_LOG_WARNING, "%u lines about clients were left out", left_out);
		said = left_out = 0;
		until = now.tv_sec + CLIENTS_S;
	}
	if (said++ < FCD_LOG_CLIENTS)
		return true;
	left_out++;
	return false;
}

void fcd_log_client(uint32_t level, const char *format, ...)
{
	va_list args;

	if (!is_wanted(level) || !has_room())
		return;
	va_start(args, format);
	say(level, format, args);
	va_end(args);
}

void fcd_log_err(uint32_t level, const char *what, const struct fcd_err *err)
{
	if (err->hint[0])
		fcd_log(level, "%s: %s (%s)", what, err->text, err->hint);
	else
		fcd_log(level, "%s: %s", what, err->text);
}

void fcd_log_engine(void *ctx, uint32_t level, const char *text)
{
	fcd_log(level, "engine %s: %s", (const char *)ctx, text);
}
