// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include "core/cgroup_set.h"

/* FNV-1a */
static uint32_t hash_of(struct fcd_slice path)
{
	uint32_t hash = 2166136261;
	size_t i;

	for (i = 0; i < path.len; i++)
		hash = (hash ^ (uint8_t)path.at[i]) * 16777619;
	return hash;
}

static struct fcd_cgroup *cgroup_new(struct fcd_slice path)
{
	/* Its container's name is a part of it: twice the length is enough for both. */
	struct fcd_cgroup *c = malloc(sizeof(*c) + 2 * path.len + 2);
	struct fcd_slice container;
	char *end;

	if (!c)
		return NULL;
	memcpy(c->path, path.at, path.len);
	end = c->path + path.len;
	*end = 0;
	container = fcd_cgroup_container(c->path);
	if (container.len)
		end++;
	memcpy(end, container.at, container.len);
	end[container.len] = 0;
	c->container = end;
	c->users = 0;
	return c;
}

void fcd_cgroup_set_fini(struct fcd_cgroup_set *set)
{
	unsigned int i;

	for (i = 0; i < FCD_CGROUP_BUCKETS; i++)
		while (set->bucket[i]) {
			struct fcd_cgroup *c = set->bucket[i];

			set->bucket[i] = c->next;
			free(c);
		}
}

struct fcd_cgroup *fcd_cgroup_get(struct fcd_cgroup_set *set, struct fcd_slice path)
{
	uint32_t hash = hash_of(path);
	struct fcd_cgroup **bucket = &set->bucket[hash % FCD_CGROUP_BUCKETS], *c;

	if (!path.len)
		return NULL;
	for (c = *bucket; c; c = c->next)
		if (c->hash == hash && !strncmp(c->path, path.at, path.len) && !c->path[path.len])
			break;
	if (!c) {
		c = cgroup_new(path);
		if (!c)
			return NULL;
		c->hash = hash;
		c->next = *bucket;
		*bucket = c;
	}
	c->users++;
	return c;
}

void fcd_cgroup_put(struct fcd_cgroup_set *set, struct fcd_cgroup *cgroup)
{
	struct fcd_cgroup **at;

	if (!cgroup || --cgroup->users)
		return;
	at = &set->bucket[cgroup->hash % FCD_CGROUP_BUCKETS];
	while (*at != cgroup)
		at = &(*at)->next;
	*at = cgroup->next;
	free(cgroup);
}
