/* SPDX-License-Identifier: MIT */
/* reload.h - SIGHUP: the config is read again. */
#ifndef FCD_RELOAD_H
#define FCD_RELOAD_H

#include "daemon/options.h"

/*
 * Read the config as at the start. If all of it is right, c takes over what is live, and the log
 * names what needs a restart; else the log says what is wrong, and c stays as it is.
 */
void fcd_reload(struct fcd_config *c, const struct fcd_options_given *given);

#endif
