// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "core/config_keys.h"
#include "core/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct key;

/* What a value may be: how it gets into struct fcd_config, and back. */
struct kind {
	int (*take)(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		    json_t *value);
	json_t *(*give)(const struct fcd_config *c, const struct key *key);
};

struct key {
	const char *name;
	const struct kind *kind; /* NULL: an object of these keys: */
	const struct key *inner;
	size_t offset; /* in struct fcd_config */
	uint64_t min, max;
	unsigned int inner_count;
	bool is_live; /* a running daemon takes a new value over: fcd_config_adopt() */
};

/* ---- numbers ---- */

static uint64_t *number_at(struct fcd_config *c, const struct key *key)
{
	return (uint64_t *)((char *)c + key->offset);
}

static int take_number(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		       json_t *value)
{
	return fcd_spot_number(spot, value, key->min, key->max, number_at(c, key));
}

static json_t *give_number(const struct fcd_config *c, const struct key *key)
{
	return json_integer((json_int_t)*number_at((struct fcd_config *)c, key));
}

static int take_power(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		      json_t *value)
{
	uint64_t n, below;
	char hint[96];
	int err = fcd_spot_number(spot, value, key->min, key->max, &n);

	if (err)
		return err;
	if (n & (n - 1)) {
		for (below = key->min; below * 2 < n; below *= 2)
			;
		snprintf(hint, sizeof(hint), "the nearest are %llu and %llu",
			 (unsigned long long)below, (unsigned long long)below * 2);
		return fcd_spot_fail(spot, hint, "%llu is not a power of two",
				     (unsigned long long)n);
	}
	*number_at(c, key) = n;
	return 0;
}

static const struct kind kind_number = { take_number, give_number };
static const struct kind kind_power = { take_power, give_number };

/* ---- texts ---- */

static int set_text(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		    const char *text)
{
	if (!fcd_config_set((char **)((char *)c + key->offset), text))
		return 0;
	return fcd_err_set(spot->err, -ENOMEM, NULL, "out of memory");
}

/* Of a key whose default depends on who runs the daemon; null is that default. */
static int take_path(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		     json_t *value)
{
	const char *text;

	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return fcd_spot_expected(spot, "a path or null", value);
	text = json_string_value(value);
	if (text[0] != '/')
		return fcd_spot_fail(spot, "write it from the root: \"/...\"",
				     "\"%.80s\" is not an absolute path", text);
	return set_text(c, key, spot, text);
}

static int take_text(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		     json_t *value)
{
	const char *text;
	int err = fcd_spot_text(spot, value, &text);

	return err ? err : set_text(c, key, spot, text);
}

static json_t *give_text(const struct fcd_config *c, const struct key *key)
{
	const char *text = *(char *const *)((const char *)c + key->offset);

	return text ? json_string(text) : json_null();
}

static int take_engine(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		       json_t *value)
{
	const char *text;
	int err = fcd_spot_text(spot, value, &text);

	if (err)
		return err;
	if (fcd_config_check_engine(text))
		return fcd_spot_fail(spot, "auto, kmod, bpf, userspace or another installed engine",
				     "\"%.40s\" is not the name of an engine", text);
	return set_text(c, key, spot, text);
}

static const struct kind kind_path = { take_path, give_text };
static const struct kind kind_text = { take_text, give_text };
static const struct kind kind_engine = { take_engine, give_text };

/* ---- what is of one key only ---- */

static const char *const levels[] = { "error", "warning", "info", "debug" };

static int take_level(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		      json_t *value)
{
	const char *text;
	uint32_t i;
	int err;

	(void)key;
	if (json_is_null(value))
		return 0;
	err = fcd_spot_text(spot, value, &text);
	if (err)
		return err;
	for (i = 0; i < COUNT(levels); i++)
		if (!strcmp(text, levels[i])) {
			c->log_level = i;
			return 0;
		}
	return fcd_spot_expected(spot, "error, warning, info, debug or null", value);
}

static json_t *give_level(const struct fcd_config *c, const struct key *key)
{
	(void)key;
	return c->log_level < COUNT(levels) ? json_string(levels[c->log_level]) : json_null();
}

static const struct kind kind_level = { take_level, give_level };

/* The sections' names; what is in them is for fcd_config_options, once the engine is known. */
static int take_engines(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
			json_t *value)
{
	struct fcd_spot inner;
	const char *name;
	json_t *section;
	int err = fcd_spot_object(spot, value);

	(void)key;
	if (err)
		return err;
	json_object_foreach(value, name, section)
	{
		fcd_spot_enter(&inner, spot, name);
		if (fcd_config_check_engine(name) || !strcmp(name, "auto"))
			return fcd_spot_fail(&inner, "kmod, bpf, userspace, ...",
					     "this is not the name of an engine");
		err = fcd_spot_object(&inner, section);
		if (err)
			return err;
	}
	json_decref(c->engines);
	c->engines = json_incref(value);
	return 0;
}

static json_t *give_engines(const struct fcd_config *c, const struct key *key)
{
	(void)key;
	return json_incref(c->engines);
}

static const struct kind kind_engines = { take_engines, give_engines };

static int take_access(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		       json_t *value)
{
	(void)key;
	return fcd_access_take(&c->access, spot, value);
}

static json_t *give_access(const struct fcd_config *c, const struct key *key)
{
	json_t *all = json_object();
	int op;

	(void)key;
	for (op = 0; op < FCD_OPS; op++)
		if (c->access.rules[op].text)
			json_object_set(all, fcd_op_names[op], c->access.rules[op].text);
	return all;
}

static const struct kind kind_access = { take_access, give_access };

/* ---- all of them ---- */

#define AT(member) .offset = offsetof(struct fcd_config, member)
#define RING_BYTES .min = 256 << 10, .max = 1 << 30

static const struct key limits[] = {
	{ "clients", &kind_number, AT(clients), .min = 1, .max = 1024, .is_live = true },
	{ "request_bytes", &kind_number, AT(request_bytes), .min = 1024, .max = 1 << 20,
	  .is_live = true },
};

static const struct key top_keys[] = {
	{ "engine", &kind_engine, AT(engine) },
	{ "engine_dir", &kind_path, AT(engine_dir) },
	{ "socket", &kind_path, AT(socket) },
	{ "socket_group", &kind_text, AT(socket_group) },
	{ "broadcast_bytes", &kind_power, AT(broadcast_bytes), RING_BYTES },
	{ "priority_bytes", &kind_power, AT(priority_bytes), RING_BYTES },
	{ "hold_ms", &kind_number, AT(hold_ms), .max = 1000 },
	{ "linger_ms", &kind_number, AT(linger_ms), .max = 3600000, .is_live = true },
	{ "log_level", &kind_level, .is_live = true },
	{ "limits", .inner = limits, .inner_count = COUNT(limits) },
	{ "access", &kind_access, .is_live = true },
	{ "engines", .kind = &kind_engines },
};

static int take_unknown(const struct key *keys, unsigned int count, const struct fcd_spot *spot,
			const char *name)
{
	const char *names[COUNT(top_keys)];
	unsigned int i;

	for (i = 0; i < count; i++)
		names[i] = keys[i].name;
	return fcd_spot_unknown(spot, name, names, count);
}

static const struct key *find(const struct key *keys, unsigned int count, const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int note(struct fcd_config *c, const struct fcd_spot *spot)
{
	char from[PATH_MAX + 8];

	snprintf(from, sizeof(from), "file %s", spot->source);
	return fcd_config_note(c, spot->path, from);
}

/* A section of an engine has an origin for each of its keys. */
static int note_options(struct fcd_config *c, const struct fcd_spot *spot, json_t *sections)
{
	struct fcd_spot section_spot, option_spot;
	const char *engine, *option;
	json_t *section, *value;
	int err = 0;

	json_object_foreach(sections, engine, section)
	{
		fcd_spot_enter(&section_spot, spot, engine);
		json_object_foreach(section, option, value)
		{
			fcd_spot_enter(&option_spot, &section_spot, option);
			err = err ? err : note(c, &option_spot);
		}
	}
	return err;
}

static int take_value(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		      json_t *value)
{
	int err = key->kind->take(c, key, spot, value);

	if (err)
		return err;
	err = key->kind == &kind_engines ? note_options(c, spot, value) : note(c, spot);
	return err ? fcd_err_set(spot->err, err, NULL, "out of memory") : 0;
}

static int take_object(struct fcd_config *c, const struct key *keys, unsigned int count,
		       const struct fcd_spot *spot, json_t *object)
{
	const struct key *key;
	struct fcd_spot inner;
	const char *name;
	json_t *value;
	int err = fcd_spot_object(spot, object);

	if (err)
		return err;
	json_object_foreach(object, name, value)
	{
		fcd_spot_enter(&inner, spot, name);
		key = find(keys, count, name);
		if (!key)
			err = take_unknown(keys, count, &inner, name);
		else if (key->inner)
			err = take_object(c, key->inner, key->inner_count, &inner, value);
		else
			err = take_value(c, key, &inner, value);
		if (err)
			return err;
	}
	return 0;
}

int fcd_config_take(struct fcd_config *c, const struct fcd_spot *spot, json_t *root)
{
	return take_object(c, top_keys, COUNT(top_keys), spot, root);
}

/* ---- what there is ---- */

static json_t *show_keys(const struct fcd_config *c, const struct key *keys, unsigned int count,
			 const struct fcd_spot *spot)
{
	json_t *all = json_object(), *shown;
	const struct key *key;
	struct fcd_spot inner;

	for (key = keys; key < keys + count; key++) {
		fcd_spot_enter(&inner, spot, key->name);
		if (key->inner)
			shown = show_keys(c, key->inner, key->inner_count, &inner);
		else if (key->kind == &kind_engines)
			shown = json_object();
		else
			shown = fcd_config_with_origin(c, inner.path, key->kind->give(c, key));
		json_object_set_new(all, key->name, shown);
	}
	return all;
}

json_t *fcd_config_show(const struct fcd_config *c)
{
	const struct fcd_spot spot = { .path = "$" };

	return show_keys(c, top_keys, COUNT(top_keys), &spot);
}

/* ---- what differs ---- */

static void list_changes(const struct fcd_config *a, const struct fcd_config *b,
			 const struct key *keys, unsigned int count, const struct fcd_spot *spot,
			 bool is_live, struct fcd_text *out)
{
	const struct key *key;
	struct fcd_spot inner;
	json_t *old, *new;

	for (key = keys; key < keys + count; key++) {
		fcd_spot_enter(&inner, spot, key->name);
		if (key->inner)
			list_changes(a, b, key->inner, key->inner_count, &inner, is_live, out);
		if (key->inner || key->is_live != is_live)
			continue;
		old = key->kind->give(a, key);
		new = key->kind->give(b, key);
		if (!json_equal(old, new)) {
			fcd_text_str(out, out->len ? ", " : "");
			fcd_text_str(out, inner.path);
		}
		json_decref(old);
		json_decref(new);
	}
}

void fcd_config_changes(const struct fcd_config *a, const struct fcd_config *b, bool is_live,
			struct fcd_text *out)
{
	const struct fcd_spot spot = { .path = "$" };

	list_changes(a, b, top_keys, COUNT(top_keys), &spot, is_live, out);
}
