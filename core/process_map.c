// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/process_map.h"

#define SIZE_MIN 256

int fcd_process_map_init(struct fcd_process_map *m)
{
	m->at = calloc(SIZE_MIN, sizeof(*m->at));
	m->size = SIZE_MIN;
	return m->at ? 0 : -ENOMEM;
}

void fcd_process_map_fini(struct fcd_process_map *m)
{
	fcd_cgroup_set_fini(&m->cgroups);
	free(m->at);
}

static uint32_t home_of(const struct fcd_process_map *m, uint32_t pid)
{
	return pid * 2654435761u & (m->size - 1);
}

/* The process's, or the free one where it would be. */
static struct fcd_process_entry *place_of(const struct fcd_process_map *m, uint32_t pid)
{
	uint32_t i = home_of(m, pid);

	while (m->at[i].p.pid && m->at[i].p.pid != pid)
		i = (i + 1) & (m->size - 1);
	return &m->at[i];
}

struct fcd_process_entry *fcd_process_map_find(const struct fcd_process_map *m, uint32_t pid)
{
	struct fcd_process_entry *e = place_of(m, pid);

	return pid && e->p.pid ? e : NULL;
}

static void set_state(struct fcd_process_map *m, struct fcd_process_entry *e,
		      enum fcd_process_state state)
{
	m->living -= e->state == FCD_LIVING;
	m->living += state == FCD_LIVING;
	e->state = (uint8_t)state;
}

void fcd_process_map_revive(struct fcd_process_map *m, struct fcd_process_entry *e)
{
	set_state(m, e, FCD_LIVING);
}

void fcd_process_map_set_cgroup(struct fcd_process_map *m, struct fcd_process_entry *e,
				struct fcd_slice path)
{
	/* Got before the old one is put: they may be the same, and path in it. */
	struct fcd_cgroup *cgroup = fcd_cgroup_get(&m->cgroups, path);

	fcd_cgroup_put(&m->cgroups, e->cgroup);
	e->cgroup = cgroup;
	e->p.cgroup = cgroup ? cgroup->path : "";
	e->p.container = cgroup ? cgroup->container : "";
}

static void remove_entry(struct fcd_process_map *m, struct fcd_process_entry *e)
{
	uint32_t hole = (uint32_t)(e - m->at), i = hole, mask = m->size - 1;

	set_state(m, e, FCD_ENDED);
	fcd_cgroup_put(&m->cgroups, e->cgroup);
	/* Those behind it that could not have its place move up. */
	for (;;) {
		i = (i + 1) & mask;
		if (!m->at[i].p.pid)
			break;
		if (((i - home_of(m, m->at[i].p.pid)) & mask) < ((i - hole) & mask))
			continue;
		m->at[hole] = m->at[i];
		hole = i;
	}
	memset(&m->at[hole], 0, sizeof(m->at[hole]));
	m->used--;
}

static int grow(struct fcd_process_map *m)
{
	struct fcd_process_entry *old = m->at, *at = calloc(m->size * 2UL, sizeof(*at));
	uint32_t count = m->size, i;

	if (!at)
		return -ENOMEM;
	m->at = at;
	m->size *= 2;
	for (i = 0; i < count; i++)
		if (old[i].p.pid)
			*place_of(m, old[i].p.pid) = old[i];
	free(old);
	return 0;
}

static void evict(struct fcd_process_map *m)
{
	struct fcd_process_entry *e;

	do {
		e = &m->at[m->hand++ & (m->size - 1)];
	} while (!e->p.pid || e->state != FCD_LIVING);
	remove_entry(m, e);
}

struct fcd_process_entry *fcd_process_map_begin(struct fcd_process_map *m, uint32_t pid)
{
	struct fcd_process_entry *e = place_of(m, pid);

	if (e->state != FCD_LIVING || !e->p.pid) {
		if (m->living >= FCD_LIVING_MAX)
			evict(m);
		if (m->used >= m->size / 4 * 3 && grow(m))
			return NULL;
		e = place_of(m, pid);
	}
	if (!e->p.pid) {
		e->p.pid = pid;
		e->state = FCD_ABSENT;
		m->used++;
	}
	set_state(m, e, FCD_LIVING);
	e->is_mapped = false;
	e->p.ppid = 0;
	e->p.uid = UINT32_MAX;
	memset(e->p.comm, 0, sizeof(e->p.comm));
	fcd_process_map_set_cgroup(m, e, (struct fcd_slice){ "", 0 });
	return e;
}

void fcd_process_map_end(struct fcd_process_map *m, struct fcd_process_entry *e,
			 enum fcd_process_state state)
{
	uint32_t *place = &m->forgotten[m->forgotten_count++ % FCD_FORGOTTEN_MAX];
	struct fcd_process_entry *oldest = fcd_process_map_find(m, *place);

	set_state(m, e, state);
	*place = e->p.pid;
	if (oldest && oldest != e && oldest->state != FCD_LIVING)
		remove_entry(m, oldest);
}
