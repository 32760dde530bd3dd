// SPDX-License-Identifier: MIT
/*
 * A subscription's filter. The ring holds what all subscribers asked for, so the client passes
 * over what it did not.
 */
#include <errno.h>
#include "abi/engine.h"
#include "core/filter_json.h"
#include "client/internal.h"

int fcd_client_filter(const char *text, struct fcd_filter *filter, json_t **out,
		      struct fcd_client_error *err)
{
	struct fcd_err what;
	const char *code;
	json_error_t where;
	json_t *json;
	int ret;

	if (!text) {
		fcd_filter_all(filter);
		*out = NULL;
		return 0;
	}
	json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (!json)
		return fcd_client_error_set(err, -EINVAL, "filter: %s (column %d)", where.text,
					    where.column);
	ret = fcd_filter_parse(json, "filter", filter, &code, &what);
	if (ret) {
		json_decref(json);
		return fcd_client_error_set(err, ret, "%s (%s)", what.text, what.hint);
	}
	*out = json;
	return 0;
}
