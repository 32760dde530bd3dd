/* SPDX-License-Identifier: MIT */
/* config.h - init_config of falco.yaml, which Falco passes on as JSON. docs/falco.md has the keys. */
#ifndef FCD_PLUGIN_CONFIG_H
#define FCD_PLUGIN_CONFIG_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include "core/filter.h"

struct fcd_plugin_config {
	char socket[PATH_MAX]; /* "": where the daemon is by default */
	uint32_t schema;       /* of Falco's event table: 2, 3, 4 or FCD_SCHEMA_NEWEST */
	uint32_t snaplen;      /* bytes of data that Falco gets of an event's */
	struct fcd_filter filter;
};

/* The same as a JSON Schema, for Falco. */
extern const char fcd_plugin_config_schema[];

/* text: "" for all by default. -EINVAL: error has a sentence for a person. */
int fcd_plugin_config_parse(const char *text, struct fcd_plugin_config *out, char *error,
			    size_t cap);

/* The filter as a request has it. To be freed; NULL: no memory. */
char *fcd_plugin_config_filter(const struct fcd_plugin_config *config);

#endif
