// SPDX-License-Identifier: MIT
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "abi/version.h"
#include "core/err.h"
#include "core/filter_json.h"
#include "core/nearest.h"
#include "core/spot.h"
#include "daemon/request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const formats[] = { "json", "frames", "shm" };
static const char *const policies[] = { "drop", "disconnect" };

struct parse {
	struct fcd_request *request;
	const char *code;
	struct fcd_spot spot;
};

/* Index of the string `value` among names, or -EINVAL. */
static int take_name_at(struct parse *p, const struct fcd_spot *spot, const json_t *value,
			const char *const *names, unsigned int count, const char *code)
{
	struct fcd_nearest nearest;
	const char *name;
	char hint[96];
	unsigned int i;
	size_t len;

	if (fcd_spot_text(spot, value, &name))
		return -EINVAL;
	nearest = (struct fcd_nearest){ .name = name };
	for (i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return (int)i;
		fcd_nearest_try(&nearest, names[i]);
	}
	if (nearest.best) {
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best);
	} else {
		len = (size_t)snprintf(hint, sizeof(hint), "known:");
		for (i = 0; i < count; i++)
			len += (size_t)snprintf(hint + len, sizeof(hint) - len, "%s %s",
						i ? "," : "", names[i]);
	}
	p->code = code;
	return fcd_spot_fail(spot, hint, "there is no \"%.60s\"", name);
}

static int take_name(struct parse *p, const char *key, const json_t *value,
		     const char *const *names, unsigned int count, const char *code)
{
	struct fcd_spot spot;

	fcd_spot_enter(&spot, &p->spot, key);
	return take_name_at(p, &spot, value, names, count, code);
}

static int take_filter(struct parse *p, json_t *filter)
{
	return fcd_filter_parse(filter, "$.filter", &p->request->filter, &p->code, p->spot.err);
}

static int take_format(struct parse *p, json_t *value)
{
	int ret = take_name(p, "format", value, formats, COUNT(formats), "unknown_format");

	if (ret < 0)
		return ret;
	p->request->format = (enum fcd_stream)ret;
	p->request->wants_processes = ret == FCD_STREAM_JSON;
	return 0;
}

static int take_slow(struct parse *p, json_t *value)
{
	int ret = take_name(p, "slow", value, policies, COUNT(policies), "unknown_policy");
	struct fcd_spot spot;

	if (ret < 0)
		return ret;
	fcd_spot_enter(&spot, &p->spot, "slow");
	if (ret == FCD_SLOW_DISCONNECT && p->request->format == FCD_STREAM_SHM)
		return fcd_spot_fail(&spot, "disconnect when you see a gap",
				     "the daemon does not follow a reader of shared memory");
	p->request->slow = (enum fcd_slow)ret;
	return 0;
}

static int take_wire(struct parse *p, json_t *value)
{
	struct fcd_spot spot;
	uint64_t wire;

	fcd_spot_enter(&spot, &p->spot, "wire");
	if (fcd_spot_number(&spot, value, 0, UINT32_MAX, &wire))
		return -EINVAL;
	if (wire == FCD_WIRE)
		return 0;
	p->code = "unsupported_wire";
	return fcd_spot_fail(&spot, "update the older of client and daemon",
			     "this daemon (version %s) speaks wire %d", FCD_VERSION, FCD_WIRE);
}

static int take_kinds(struct parse *p, json_t *value)
{
	struct fcd_spot spot, inner;
	size_t i;
	int ret;

	fcd_spot_enter(&spot, &p->spot, "kinds");
	if (!json_is_array(value))
		return fcd_spot_expected(&spot, "an array of names", value);
	if (!json_array_size(value))
		return fcd_spot_fail(&spot, "leave it out to get every kind", "no kind is named");
	p->request->kinds = 0;
	inner = spot;
	for (i = 0; i < json_array_size(value); i++) {
		snprintf(inner.path, sizeof(inner.path), "%.130s[%zu]", spot.path, i);
		ret = take_name_at(p, &inner, json_array_get(value, i), fcd_snap_names, FCD_SNAPS,
				   "unknown_kind");
		if (ret < 0)
			return ret;
		p->request->kinds |= 1u << ret;
	}
	return 0;
}

static int take_processes(struct parse *p, json_t *value)
{
	struct fcd_spot spot;

	fcd_spot_enter(&spot, &p->spot, "processes");
	if (!json_is_boolean(value))
		return fcd_spot_expected(&spot, "true or false", value);
	if (json_is_true(value) && p->request->format == FCD_STREAM_FRAMES)
		return fcd_spot_fail(&spot, "name the system calls you need in the filter",
				     "frames carry no names of processes");
	p->request->wants_processes = json_is_true(value);
	return 0;
}

/*
 * The keys beside "op", in the order in which they are read: some depend on one before, and the
 * last has memory of its own.
 */
static const struct key {
	const char *name;
	enum fcd_op op;
	int (*take)(struct parse *p, json_t *value);
} keys[] = {
	{ "format", FCD_OP_SUBSCRIBE, take_format },
	{ "wire", FCD_OP_SUBSCRIBE, take_wire },
	{ "slow", FCD_OP_SUBSCRIBE, take_slow },
	{ "processes", FCD_OP_SUBSCRIBE, take_processes },
	{ "kinds", FCD_OP_SNAPSHOT, take_kinds },
	{ "filter", FCD_OP_SUBSCRIBE, take_filter },
};

/* Is every key one that belongs to the op? */
static int check_keys(struct parse *p, json_t *root)
{
	const char *names[COUNT(keys) + 1] = { "op" };
	unsigned int count = 1, i;
	struct fcd_spot spot;
	const char *key;
	json_t *value;

	for (i = 0; i < COUNT(keys); i++)
		if (keys[i].op == p->request->op)
			names[count++] = keys[i].name;
	json_object_foreach(root, key, value)
	{
		for (i = 0; i < count && strcmp(names[i], key); i++)
			;
		if (i < count)
			continue;
		fcd_spot_enter(&spot, &p->spot, key);
		return fcd_spot_unknown(&spot, key, names, count);
	}
	return 0;
}

static int take_keys(struct parse *p, json_t *root)
{
	json_t *value;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < COUNT(keys); i++) {
		value = json_object_get(root, keys[i].name);
		if (value)
			ret = keys[i].take(p, value);
	}
	return ret;
}

static int take_request(struct parse *p, json_t *root)
{
	json_t *value;
	int ret = fcd_spot_object(&p->spot, root);

	if (ret)
		return ret;
	value = json_object_get(root, "op");
	if (!value)
		return fcd_spot_fail(&p->spot, "{\"op\":\"status\"}", "the key \"op\" is missing");
	ret = take_name(p, "op", value, fcd_op_names, FCD_OPS, "unknown_op");
	if (ret < 0)
		return ret;
	p->request->op = (enum fcd_op)ret;
	if (p->request->op == FCD_OP_SUBSCRIBE) {
		fcd_filter_all(&p->request->filter);
		p->request->wants_processes = true;
	}
	if (p->request->op == FCD_OP_SNAPSHOT)
		p->request->kinds = FCD_SNAP_ALL;
	ret = check_keys(p, root);
	if (!ret)
		ret = take_keys(p, root);
	if (!ret && p->request->wants_processes)
		fcd_filter_add_processes(&p->request->filter);
	return ret;
}

bool fcd_request_keeps_processes(const struct fcd_request *r)
{
	if (r->format == FCD_STREAM_SHM)
		return false;
	return fcd_filter_needs_processes(&r->filter) ||
	       (r->wants_processes && r->format == FCD_STREAM_JSON);
}

const char *fcd_stream_name(enum fcd_stream format)
{
	return formats[format];
}

void fcd_request_fini(struct fcd_request *request)
{
	fcd_filter_fini(&request->filter);
}

int fcd_request_parse(const char *line, size_t len, struct fcd_request *out, const char **code,
		      struct fcd_err *err)
{
	struct fcd_request request = { 0 };
	struct parse p = { .request = &request,
			   .code = "bad_request",
			   .spot = { .err = err, .path = "$" } };
	json_error_t at;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
	int ret;

	if (!root) {
		*code = "bad_json";
		return fcd_err_set(err, -EINVAL,
				   "a request is one JSON object on one line: "
				   "{\"op\":\"status\"}",
				   "column %d: %s", at.column, at.text);
	}
	ret = take_request(&p, root);
	json_decref(root);
	if (ret)
		*code = p.code;
	else
		*out = request;
	return ret;
}
