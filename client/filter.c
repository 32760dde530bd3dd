// SPDX-License-Identifier: MIT
/*
 * A subscription by a filter as people write it. The ring holds what all subscribers asked for, so
 * the client passes over what it did not.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include "abi/engine.h"
#include "core/filter_json.h"
#include "client/internal.h"

#define FLAGS (FCD_CLIENT_PROCESSES | FCD_CLIENT_RECONNECT)

/* A filter as in docs/wire.md, NULL: everything. *out is the same on one line, or NULL. */
static int parse(const char *text, struct fcd_filter *filter, char **out,
		 struct fcd_client_error *err)
{
	struct fcd_err what;
	const char *code;
	json_error_t where;
	json_t *json;
	int ret;

	*out = NULL;
	if (!text) {
		fcd_filter_all(filter);
		return 0;
	}
	json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (!json)
		return fcd_client_error_set(err, -EINVAL, "filter: %s (column %d)", where.text,
					    where.column);
	ret = fcd_filter_parse(json, "filter", filter, &code, &what);
	if (!ret)
		*out = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (ret)
		return fcd_client_error_set(err, ret, "%s (%s)", what.text, what.hint);
	if (*out)
		return 0;
	fcd_filter_fini(filter);
	return fcd_client_error_set(err, -ENOMEM, "out of memory");
}

int fcd_client_subscribe(struct fcd_client *c, const char *filter, unsigned int flags,
			 struct fcd_client_error *err)
{
	struct fcd_filter parsed;
	char *json;
	int ret;

	if (c->request)
		return fcd_client_error_set(err, -EISCONN, "subscribed already");
	if (flags & ~FLAGS)
		return fcd_client_error_set(err, -EINVAL, "unknown flags 0x%x", flags & ~FLAGS);
	ret = parse(filter, &parsed, &json, err);
	if (ret)
		return ret;
	ret = fcd_subscription_init(c, &parsed, json, flags);
	free(json);
	if (ret)
		return fcd_client_error_set(err, ret, "out of memory");
	return fcd_subscription_begin(c, err);
}
