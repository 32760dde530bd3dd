// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <string.h>
#include "core/cgroup.h"

#define ID_LEN	 64 /* digits of a container's id */
#define ID_SHOWN 12
#define DELETED	 " (deleted)" /* the kernel adds it to the path of a group that is gone */
#define LXC	 "lxc.payload."

static bool ends_with(struct fcd_slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && !memcmp(s.at + s.len - len, end, len);
}

static bool is(struct fcd_slice s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.at, text, s.len);
}

/* What of s stands before the first `c`; *s becomes what follows it. */
static struct fcd_slice take_until(struct fcd_slice *s, char c)
{
	struct fcd_slice taken = *s;
	const char *end = s->len ? memchr(s->at, c, s->len) : NULL;

	if (!end) {
		*s = (struct fcd_slice){ s->at + s->len, 0 };
		return taken;
	}
	taken.len = (size_t)(end - s->at);
	*s = (struct fcd_slice){ end + 1, s->len - taken.len - 1 };
	return taken;
}

/* Is it in a list like "cpu,memory"? */
static bool has_word(struct fcd_slice list, const char *word)
{
	while (list.len)
		if (is(take_until(&list, ','), word))
			return true;
	return false;
}

/* ---- where a process is ---- */

struct fcd_slice fcd_cgroup_of_proc(const char *text, size_t len)
{
	struct fcd_slice rest = { text, len }, best = { "", 0 };

	/* 4:memory:/a or, of the unified one, 0::/a */
	while (rest.len) {
		struct fcd_slice path = take_until(&rest, '\n'), controllers;

		take_until(&path, ':');
		controllers = take_until(&path, ':');

		if (ends_with(path, DELETED))
			path.len -= strlen(DELETED);
		if (has_word(controllers, "memory"))
			return path;
		if (!controllers.len)
			best = path;
	}
	return best;
}

static bool is_deeper(struct fcd_slice a, struct fcd_slice b)
{
	return a.len > b.len && !memcmp(a.at, b.at, b.len);
}

struct fcd_slice fcd_cgroup_of_event(const char *strings, size_t len)
{
	struct fcd_slice rest = { strings, len }, paths[16], best = { "", 0 };
	unsigned int count = 0, i;

	while (rest.len && count < sizeof(paths) / sizeof(paths[0])) {
		struct fcd_slice path = take_until(&rest, 0);
		struct fcd_slice controller = take_until(&path, '=');

		if (is(controller, "memory"))
			best = path;
		paths[count++] = path;
	}
	/* Each controller names the deepest group of the path that has it. */
	for (i = 0; i < count; i++)
		if (is_deeper(paths[i], best))
			best = paths[i];
	return best;
}

static bool begins_with(const char *path, struct fcd_slice parent)
{
	if (parent.len && parent.at[parent.len - 1] == '/')
		parent.len--;
	return !strncmp(path, parent.at, parent.len) &&
	       (!path[parent.len] || path[parent.len] == '/');
}

bool fcd_cgroup_is_below(const char *path, const char *parent)
{
	return begins_with(path, (struct fcd_slice){ parent, strlen(parent) });
}

bool fcd_cgroup_agrees(const char *path, struct fcd_slice seen)
{
	size_t len = strlen(path);

	if (!seen.len)
		return true;
	return begins_with(path, seen) ||
	       (seen.len < len && !memcmp(path + len - seen.len, seen.at, seen.len));
}

/* ---- containers ---- */

/* docker-ID.scope, cri-containerd:ID, ID; those of crio-conmon-ID.scope watch a container. */
static struct fcd_slice id_in(struct fcd_slice name)
{
	static const struct fcd_slice none = { "", 0 };
	struct fcd_slice before;
	size_t i;

	if (ends_with(name, ".scope"))
		name.len -= strlen(".scope");
	if (name.len < ID_LEN)
		return none;
	before = (struct fcd_slice){ name.at, name.len - ID_LEN };
	name = (struct fcd_slice){ name.at + before.len, ID_SHOWN };
	for (i = 0; i < ID_LEN; i++)
		if (!isxdigit((unsigned char)name.at[i]))
			return none;
	if (before.len && !ends_with(before, "-") && !ends_with(before, ":"))
		return none;
	return ends_with(before, "conmon-") ? none : name;
}

struct fcd_slice fcd_cgroup_container(const char *path)
{
	struct fcd_slice rest = { path, strlen(path) }, parent = { "", 0 }, found = { "", 0 };

	/* The innermost counts: containers may be in containers. */
	while (rest.len) {
		struct fcd_slice name = take_until(&rest, '/'), id = id_in(name);

		if (id.len)
			found = id;
		else if (is(parent, "lxc") || is(parent, "lxc.payload"))
			found = name;
		else if (name.len > strlen(LXC) && !memcmp(name.at, LXC, strlen(LXC)))
			found = (struct fcd_slice){ name.at + strlen(LXC), name.len - strlen(LXC) };
		parent = name;
	}
	return found;
}
