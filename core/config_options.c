// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/config.h"
#include "core/err.h"
#include "core/spot.h"

/* The i-th of an array whose elements may be longer than those that we know. */
static const struct fcd_option_info *info_at(const struct fcd_option_info *info, uint32_t stride,
					     uint32_t i)
{
	return (const void *)((const char *)info + (size_t)stride * i);
}

static int set_text(struct fcd_option *o, const char *text)
{
	o->text = strdup(text);
	return o->text ? 0 : -ENOMEM;
}

static int take_number(struct fcd_option *o, const struct fcd_option_info *info,
		       const struct fcd_spot *spot, const json_t *value)
{
	char text[24];
	int err = fcd_spot_number(spot, value, info->min, info->max, &o->number);

	if (err)
		return err;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)o->number);
	return set_text(o, text);
}

static int take_bool(struct fcd_option *o, const struct fcd_spot *spot, const json_t *value)
{
	if (!json_is_boolean(value))
		return fcd_spot_expected(spot, "true or false", value);
	o->number = json_is_true(value);
	return set_text(o, o->number ? "true" : "false");
}

static int take_text(struct fcd_option *o, const struct fcd_spot *spot, const json_t *value)
{
	const char *text;
	int err = fcd_spot_text(spot, value, &text);

	return err ? err : set_text(o, text);
}

static int take_fallback(struct fcd_option *o, const struct fcd_option_info *info)
{
	if (info->type == FCD_OPTION_NUMBER)
		o->number = strtoull(info->fallback, NULL, 10);
	else if (info->type == FCD_OPTION_BOOL)
		o->number = !strcmp(info->fallback, "true");
	return set_text(o, info->fallback);
}

static int take_value(struct fcd_option *o, const struct fcd_option_info *info,
		      const struct fcd_spot *section, const json_t *value)
{
	struct fcd_spot spot;

	o->size = sizeof(*o);
	o->name = info->name;
	if (!value)
		return take_fallback(o, info);
	fcd_spot_enter(&spot, section, info->name);
	switch (info->type) {
	case FCD_OPTION_NUMBER:
		return take_number(o, info, &spot, value);
	case FCD_OPTION_TEXT:
		return take_text(o, &spot, value);
	case FCD_OPTION_BOOL:
		return take_bool(o, &spot, value);
	}
	return fcd_spot_fail(&spot, "the engine is newer than the daemon",
			     "an option of unknown type %u", info->type);
}

/* Is every key of the section an option of the engine's? */
static int check_keys(const struct fcd_spot *spot, json_t *section,
		      const struct fcd_option_info *info, uint32_t count, uint32_t stride)
{
	const char **names = calloc(count + 1, sizeof(*names)), *key;
	struct fcd_spot inner;
	json_t *value;
	uint32_t i;
	int err = 0;

	if (!names)
		return fcd_err_set(spot->err, -ENOMEM, NULL, "out of memory");
	for (i = 0; i < count; i++)
		names[i] = info_at(info, stride, i)->name;
	json_object_foreach(section, key, value)
	{
		for (i = 0; i < count && strcmp(names[i], key); i++)
			;
		if (i < count)
			continue;
		fcd_spot_enter(&inner, spot, key);
		err = fcd_spot_unknown(&inner, key, names, count);
		break;
	}
	free(names);
	return err;
}

static struct fcd_options *options_new(uint32_t count)
{
	struct fcd_options *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->size = sizeof(*o);
	o->count = count;
	o->stride = sizeof(*o->first);
	o->first = calloc(count + 1, sizeof(*o->first));
	if (o->first)
		return o;
	free(o);
	return NULL;
}

int fcd_config_options(const struct fcd_config *c, const char *engine,
		       const struct fcd_option_info *info, uint32_t count, uint32_t stride,
		       struct fcd_options **out, struct fcd_err *err)
{
	struct fcd_spot engines = { .source = c->source, .err = err, .path = "$.engines" }, spot;
	json_t *section = json_object_get(c->engines, engine);
	struct fcd_options *o = options_new(count);
	uint32_t i;
	int ret;

	if (!o)
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	fcd_spot_enter(&spot, &engines, engine);
	ret = check_keys(&spot, section, info, count, stride);
	for (i = 0; !ret && i < count; i++) {
		const struct fcd_option_info *known = info_at(info, stride, i);

		ret = take_value((struct fcd_option *)fcd_options_at(o, i), known, &spot,
				 json_object_get(section, known->name));
	}
	if (ret) {
		fcd_config_options_free(o);
		return ret == -ENOMEM ? fcd_err_set(err, ret, NULL, "out of memory") : ret;
	}
	*out = o;
	return 0;
}

void fcd_config_options_free(struct fcd_options *o)
{
	uint32_t i;

	if (!o)
		return;
	for (i = 0; i < o->count; i++)
		free((char *)fcd_options_at(o, i)->text);
	free((void *)o->first);
	free(o);
}
