// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/config.h"
#include "core/err.h"
#include "core/spot.h"

#define FILE_MAX     (1 << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One key of an object: how its value is checked, and where it goes in struct fcd_config. */
struct key {
	const char *name;
	int (*take)(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		    json_t *value);
	size_t offset;
	uint64_t min, max;
};

static int take_object(struct fcd_config *c, const struct key *keys, unsigned int count,
		       const struct fcd_spot *spot, json_t *object);

static uint64_t *number_at(struct fcd_config *c, const struct key *key)
{
	return (uint64_t *)((char *)c + key->offset);
}

static int take_number(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		       json_t *value)
{
	return fcd_spot_number(spot, value, key->min, key->max, number_at(c, key));
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

static int take_level(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		      json_t *value)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };
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

static int take_limits(struct fcd_config *c, const struct key *key, const struct fcd_spot *spot,
		       json_t *value)
{
	static const struct key keys[] = {
		{ "clients", take_number, offsetof(struct fcd_config, clients), 1, 1024 },
		{ "request_bytes", take_number, offsetof(struct fcd_config, request_bytes), 1024,
		  1 << 20 },
	};

	(void)key;
	return take_object(c, keys, COUNT(keys), spot, value);
}

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

#define AT(member) offsetof(struct fcd_config, member)
static const struct key top_keys[] = {
	{ "engine", take_engine, AT(engine), 0, 0 },
	{ "engine_dir", take_path, AT(engine_dir), 0, 0 },
	{ "socket", take_path, AT(socket), 0, 0 },
	{ "socket_group", take_text, AT(socket_group), 0, 0 },
	{ "broadcast_bytes", take_power, AT(broadcast_bytes), 256 << 10, 1 << 30 },
	{ "priority_bytes", take_power, AT(priority_bytes), 256 << 10, 1 << 30 },
	{ "hold_ms", take_number, AT(hold_ms), 0, 1000 },
	{ "linger_ms", take_number, AT(linger_ms), 0, 3600000 },
	{ "log_level", take_level, 0, 0, 0 },
	{ "limits", take_limits, 0, 0, 0 },
	{ "engines", take_engines, 0, 0, 0 },
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

static int take_object(struct fcd_config *c, const struct key *keys, unsigned int count,
		       const struct fcd_spot *spot, json_t *object)
{
	struct fcd_spot inner;
	const char *name;
	json_t *value;
	unsigned int i;
	int err = fcd_spot_object(spot, object);

	if (err)
		return err;
	json_object_foreach(object, name, value)
	{
		fcd_spot_enter(&inner, spot, name);
		for (i = 0; i < count && strcmp(keys[i].name, name); i++)
			;
		err = i < count ? keys[i].take(c, &keys[i], &inner, value)
				: take_unknown(keys, count, &inner, name);
		if (err)
			return err;
	}
	return 0;
}

int fcd_config_init(struct fcd_config *c)
{
	*c = (struct fcd_config){
		.engine = strdup("auto"),
		.socket_group = strdup("falco-capture"),
		.broadcast_bytes = 16 << 20,
		.priority_bytes = 4 << 20,
		.hold_ms = 2,
		.linger_ms = 5000,
		.clients = 64,
		.request_bytes = 64 << 10,
		.log_level = FCD_CONFIG_NO_LEVEL,
		.engines = json_object(),
	};
	if (c->engine && c->socket_group && c->engines)
		return 0;
	fcd_config_fini(c);
	return -ENOMEM;
}

void fcd_config_fini(struct fcd_config *c)
{
	free(c->engine);
	free(c->engine_dir);
	free(c->socket);
	free(c->socket_group);
	free(c->source);
	json_decref(c->engines);
	*c = (struct fcd_config){ 0 };
}

int fcd_config_set(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

int fcd_config_check_engine(const char *name)
{
	const char *p;

	for (p = name; isalnum((unsigned char)*p) || *p == '-' || *p == '_'; p++)
		;
	return *p || p == name || p - name > 15 ? -EINVAL : 0;
}

int fcd_config_parse(struct fcd_config *c, const char *name, const char *text, size_t len,
		     struct fcd_err *err)
{
	struct fcd_spot spot = { .source = name, .err = err, .path = "$" };
	json_error_t at;
	json_t *root;
	int ret;

	if (fcd_config_set(&c->source, name))
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
	if (!root)
		return fcd_err_set(err, -EINVAL, "the file is one JSON object, without comments",
				   "%s:%d:%d: %s", name, at.line, at.column, at.text);
	ret = take_object(c, top_keys, COUNT(top_keys), &spot, root);
	json_decref(root);
	return ret;
}

/* A config is small: what is larger than FILE_MAX is something else. */
static int read_file(int fd, char **out, size_t *len)
{
	char *text = malloc(FILE_MAX);
	size_t got = 0;
	ssize_t n;
	int err;

	if (!text)
		return -ENOMEM;
	while ((n = read(fd, text + got, FILE_MAX - got)) > 0)
		got += (size_t)n;
	err = n < 0 ? -errno : got == FILE_MAX ? -EFBIG : 0;
	if (err) {
		free(text);
		return err;
	}
	*out = text;
	*len = got;
	return 0;
}

int fcd_config_load(struct fcd_config *c, const char *path, struct fcd_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	char *text = NULL;
	size_t len = 0;

	if (fd < 0)
		return fcd_err_set(err, -errno, "see --config", "%s: %s", path, strerror(errno));
	ret = read_file(fd, &text, &len);
	close(fd);
	if (ret)
		return fcd_err_set(err, ret, NULL, "%s: %s", path, strerror(-ret));
	ret = fcd_config_parse(c, path, text, len, err);
	free(text);
	return ret;
}

int fcd_config_bpf_probe(struct fcd_config *c, const char *probe, struct fcd_err *err)
{
	json_t *bpf;

	if (!probe)
		return 0;
	bpf = json_object_get(c->engines, "bpf");
	if (!bpf && !json_object_set_new(c->engines, "bpf", json_object()))
		bpf = json_object_get(c->engines, "bpf");
	if (json_object_set_new(bpf, "probe", json_string(probe)))
		return fcd_err_set(err, -EINVAL, "give the path of a BPF object, or nothing",
				   "FALCO_BPF_PROBE is not valid UTF-8");
	if (fcd_config_set(&c->engine, "bpf"))
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	return 0;
}

const char *fcd_config_section(const struct fcd_config *c, unsigned int i)
{
	void *at;

	for (at = json_object_iter(c->engines); at && i; i--)
		at = json_object_iter_next(c->engines, at);
	return at ? json_object_iter_key(at) : NULL;
}
