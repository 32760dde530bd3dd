// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/conformance/left.h"
#include "tests/conformance/suite.h"

#define SETTLE_MS 2000

void dir_make(void)
{
	strcpy(suite.dir, "/tmp/conformance-XXXXXX");
	if (!mkdtemp(suite.dir))
		perror(suite.dir);
	snprintf(suite.socket, sizeof(suite.socket), "%s/socket", suite.dir);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Call with the name of each entry of a folder, in order. */
static int each_of(const char *dir, void (*call)(const char *name, void *ctx), void *ctx)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, by_name), left = 0;

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			call(names[i]->d_name, ctx);
			left++;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return left;
}

static void unlink_it(const char *name, void *ctx)
{
	char path[320];

	(void)ctx;
	snprintf(path, sizeof(path), "%s/%s", suite.dir, name);
	unlink(path);
}

bool dir_remove(void)
{
	int files = each_of(suite.dir, unlink_it, NULL);

	rmdir(suite.dir);
	return !files;
}

static void add_line(char *text, size_t cap, const char *line)
{
	size_t len = strlen(text);

	snprintf(text + len, cap - len, "%s\n", line);
}

static void add_descriptor(const char *name, void *ctx)
{
	struct left *l = ctx;
	char path[64], target[256], line[340];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%.16s", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0) /* that of the folder that was read */
		return;
	target[len] = '\0';
	snprintf(line, sizeof(line), "%s (%s)", name, target);
	add_line(l->descriptors, sizeof(l->descriptors), line);
}

static void nothing(const char *name, void *ctx)
{
	(void)name, (void)ctx;
}

/* Sanitizers' allocators map private memory as they go; what is leaked of it they find. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_COUNTED(perms) ((perms)[3] == 's')
#else
#define IS_COUNTED(perms) 1
#endif

static int mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4200], perms[5];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += sscanf(line, "%*s %4s", perms) == 1 && IS_COUNTED(perms);
	if (f)
		fclose(f);
	return n;
}

void left_look(struct left *now)
{
	*now = (struct left){ .mappings = mappings() };
	each_of("/proc/self/fd", add_descriptor, now);
	now->threads = each_of("/proc/self/task", nothing, NULL);
}

static bool has_child(void)
{
	siginfo_t info;

	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

/* The first line that is in `now` and not in `before`, or NULL. */
static const char *new_line(const char *before, const char *now)
{
	static char line[340];

	for (; *now; now += strcspn(now, "\n") + 1) {
		snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(now, "\n"), now);
		if (!strstr(before, line)) {
			line[strcspn(line, "\n")] = '\0';
			return line;
		}
	}
	return NULL;
}

static const char *difference(const struct left *before, const struct left *now)
{
	static char text[400];
	const char *line;

	line = new_line(before->descriptors, now->descriptors);
	if (line)
		snprintf(text, sizeof(text), "descriptor %s", line);
	else if (now->threads > before->threads)
		snprintf(text, sizeof(text), "%d threads", now->threads - before->threads);
	else if (has_child())
		snprintf(text, sizeof(text), "a child process");
	else if (now->mappings - before->mappings >= LEFT_ROUNDS)
		snprintf(text, sizeof(text), "%d mappings", now->mappings - before->mappings);
	else
		return NULL;
	return text;
}

/* A thread that was joined is in /proc for a moment longer. */
void left_check(const struct left *before, const char *what)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const char *text = NULL;
	struct left now;

	for (int i = 0; i < SETTLE_MS; i++) {
		left_look(&now);
		text = difference(before, &now);
		if (!text)
			return;
		nanosleep(&ms, NULL);
	}
	fail("after %d rounds of %s there is left over: %s", LEFT_ROUNDS, what, text);
}
