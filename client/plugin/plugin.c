// SPDX-License-Identifier: MIT
/*
 * What Falco calls. It may have two of us at a time, in two threads: the one that captures, and
 * one that only shows whether a new configuration is right. So nothing here is shared by two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi/version.h"
#include "client/plugin/api.h"
#include "client/plugin/capture.h"

struct fcd_plugin {
	struct fcd_plugin_config config;
	struct fcd_validator validator;
	struct fcd_enter_map enter;
	struct fcd_metrics metrics;
	char error[256];
};

const char *plugin_get_required_api_version(void)
{
	return FCD_FALCO_API;
}

const char *plugin_get_version(void)
{
	return FCD_VERSION;
}

const char *plugin_get_name(void)
{
	return "falco_capture";
}

const char *plugin_get_description(void)
{
	return "System calls from the falco-capture daemon";
}

const char *plugin_get_contact(void)
{
	return "falco-capture, docs/falco.md";
}

const char *plugin_get_init_schema(int32_t *type)
{
	*type = 1; /* JSON Schema */
	return fcd_plugin_config_schema;
}

void *plugin_init(const void *in, int32_t *rc)
{
	const struct fcd_falco_init *init = in;
	struct fcd_plugin *p = calloc(1, sizeof(*p));

	*rc = FCD_FALCO_FAILURE;
	if (!p)
		return NULL;
	/* Also after a failure: the state has the words for it. */
	if (fcd_plugin_config_parse(init->config, &p->config, p->error, sizeof(p->error)))
		return p;
	fcd_validator_init(&p->validator, p->config.schema);
	fcd_enter_map_init(&p->enter, p->config.schema);
	fcd_metrics_init(&p->metrics);
	*rc = FCD_FALCO_SUCCESS;
	return p;
}

void plugin_destroy(void *s)
{
	free(s);
}

const char *plugin_get_last_error(void *s)
{
	return s ? ((struct fcd_plugin *)s)->error : "out of memory";
}

void *plugin_open(void *s, const char *params, int32_t *rc)
{
	struct fcd_plugin *p = s;
	struct fcd_batch_rules rules = { .validator = &p->validator,
					 .enter = p->config.schema < 4 ? &p->enter : NULL,
					 .metrics = &p->metrics,
					 .snaplen = p->config.snaplen };
	struct fcd_capture_source *source;
	int err;

	(void)params;
	*rc = FCD_FALCO_FAILURE;
	err = fcd_capture_source_open(&source, &p->config, &rules);
	if (err) {
		snprintf(p->error, sizeof(p->error), "cannot begin to capture: %s", strerror(-err));
		return NULL;
	}
	*rc = FCD_FALCO_SUCCESS;
	return source;
}

void plugin_close(void *s, void *h)
{
	(void)s;
	fcd_capture_source_close(h);
}

int32_t plugin_next_batch(void *s, void *h, uint32_t *count, void ***events)
{
	const struct fcd_batch *batch = fcd_capture_source_next(h);

	(void)s;
	*count = batch ? batch->count : 0;
	*events = batch ? (void **)batch->events : NULL;
	return batch ? FCD_FALCO_SUCCESS : FCD_FALCO_TIMEOUT;
}

const void *plugin_get_metrics(void *s, uint32_t *count)
{
	*count = FCD_METRICS;
	return ((struct fcd_plugin *)s)->metrics.at;
}
