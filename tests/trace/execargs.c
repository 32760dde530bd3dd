/* SPDX-License-Identifier: MIT */
/* execargs.c - more arguments and environment than an event holds. */
#include "exec.h"
#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *filled(char c, size_t len)
{
	char *s = malloc(len + 1);

	trace_need(s != NULL, "malloc");
	memset(s, c, len);
	s[len] = '\0';
	return s;
}

static void more_than_fits(const char *path)
{
	const char *args[] = { "report", filled('a', 2000), filled('b', 3000), "c", NULL };
	const char *env[] = { filled('D', 4000), filled('E', 4000), NULL };

	call(SYS_execve, path, args, env);
}

static void what_just_fits(const char *path)
{
	const char *args[] = { "report", filled('a', PATH_CUT - sizeof("report") - 1), NULL };
	const char *env[] = { filled('D', PATH_CUT - 1), NULL };

	call(SYS_execve, path, args, env);
}

static void one_byte_more(const char *path)
{
	const char *args[] = { "report", filled('a', PATH_CUT - sizeof("report")), NULL };
	const char *env[] = { filled('D', PATH_CUT), NULL };

	call(SYS_execve, path, args, env);
}

static void name_that_fills_all(const char *path)
{
	const char *args[] = { filled('n', PATH_CUT - 1), "one", NULL };

	call(SYS_execve, path, args, exec_env);
}

static void name_too_long(const char *path)
{
	const char *args[] = { filled('n', PATH_CUT + 10), "one", NULL };

	call(SYS_execve, path, args, exec_env);
}

/* More bytes than 16 bits can count, and enough memory to show in vm_rss. */
static void huge(const char *path)
{
	const char *args[17] = { "report" };

	for (int i = 1; i < 16; i++)
		args[i] = filled('a' + i, 100000);
	exec_told.least_rss = 15 * 100000 / 1024;
	exec_tell();
	call(SYS_execve, path, args, exec_env);
}

int main(int argc, char **argv)
{
	const char *report;

	trace_begin(argc, argv, "execve");
	report = exec_prepare();
	exec_in_child(more_than_fits, report);
	exec_in_child(what_just_fits, report);
	exec_in_child(one_byte_more, report);
	exec_in_child(name_that_fills_all, report);
	exec_in_child(name_too_long, report);
	exec_in_child(huge, report);
	unlink(report);
	return trace_end();
}
