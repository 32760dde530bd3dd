// SPDX-License-Identifier: MIT
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/engines.h"
#include "core/err.h"
#include "core/loader.h"
#include "core/nearest.h"
#include "daemon/engine.h"
#include "daemon/log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In the order in which auto tries them. */
static const char *const candidates[] = { "kmod", "bpf", "userspace" };
_Static_assert(COUNT(candidates) <= FCD_REFUSED_MAX, "room for every refusal");

static int find_dir(const struct fcd_config *c, char dir[PATH_MAX])
{
	if (c->engine_dir)
		return snprintf(dir, PATH_MAX, "%s", c->engine_dir) < PATH_MAX ? 0 : -ENAMETOOLONG;
	return fcd_engines_dir(dir, PATH_MAX);
}

static int load(const char *dir, const char *name, struct fcd_engine_ops *ops,
		struct fcd_note *note, struct fcd_err *err)
{
	char path[PATH_MAX], hint[384];
	int ret = fcd_engines_path(dir, name, path, sizeof(path));

	if (ret)
		return fcd_err_set(err, ret, "see --engine-dir", "%s: %s", dir, strerror(-ret));
	if (access(path, F_OK) && errno == ENOENT) {
		snprintf(hint, sizeof(hint), "there is no %.360s", path);
		return fcd_err_set(err, -ENOENT, hint, "it is not installed");
	}
	return fcd_loader_load(path, ops, note, err);
}

static int take_options(const struct fcd_config *c, const char *name,
			const struct fcd_engine_ops *ops, struct fcd_options **out,
			struct fcd_err *err)
{
	const struct fcd_option_info *info = NULL;
	uint32_t count = 0, stride = 0;

	if (ops->options)
		info = ops->options(&count, &stride);
	return fcd_config_options(c, name, info, count, stride, out, err);
}

/* ---- the config's sections ---- */

static int refuse_section(const struct fcd_config *c, const char *name, const char *dir,
			  struct fcd_err *err)
{
	struct fcd_nearest nearest = { .name = name };
	char hint[384];
	size_t i;

	for (i = 0; i < COUNT(candidates); i++)
		fcd_nearest_try(&nearest, candidates[i]);
	if (nearest.best)
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best);
	else
		fcd_engines_hint(dir, hint, sizeof(hint));
	return fcd_err_set(err, -EINVAL, hint, "%s: $.engines.%s: there is no such engine",
			   c->source ? c->source : "config", name);
}

static bool is_candidate(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(candidates); i++)
		if (!strcmp(candidates[i], name))
			return true;
	return false;
}

static int check_section(const struct fcd_config *c, const char *name, const char *dir,
			 struct fcd_err *err)
{
	struct fcd_engine_ops ops;
	struct fcd_options *options;
	struct fcd_note note;
	int ret = load(dir, name, &ops, &note, err);

	if (ret == -ENOENT && !is_candidate(name))
		return refuse_section(c, name, dir, err);
	if (ret) {
		if (ret != -ENOENT)
			fcd_log(FCD_LOG_WARNING, "$.engines.%s is not checked: %s", name,
				err->text);
		return 0;
	}
	ret = take_options(c, name, &ops, &options, err);
	if (!ret)
		fcd_config_options_free(options);
	return ret;
}

int fcd_engine_check(const struct fcd_config *c, char dir[PATH_MAX], struct fcd_err *err)
{
	const char *name;
	unsigned int i;
	int ret = find_dir(c, dir);

	if (ret)
		return fcd_err_set(err, ret, "see --engine-dir", "the engines' folder: %s",
				   strerror(-ret));
	for (i = 0; !ret && (name = fcd_config_section(c, i)); i++)
		ret = check_section(c, name, dir, err);
	return ret;
}

/* ---- the config, to be shown ---- */

static json_t *show_engine(const struct fcd_config *c, const char *dir, const char *name)
{
	const struct fcd_option_info *info = NULL;
	uint32_t count = 0, stride = 0;
	struct fcd_engine_ops ops;
	struct fcd_options *o;
	struct fcd_note note;
	struct fcd_err err;
	json_t *shown;

	if (load(dir, name, &ops, &note, &err) || take_options(c, name, &ops, &o, &err))
		return fcd_config_show_section(c, name);
	if (ops.options)
		info = ops.options(&count, &stride);
	shown = fcd_config_show_options(c, name, info, stride, o);
	fcd_config_options_free(o);
	return shown;
}

void fcd_engine_show_config(const struct fcd_config *c, const char *dir, struct fcd_text *out)
{
	json_t *all = fcd_config_show(c), *engines = json_object_get(all, "engines");
	const char *name;
	unsigned int i;

	for (i = 0; i < COUNT(candidates); i++)
		json_object_set_new(engines, candidates[i], show_engine(c, dir, candidates[i]));
	for (i = 0; (name = fcd_config_section(c, i)); i++)
		json_object_set_new(engines, name, show_engine(c, dir, name));
	if (strcmp(c->engine, "auto"))
		json_object_set_new(engines, c->engine, show_engine(c, dir, c->engine));
	fcd_config_write(all, 0, out);
	fcd_text_char(out, '\n');
	json_decref(all);
}

/* ---- choosing ---- */

/* Load, probe and open one engine. */
static int try_engine(struct fcd_engine_choice *out, const struct fcd_config *c, const char *dir,
		      const char *name, struct fcd_err *err)
{
	int ret;

	*err = (struct fcd_err){ 0 };
	snprintf(out->name, sizeof(out->name), "%s", name);
	ret = load(dir, name, &out->ops, &out->note, err);
	if (ret)
		return ret;
	ret = take_options(c, name, &out->ops, &out->options, err);
	if (ret)
		return ret;
	ret = out->ops.probe(&out->host, out->options, err);
	if (!ret)
		ret = out->ops.open(&out->host, out->options, &out->engine, err);
	if (!ret)
		return 0;
	fcd_config_options_free(out->options);
	out->options = NULL;
	return err->text[0] ? ret : fcd_err_set(err, ret, NULL, "%s", strerror(-ret));
}

static void say_refusals(const struct fcd_engine_choice *choice, uint32_t level)
{
	const struct fcd_refused *r;
	char what[48];

	for (r = choice->refused; r < choice->refused + choice->refused_count; r++) {
		snprintf(what, sizeof(what), "engine %.15s does not run", r->name);
		fcd_log_err(level, what, &r->err);
	}
}

static int choose_first(struct fcd_engine_choice *out, const struct fcd_config *c, const char *dir,
			struct fcd_err *err)
{
	struct fcd_refused *r;
	char hint[384];
	size_t i;

	for (i = 0; i < COUNT(candidates); i++) {
		if (!try_engine(out, c, dir, candidates[i], err)) {
			say_refusals(out, FCD_LOG_INFO);
			return 0;
		}
		r = &out->refused[out->refused_count++];
		snprintf(r->name, sizeof(r->name), "%s", candidates[i]);
		r->err = *err;
	}
	say_refusals(out, FCD_LOG_ERROR);
	fcd_engines_hint(dir, hint, sizeof(hint));
	return fcd_err_set(err, -ENOENT, hint,
			   "none of kmod, bpf and userspace can run here, for the reasons above");
}

/* The one line that says what runs, and why not something else. */
static void say_choice(const struct fcd_engine_choice *choice, bool is_auto)
{
	char others[2 * sizeof(struct fcd_refused)] = "";
	size_t len = 0;
	uint32_t i;

	for (i = 0; is_auto && i < COUNT(candidates) && len < sizeof(others); i++) {
		const char *why =
			i < choice->refused_count ? choice->refused[i].err.text : "not tried";

		if (i != choice->refused_count)
			len += (size_t)snprintf(others + len, sizeof(others) - len, "; %s: %s",
						candidates[i], why);
	}
	fcd_log(FCD_LOG_INFO, "engine %s %s runs (ABI %u.%u, schema " FCD_SCHEMA ")%s",
		choice->name, choice->note.version, choice->note.abi_major, choice->note.abi_minor,
		others);
}

int fcd_engine_choose(struct fcd_engine_choice *out, const struct fcd_config *c, const char *dir,
		      const char *socket, struct fcd_err *err)
{
	bool is_auto = !strcmp(c->engine, "auto");
	int ret;

	*out = (struct fcd_engine_choice){ .dir = dir };
	out->host = (struct fcd_host){
		.size = sizeof(out->host), .ctx = out->name, .log = fcd_log_engine, .socket = socket
	};
	ret = is_auto ? choose_first(out, c, dir, err) : try_engine(out, c, dir, c->engine, err);
	if (ret == -ENOENT && !is_auto && !out->ops.size)
		fcd_engines_hint(dir, err->hint, sizeof(err->hint));
	if (!ret)
		say_choice(out, is_auto);
	return ret;
}

void fcd_engine_fini(struct fcd_engine_choice *choice)
{
	if (choice->engine)
		choice->ops.close(choice->engine);
	choice->engine = NULL;
	fcd_config_options_free(choice->options);
	choice->options = NULL;
}
