// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include "cli/filter.h"

/* NULL: it is none. */
static json_t *number_of(const char *word)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(word, &end, 10);
	return word[0] < '0' || word[0] > '9' || *end || errno ? NULL : json_integer(number);
}

/* Here we may ask whoever knows users, which the daemon does not. */
static json_t *user_of(const char *word)
{
	const struct passwd *user = getpwnam(word);

	return user ? json_integer(user->pw_uid) : json_string(word);
}

/* NULL: it is none. */
static json_t *value_of(int c, const char *word)
{
	json_t *number = c == 'p' || c == 'u' ? number_of(word) : NULL;

	if (number || c == 'p')
		return number;
	return c == 'u' ? user_of(word) : json_string(word);
}

static int add_value(const struct ctl_command *cmd, int c, const char *word, json_t *list)
{
	json_t *value = value_of(c, word);

	if (!value && c == 'p')
		return ctl_wrong_use(cmd, "-p wants the number of a process, not \"%s\"", word);
	if (json_array_append_new(list, value))
		return ctl_wrong_use(cmd, "not a text: \"%s\"", word);
	return -1;
}

static int add_values(const struct ctl_command *cmd, int c, const char *words, json_t *list)
{
	char *copy = strdup(words), *rest = copy, *word;
	int status = -1;

	/* A path may have commas. */
	if (c == 'G')
		status = add_value(cmd, c, words, list);
	else
		while (status < 0 && (word = strsep(&rest, ",")))
			status = add_value(cmd, c, word, list);
	free(copy);
	return status;
}

static int add_json(const struct ctl_command *cmd, const char *text, json_t *filter)
{
	json_error_t where;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	int status = -1;

	if (!value)
		return ctl_wrong_use(cmd, "--filter: %s (column %d)", where.text, where.column);
	if (json_object_update(filter, value))
		status = ctl_wrong_use(cmd, "--filter wants an object: {\"pids\":[4242]}");
	json_decref(value);
	return status;
}

static const char *key_of(int c)
{
	static const struct {
		int c;
		const char *key;
	} keys[] = { { 's', "syscalls" },  { 'g', "categories" }, { 'p', "pids" },
		     { 'n', "comms" },	   { 'u', "uids" },	  { 'G', "cgroups" },
		     { 'C', "containers" } };
	size_t i;

	for (i = 0; keys[i].c != c; i++)
		;
	return keys[i].key;
}

int ctl_filter_option(const struct ctl_command *cmd, int c, const char *value, json_t **filter)
{
	json_t *list;

	if (!*filter)
		*filter = json_object();
	if (c == 'f')
		return add_json(cmd, value, *filter);
	if (c == 'F') {
		json_object_set_new(*filter, "failed", json_true());
		return -1;
	}
	list = json_object_get(*filter, key_of(c));
	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(*filter, key_of(c), list);
	}
	return add_values(cmd, c, value, list);
}
