// SPDX-License-Identifier: MIT
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/access.h"
#include "core/err.h"

#define ID_MAX (UINT32_MAX - 1) /* the one above it means "none" */

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *const fcd_op_names[FCD_OPS] = {
	[FCD_OP_SUBSCRIBE] = "subscribe", [FCD_OP_STATUS] = "status",	  [FCD_OP_STATS] = "stats",
	[FCD_OP_ENGINES] = "engines",	  [FCD_OP_SNAPSHOT] = "snapshot",
};

/* ---- names ---- */

static bool find_user(const char *name, id_t *out)
{
	const struct passwd *p = getpwnam(name);

	if (p)
		*out = p->pw_uid;
	return p;
}

static bool find_group(const char *name, id_t *out)
{
	const struct group *g = getgrnam(name);

	if (g)
		*out = g->gr_gid;
	return g;
}

static const struct kind {
	const char *key, *one;
	bool (*find)(const char *name, id_t *out);
} kinds[] = { { "users", "user", find_user }, { "groups", "group", find_group } };

static int take_id(const struct kind *kind, const struct fcd_spot *spot, const json_t *value,
		   id_t *out)
{
	uint64_t number;
	int ret;

	if (json_is_string(value)) {
		if (kind->find(json_string_value(value), out))
			return 0;
		return fcd_spot_fail(spot, "a name that this host knows, or a number",
				     "there is no %s \"%.60s\"", kind->one,
				     json_string_value(value));
	}
	ret = fcd_spot_number(spot, value, 0, ID_MAX, &number);
	if (!ret)
		*out = (id_t)number;
	return ret;
}

static int take_ids(const struct kind *kind, const struct fcd_spot *spot, const json_t *list,
		    id_t **out, size_t *count)
{
	struct fcd_spot inner = *spot;
	size_t i;
	int ret = 0;

	if (!json_is_array(list))
		return fcd_spot_expected(spot, "an array of names and numbers", list);
	*out = calloc(json_array_size(list) + 1, sizeof(**out));
	if (!*out)
		return fcd_err_set(spot->err, -ENOMEM, NULL, "out of memory");
	for (i = 0; !ret && i < json_array_size(list); i++) {
		snprintf(inner.path, sizeof(inner.path), "%.130s[%zu]", spot->path, i);
		ret = take_id(kind, &inner, json_array_get(list, i), &(*out)[i]);
	}
	*count = i;
	return ret;
}

/* ---- rules ---- */

static void rule_fini(struct fcd_access_rule *r)
{
	json_decref(r->text);
	free(r->uids);
	free(r->gids);
	*r = (struct fcd_access_rule){ 0 };
}

static int take_kind(struct fcd_access_rule *r, const struct fcd_spot *spot, const char *key,
		     json_t *list)
{
	const char *const names[] = { kinds[0].key, kinds[1].key };
	struct fcd_spot inner;

	fcd_spot_enter(&inner, spot, key);
	if (!strcmp(key, kinds[0].key))
		return take_ids(&kinds[0], &inner, list, &r->uids, &r->uids_count);
	if (!strcmp(key, kinds[1].key))
		return take_ids(&kinds[1], &inner, list, &r->gids, &r->gids_count);
	return fcd_spot_unknown(&inner, key, names, KINDS);
}

static int take_rule(struct fcd_access_rule *r, const struct fcd_spot *spot, json_t *value)
{
	const char *key;
	json_t *list;
	int ret;

	rule_fini(r);
	if (json_is_null(value))
		return 0;
	if (!json_is_object(value))
		return fcd_spot_expected(spot, "an object or null", value);
	r->text = json_incref(value);
	json_object_foreach(value, key, list)
	{
		ret = take_kind(r, spot, key, list);
		if (ret)
			return ret;
	}
	return 0;
}

static int find_op(const char *name)
{
	int op;

	for (op = 0; op < FCD_OPS && strcmp(fcd_op_names[op], name); op++)
		;
	return op;
}

int fcd_access_take(struct fcd_access *a, const struct fcd_spot *spot, json_t *value)
{
	struct fcd_spot inner;
	const char *name;
	json_t *rule;
	int op, ret = fcd_spot_object(spot, value);

	if (ret)
		return ret;
	json_object_foreach(value, name, rule)
	{
		op = find_op(name);
		fcd_spot_enter(&inner, spot, name);
		ret = op < FCD_OPS ? take_rule(&a->rules[op], &inner, rule)
				   : fcd_spot_unknown(&inner, name, fcd_op_names, FCD_OPS);
		if (ret)
			return ret;
	}
	return 0;
}

void fcd_access_fini(struct fcd_access *a)
{
	int op;

	for (op = 0; op < FCD_OPS; op++)
		rule_fini(&a->rules[op]);
}

/* ---- the peer ---- */

static bool has(const id_t *ids, size_t count, id_t id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* The groups beside its first one, to be freed; NULL: it has none, or we cannot know. */
static gid_t *more_groups(int fd, size_t *count)
{
	socklen_t bytes = 0;
	gid_t *groups;

	*count = 0;
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &bytes) || errno != ERANGE)
		return NULL;
	groups = malloc(bytes);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes)) {
		free(groups);
		return NULL;
	}
	*count = bytes / sizeof(*groups);
	return groups;
}

bool fcd_access_allows(const struct fcd_access *a, enum fcd_op op, int fd, const struct ucred *peer)
{
	const struct fcd_access_rule *r = &a->rules[op];
	size_t count, i;
	gid_t *groups;
	bool is_in;

	if (!r->text || !peer->uid || peer->uid == geteuid() ||
	    has(r->uids, r->uids_count, peer->uid) || has(r->gids, r->gids_count, peer->gid))
		return true;
	groups = more_groups(fd, &count);
	for (i = 0, is_in = false; i < count && !is_in; i++)
		is_in = has(r->gids, r->gids_count, groups[i]);
	free(groups);
	return is_in;
}
