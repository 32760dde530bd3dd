// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/config_keys.h"

json_t *fcd_config_with_origin(const struct fcd_config *c, const char *path, json_t *value)
{
	const char *from = json_string_value(json_object_get(c->from, path));

	return json_pack("{s:o, s:s}", "value", value, "from", from ? from : "default");
}

int fcd_config_note(struct fcd_config *c, const char *path, const char *from)
{
	return json_object_set_new(c->from, path, json_string(from)) ? -ENOMEM : 0;
}

/* ---- the values ---- */

static json_t *option_value(const struct fcd_option_info *info, const struct fcd_option *o)
{
	switch (info->type) {
	case FCD_OPTION_NUMBER:
		return json_integer((json_int_t)o->number);
	case FCD_OPTION_BOOL:
		return json_boolean(o->number);
	}
	return json_string(o->text);
}

json_t *fcd_config_show_options(const struct fcd_config *c, const char *engine,
				const struct fcd_option_info *info, uint32_t stride,
				const struct fcd_options *o)
{
	struct fcd_spot engines = { .path = "$.engines" }, section, spot;
	json_t *all = json_object();
	uint32_t i;

	fcd_spot_enter(&section, &engines, engine);
	for (i = 0; i < o->count; i++) {
		const struct fcd_option_info *known =
			(const void *)((const char *)info + (size_t)stride * i);

		fcd_spot_enter(&spot, &section, known->name);
		json_object_set_new(
			all, known->name,
			fcd_config_with_origin(c, spot.path,
					       option_value(known, fcd_options_at(o, i))));
	}
	return all;
}

json_t *fcd_config_show_section(const struct fcd_config *c, const char *engine)
{
	struct fcd_spot engines = { .path = "$.engines" }, section, spot;
	json_t *all = json_object(), *value;
	const char *key;

	fcd_spot_enter(&section, &engines, engine);
	json_object_foreach(json_object_get(c->engines, engine), key, value)
	{
		fcd_spot_enter(&spot, &section, key);
		json_object_set_new(all, key,
				    fcd_config_with_origin(c, spot.path, json_incref(value)));
	}
	return all;
}

/* ---- as text ---- */

static void add_dump(const json_t *value, struct fcd_text *out)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text)
		fcd_text_str(out, text);
	free(text);
}

static void indent(unsigned int depth, struct fcd_text *out)
{
	fcd_text_char(out, '\n');
	while (depth--)
		fcd_text_char(out, '\t');
}

/* A value and its origin are one line. */
void fcd_config_write(json_t *shown, unsigned int depth, struct fcd_text *out)
{
	const char *key, *between = "";
	json_t *inner;

	if (json_is_string(json_object_get(shown, "from")) || !json_object_size(shown)) {
		add_dump(shown, out);
		return;
	}
	fcd_text_char(out, '{');
	json_object_foreach(shown, key, inner)
	{
		fcd_text_str(out, between);
		between = ",";
		indent(depth + 1, out);
		fcd_text_json(out, key, strlen(key));
		fcd_text_str(out, ": ");
		fcd_config_write(inner, depth + 1, out);
	}
	indent(depth, out);
	fcd_text_char(out, '}');
}
