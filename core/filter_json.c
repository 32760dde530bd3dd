// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include "core/filter_json.h"
#include "core/spot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PID_MAX	     4194304 /* PID_MAX_LIMIT of the kernel */
#define CATEGORIES                                                                                 \
	"file, io_other, io_read, io_write, ipc, memory, net, other, process, signal, sleep, "     \
	"system, time, user, wait"

struct parse {
	struct fcd_filter *filter;
	const char *code;
};

/* Add one value of a list. */
typedef int add_fn(struct parse *p, const struct fcd_spot *spot, const json_t *value);

/* The result of fcd_filter_add_number and _word. */
static int added(const struct fcd_spot *spot, int err)
{
	if (err == -E2BIG)
		return fcd_spot_fail(spot, "take several subscriptions", "more than %d values",
				     FCD_FILTER_VALUES_MAX);
	if (err)
		return fcd_spot_fail(spot, "try again later", "%s", strerror(-err));
	return 0;
}

static int unknown(struct parse *p, const struct fcd_spot *spot, const char *code,
		   const char *nearest, const char *hint, const char *what, const char *name)
{
	char meant[96];

	p->code = code;
	snprintf(meant, sizeof(meant), "did you mean \"%s\"?", nearest);
	return fcd_spot_fail(spot, nearest[0] ? meant : hint, "no %s is called \"%.60s\"", what,
			     name);
}

static int add_syscall(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	const char *name;
	char nearest[64];
	int err = fcd_spot_text(spot, value, &name);

	if (err || !fcd_filter_add(p->filter, name, nearest, sizeof(nearest)))
		return err;
	return unknown(p, spot, "unknown_syscall", nearest,
		       "names are those of x86_64's system calls: openat", "system call", name);
}

static int add_category(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	const char *name;
	char nearest[64];
	int err = fcd_spot_text(spot, value, &name);

	if (err || !fcd_filter_add_category(p->filter, name, nearest, sizeof(nearest)))
		return err;
	return unknown(p, spot, "unknown_category", nearest, "known: " CATEGORIES, "category",
		       name);
}

static int add_pid(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	uint64_t pid;
	int err = fcd_spot_number(spot, value, 1, PID_MAX, &pid);

	return err ? err : added(spot, fcd_filter_add_number(&p->filter->pids, (uint32_t)pid));
}

/* -ENOENT */
static int user_of(const char *name, uint32_t *uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd user, *found;
	char text[4096];
	int err = -ENOENT;

	while (file && err && !fgetpwent_r(file, &user, text, sizeof(text), &found)) {
		if (strcmp(user.pw_name, name))
			continue;
		*uid = user.pw_uid;
		err = 0;
	}
	if (file)
		fclose(file);
	return err;
}

static int add_user(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	const char *name = json_string_value(value);
	uint64_t number;
	uint32_t uid;
	int err;

	if (name && user_of(name, &uid))
		return unknown(p, spot, "unknown_user", "", "give the number that id -u shows",
			       "user of /etc/passwd", name);
	if (!name) {
		err = fcd_spot_number(spot, value, 0, UINT32_MAX - 1, &number);
		if (err)
			return err;
		uid = (uint32_t)number;
	}
	return added(spot, fcd_filter_add_number(&p->filter->uids, uid));
}

static int add_word(struct fcd_filter_words *words, const struct fcd_spot *spot,
		    const json_t *value)
{
	const char *word;
	int err = fcd_spot_text(spot, value, &word);

	if (!err && !word[0])
		err = fcd_spot_expected(spot, "a string that is not empty", value);
	return err ? err : added(spot, fcd_filter_add_word(words, word));
}

static int add_comm(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	return add_word(&p->filter->comms, spot, value);
}

static int add_cgroup(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	const char *path = json_string_value(value);

	if (path && path[0] != '/')
		return fcd_spot_expected(spot, "a path that begins with /", value);
	return add_word(&p->filter->cgroups, spot, value);
}

static int add_container(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	return add_word(&p->filter->containers, spot, value);
}

static const struct key {
	const char *name, *of, *value; /* an array of `of`, each names a `value` */
	add_fn *add;
} keys[] = {
	{ "syscalls", "names", "system call", add_syscall },
	{ "categories", "names", "category", add_category },
	{ "pids", "numbers", "process", add_pid },
	{ "comms", "names", "process", add_comm },
	{ "uids", "names or numbers", "user", add_user },
	{ "cgroups", "paths", "control group", add_cgroup },
	{ "containers", "ids", "container", add_container },
};

static int take_list(struct parse *p, const struct key *key, const struct fcd_spot *spot,
		     const json_t *list)
{
	struct fcd_spot inner = *spot;
	char text[80];
	size_t i;
	int err = 0;

	if (!json_is_array(list)) {
		snprintf(text, sizeof(text), "an array of %s", key->of);
		return fcd_spot_expected(spot, text, list);
	}
	if (!json_array_size(list)) {
		snprintf(text, sizeof(text), "leave \"%s\" out to get every %s", key->name,
			 key->value);
		return fcd_spot_fail(spot, text, "no %s is named", key->value);
	}
	for (i = 0; !err && i < json_array_size(list); i++) {
		snprintf(inner.path, sizeof(inner.path), "%.130s[%zu]", spot->path, i);
		err = key->add(p, &inner, json_array_get(list, i));
	}
	return err;
}

static int take_failed(struct parse *p, const struct fcd_spot *spot, const json_t *value)
{
	if (!json_is_boolean(value))
		return fcd_spot_expected(spot, "true or false", value);
	p->filter->is_failed = json_is_true(value);
	return 0;
}

static int take_key(struct parse *p, const struct fcd_spot *parent, const char *key,
		    const json_t *value)
{
	const char *names[COUNT(keys) + 1] = { "failed" };
	struct fcd_spot spot;
	unsigned int i;

	fcd_spot_enter(&spot, parent, key);
	if (!strcmp(key, "failed"))
		return take_failed(p, &spot, value);
	for (i = 0; i < COUNT(keys); i++) {
		if (!strcmp(key, keys[i].name))
			return take_list(p, &keys[i], &spot, value);
		names[i + 1] = keys[i].name;
	}
	return fcd_spot_unknown(&spot, key, names, COUNT(names));
}

static int take_filter(struct parse *p, const struct fcd_spot *spot, json_t *value)
{
	const char *key;
	json_t *inner;
	int err = fcd_spot_object(spot, value);

	if (err)
		return err;
	if (json_object_get(value, "syscalls") || json_object_get(value, "categories"))
		fcd_filter_none(p->filter);
	else
		fcd_filter_all(p->filter);
	json_object_foreach(value, key, inner)
	{
		err = take_key(p, spot, key, inner);
		if (err)
			return err;
	}
	return 0;
}

int fcd_filter_parse(json_t *value, const char *path, struct fcd_filter *out, const char **code,
		     struct fcd_err *err)
{
	struct fcd_filter filter = { 0 };
	struct parse p = { .filter = &filter, .code = "bad_request" };
	struct fcd_spot spot = { .err = err };
	int ret;

	snprintf(spot.path, sizeof(spot.path), "%s", path);
	ret = take_filter(&p, &spot, value);
	if (!ret && fcd_filter_needs_processes(&filter))
		fcd_filter_add_processes(&filter);
	if (ret) {
		fcd_filter_fini(&filter);
		*code = p.code;
		return ret;
	}
	*out = filter;
	return 0;
}
