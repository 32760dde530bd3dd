// SPDX-License-Identifier: MIT
/* claims_file.c - what is true of an engine wherever it is, even where it cannot work. */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/config.h"
#include "tests/conformance/host.h"
#include "tests/conformance/left.h"
#include "tests/conformance/suite.h"

static struct host host;

static void the_loader_takes_it(void)
{
	host_load(&host);
	require(!fcd_config_check_engine(host.ops.name), "\"%s\" cannot name an engine",
		host.ops.name);
}

static void each_minor_of_its_major_is_served(void)
{
	const struct fcd_engine_ops *now, *later;
	fcd_engine_fn *entry;
	void *object;

	host_load(&host); /* first, for the loader's reasons if it cannot be */
	object = dlopen(suite.engine, RTLD_NOW | RTLD_LOCAL);
	require(object, "%s", dlerror());
	entry = (fcd_engine_fn *)dlsym(object, FCD_ENGINE_SYMBOL);
	now = entry(FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR);
	later = entry(FCD_ABI_MAJOR << 16 | 0xffff);
	require(now, "no operations for a host of version %d.%d", FCD_ABI_MAJOR, FCD_ABI_MINOR);
	require(later && later->size >= now->size, "no operations for a host of version %d.65535",
		FCD_ABI_MAJOR);
	require(!entry((FCD_ABI_MAJOR + 1) << 16), "operations for a host of version %d.0",
		FCD_ABI_MAJOR + 1);
}

/* ---- options ---- */

static bool is_key(const char *name)
{
	for (; *name; name++)
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '_')
			return false;
	return true;
}

static void check_fallback(const struct fcd_option_info *o)
{
	char *end;
	uint64_t n = strtoull(o->fallback, &end, 10);

	if (o->type == FCD_OPTION_BOOL)
		require(!strcmp(o->fallback, "true") || !strcmp(o->fallback, "false"),
			"%s: the default of a bool is \"%s\"", o->name, o->fallback);
	if (o->type != FCD_OPTION_NUMBER)
		return;
	require(o->min <= o->max, "%s: its range is empty", o->name);
	require(isdigit((unsigned char)o->fallback[0]) && !*end,
		"%s: the default of a number is \"%s\"", o->name, o->fallback);
	require(n >= o->min && n <= o->max, "%s: the default is not in its range", o->name);
}

static void check_option(const struct fcd_option_info *o, uint32_t i, uint32_t stride)
{
	require(o->size >= sizeof(*o) && o->size <= stride, "option %u: size is %u", i, o->size);
	require(o->name && o->name[0] && is_key(o->name),
		"option %u: a name is small letters, digits and _", i);
	require(o->type >= FCD_OPTION_NUMBER && o->type <= FCD_OPTION_BOOL, "%s: type %u", o->name,
		o->type);
	require(o->help && o->help[0] && !strchr(o->help, '\n'), "%s: help is one line", o->name);
	require(o->fallback, "%s: no default, not even \"\"", o->name);
	check_fallback(o);
}

static void its_options_are_sound(void)
{
	const struct fcd_option_info *o, *other;
	uint32_t count, stride, i, k;

	host_load(&host);
	if (!host.ops.options)
		return;
	o = host.ops.options(&count, &stride);
	require(o && count, "a table without options: leave the operation NULL");
	require(stride >= sizeof(*o) && !(stride % 8), "stride is %u", stride);
	for (i = 0; i < count; i++) {
		const struct fcd_option_info *at = (const void *)((const char *)o + i * stride);

		check_option(at, i, stride);
		for (k = 0; k < i; k++) {
			other = (const void *)((const char *)o + k * stride);
			require(strcmp(at->name, other->name), "two options are %s", at->name);
		}
	}
	fcd_config_options_free(host_options(&host));
}

/* ---- probe ---- */

static int probe(void)
{
	struct fcd_options *options = host_options(&host);
	int ret;

	host.err = (struct fcd_err){ 0 };
	ret = host.ops.probe(&host_services, options, &host.err);
	fcd_config_options_free(options);
	return ret;
}

static void probe_changes_nothing(void)
{
	struct left before;
	int first, i;

	host_load(&host);
	first = probe(); /* once, for what libraries keep */
	left_look(&before);
	for (i = 0; i < LEFT_ROUNDS; i++)
		require(probe() == first, "probe does not say the same twice");
	left_check(&before, "probe");
}

static void probe_says_yes_or_what_would_help(void)
{
	struct left before;
	int ret, i;

	host_load(&host);
	ret = probe();
	if (!ret)
		return;
	host_refused(&host, ret, "probe");
	require(host.err.hint[0], "probe says what is wrong and not what would help: %s",
		host.err.text);
	engine_is_refused(&host.err);
	if (!host_try_open(&host))
		host_close(&host);
	left_look(&before);
	for (i = 0; i < LEFT_ROUNDS; i++)
		if (!host_try_open(&host))
			host_close(&host);
	left_check(&before, "open where probe says no");
}

const struct claim file_claims[] = {
	{ "file", "the daemon's loader takes it: owner, note, one exported function, operations",
	  the_loader_takes_it },
	{ "version", "it serves each host of its major version and no other",
	  each_minor_of_its_major_is_served },
	{ "options", "options have names of their own, help, and defaults in their ranges",
	  its_options_are_sound },
	{ "probe-changes-nothing", "probe leaves nothing behind and says the same again",
	  probe_changes_nothing },
	{ "probe",
	  "probe says yes, or why not and what would help; open then leaves nothing behind",
	  probe_says_yes_or_what_would_help },
	{ 0 },
};
