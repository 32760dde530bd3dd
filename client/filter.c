// SPDX-License-Identifier: MIT
/*
 * A subscription's filter. The ring holds what all subscribers asked for, so the client passes
 * over what it did not.
 */
#include <errno.h>
#include <string.h>
#include "client/internal.h"

static int add_syscall(struct fcd_filter *f, const json_t *name, struct fcd_client_error *err)
{
	char nearest[64] = "";

	if (!json_is_string(name))
		return fcd_client_error_set(err, -EINVAL, "filter: syscalls holds names only");
	if (!fcd_filter_add(f, json_string_value(name), nearest, sizeof(nearest)))
		return 0;
	if (!nearest[0])
		return fcd_client_error_set(err, -EINVAL, "no system call is called \"%.64s\"",
					    json_string_value(name));
	return fcd_client_error_set(err, -EINVAL,
				    "no system call is called \"%.64s\" "
				    "(did you mean \"%s\"?)",
				    json_string_value(name), nearest);
}

static int add_syscalls(struct fcd_filter *f, const json_t *names, struct fcd_client_error *err)
{
	const json_t *name;
	size_t i;
	int ret;

	if (!json_is_array(names))
		return fcd_client_error_set(err, -EINVAL, "filter: syscalls is not an array");
	fcd_filter_none(f);
	json_array_foreach(names, i, name)
	{
		ret = add_syscall(f, name, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_keys(struct fcd_filter *f, json_t *filter, struct fcd_client_error *err)
{
	const char *key;
	json_t *value;
	int ret;

	json_object_foreach(filter, key, value)
	{
		if (strcmp(key, "syscalls"))
			return fcd_client_error_set(err, -EINVAL,
						    "filter: unknown key \"%.64s\" "
						    "(known: syscalls)",
						    key);
		ret = add_syscalls(f, value, err);
		if (ret)
			return ret;
	}
	return 0;
}

int fcd_filter_parse(const char *text, struct fcd_filter *filter, json_t **out,
		     struct fcd_client_error *err)
{
	json_error_t where;
	json_t *json;
	int ret;

	fcd_filter_all(filter);
	if (!text) {
		*out = NULL;
		return 0;
	}
	json = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	if (!json)
		return fcd_client_error_set(err, -EINVAL, "filter: %s (column %d)", where.text,
					    where.column);
	ret = json_is_object(json) ? read_keys(filter, json, err)
				   : fcd_client_error_set(err, -EINVAL, "filter: not an object");
	if (ret) {
		json_decref(json);
		return ret;
	}
	*out = json;
	return 0;
}
