/* SPDX-License-Identifier: MIT */
/* config_keys.h - the keys of the config, for config.c. */
#ifndef FCD_CONFIG_KEYS_H
#define FCD_CONFIG_KEYS_H

#include "core/config.h"
#include "core/spot.h"

/* Take the values of a whole config over; c->from notes which were there. -EINVAL, -ENOMEM. */
int fcd_config_take(struct fcd_config *c, const struct fcd_spot *spot, json_t *root);

/* {"value":...,"from":...}; takes the value over. path: $.limits.clients */
json_t *fcd_config_with_origin(const struct fcd_config *c, const char *path, json_t *value);

#endif
