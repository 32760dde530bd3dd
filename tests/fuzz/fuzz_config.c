// SPDX-License-Identifier: MIT
/* Any bytes as a config. What is refused is refused with words; what is taken is in its range. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/config.h"
#include "fuzz.h"

static const struct fcd_option_info info[] = {
	{ .size = sizeof(info[0]), .type = FCD_OPTION_TEXT, .name = "probe", .fallback = "" },
	{ .size = sizeof(info[0]),
	  .type = FCD_OPTION_NUMBER,
	  .name = "ring_bytes",
	  .fallback = "8192",
	  .min = 4096,
	  .max = 65536 },
	{ .size = sizeof(info[0]), .type = FCD_OPTION_BOOL, .name = "loud", .fallback = "true" },
};

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check_options(const struct fcd_config *c, const char *engine)
{
	struct fcd_err err = { 0 };
	struct fcd_options *o;

	if (fcd_config_options(c, engine, info, 3, sizeof(info[0]), &o, &err)) {
		must(err.text[0]);
		return;
	}
	must(o->count == 3 && fcd_options_at(o, 1)->number >= 4096 &&
	     fcd_options_at(o, 1)->number <= 65536);
	must(fcd_options_at(o, 0)->text && fcd_options_at(o, 1)->text &&
	     fcd_options_at(o, 2)->text);
	fcd_config_options_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* the sanitizer sees its end */
	struct fcd_err err = { 0 };
	struct fcd_config c;
	const char *engine;
	unsigned int i;

	memcpy(text, data, size);
	must(!fcd_config_init(&c));
	if (fcd_config_parse(&c, "fuzz.json", text, size, &err)) {
		must(!strncmp(err.text, "fuzz.json:", 10));
	} else {
		must(c.hold_ms <= 1000 && c.clients >= 1 && c.clients <= 1024);
		must(!(c.broadcast_bytes & (c.broadcast_bytes - 1)) && c.broadcast_bytes);
		must(!c.socket || c.socket[0] == '/');
		for (i = 0; (engine = fcd_config_section(&c, i)); i++)
			check_options(&c, engine);
	}
	fcd_config_fini(&c);
	free(text);
	return 0;
}
