// SPDX-License-Identifier: MIT
#include <limits.h>
#include "core/err.h"
#include "daemon/engine.h"
#include "daemon/log.h"
#include "daemon/reload.h"

static void take_over(struct fcd_config *c, struct fcd_config *next)
{
	struct fcd_text live = { 0 }, others = { 0 };

	fcd_config_changes(c, next, true, &live);
	fcd_config_changes(c, next, false, &others);
	fcd_config_adopt(c, next);
	fcd_log_level(fcd_options_log_level(c, false));
	fcd_log(FCD_LOG_INFO, "the config was read again; changed: %.*s", (int)live.len,
		live.len ? live.at : "");
	if (others.len)
		fcd_log(FCD_LOG_WARNING, "what is new in the config needs a restart: %.*s",
			(int)others.len, others.at);
	fcd_text_free(&live);
	fcd_text_free(&others);
}

void fcd_reload(struct fcd_config *c, const struct fcd_options_given *given)
{
	struct fcd_config next = { 0 };
	struct fcd_err err = { 0 };
	char dir[PATH_MAX];

	if (fcd_options_load(given, &next, &err) || fcd_engine_check(&next, dir, &err))
		fcd_log_err(FCD_LOG_ERROR, "the config is wrong and stays as it was", &err);
	else
		take_over(c, &next);
	fcd_config_fini(&next);
}
