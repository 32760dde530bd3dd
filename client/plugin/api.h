/* SPDX-License-Identifier: MIT */
/*
 * api.h - what Falco's plugin API, major version 3, passes and expects on 64-bit hosts. The
 * oldest of that version is asked for, so that each Falco from 0.36 on accepts us.
 */
#ifndef FCD_PLUGIN_API_H
#define FCD_PLUGIN_API_H

#include <stdint.h>

#define FCD_FALCO_API "3.0.0"

enum fcd_falco_rc { FCD_FALCO_TIMEOUT = -1, FCD_FALCO_SUCCESS, FCD_FALCO_FAILURE };

/* Newer hosts pass more; whoever asks for 3.0.0 may not look there. */
struct fcd_falco_init {
	const char *config;
	void *owner;
	const char *(*owner_error)(void *owner);
	const void *tables;
};

enum fcd_falco_metric_kind { FCD_FALCO_MONOTONIC, FCD_FALCO_CURRENT };
#define FCD_FALCO_U64 2

struct fcd_falco_metric {
	const char *name;
	int32_t kind; /* enum fcd_falco_metric_kind */
	uint32_t pad0;
	uint64_t value;
	int32_t type; /* FCD_FALCO_U64 */
	uint32_t pad1;
};

_Static_assert(sizeof(struct fcd_falco_init) == 32, "as Falco's");
_Static_assert(sizeof(struct fcd_falco_metric) == 32, "as Falco's");

/* The symbols that Falco looks for. */
const char *plugin_get_required_api_version(void);
const char *plugin_get_version(void);
const char *plugin_get_name(void);
const char *plugin_get_description(void);
const char *plugin_get_contact(void);
const char *plugin_get_init_schema(int32_t *type);
void *plugin_init(const void *in, int32_t *rc);
void plugin_destroy(void *s);
const char *plugin_get_last_error(void *s);
void *plugin_open(void *s, const char *params, int32_t *rc);
void plugin_close(void *s, void *h);
int32_t plugin_next_batch(void *s, void *h, uint32_t *count, void ***events);
const void *plugin_get_metrics(void *s, uint32_t *count);

#endif
