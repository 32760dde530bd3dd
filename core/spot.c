// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "core/err.h"
#include "core/nearest.h"
#include "core/spot.h"

static bool is_plain(const char *key)
{
	for (; *key; key++)
		if (!isalnum((unsigned char)*key) && *key != '_' && *key != '-')
			return false;
	return true;
}

void fcd_spot_enter(struct fcd_spot *spot, const struct fcd_spot *parent, const char *key)
{
	spot->source = parent->source;
	spot->err = parent->err;
	snprintf(spot->path, sizeof(spot->path), is_plain(key) ? "%s.%s" : "%s[\"%s\"]",
		 parent->path, key);
}

int fcd_spot_fail(const struct fcd_spot *spot, const char *hint, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return fcd_err_set(spot->err, -EINVAL, hint, "%s%s%s: %s", spot->source ? spot->source : "",
			   spot->source ? ": " : "", spot->path, what);
}

static void describe(char *out, size_t cap, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		snprintf(out, cap, "an object");
		break;
	case JSON_ARRAY:
		snprintf(out, cap, "an array");
		break;
	case JSON_STRING:
		snprintf(out, cap, "\"%.40s\"", json_string_value(value));
		break;
	case JSON_INTEGER:
		snprintf(out, cap, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		snprintf(out, cap, "%g", json_real_value(value));
		break;
	case JSON_NULL:
		snprintf(out, cap, "null");
		break;
	default:
		snprintf(out, cap, json_is_true(value) ? "true" : "false");
	}
}

int fcd_spot_expected(const struct fcd_spot *spot, const char *what, const json_t *got)
{
	char is[64], hint[128];

	describe(is, sizeof(is), got);
	snprintf(hint, sizeof(hint), "put %s there", what);
	return fcd_spot_fail(spot, hint, "expected %s, got %s", what, is);
}

int fcd_spot_unknown(const struct fcd_spot *spot, const char *key, const char *const *names,
		     unsigned int count)
{
	struct fcd_nearest nearest = { .name = key };
	char hint[320] = "known here:";
	unsigned int i;
	size_t len;

	for (i = 0; i < count; i++)
		fcd_nearest_try(&nearest, names[i]);
	if (nearest.best) {
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", nearest.best);
		return fcd_spot_fail(spot, hint, "unknown key");
	}
	if (!count)
		snprintf(hint, sizeof(hint), "there are no keys here");
	for (i = 0, len = strlen(hint); i < count && len < sizeof(hint); i++)
		len += (size_t)snprintf(hint + len, sizeof(hint) - len, "%s %s", i ? "," : "",
					names[i]);
	return fcd_spot_fail(spot, hint, "unknown key");
}

int fcd_spot_object(const struct fcd_spot *spot, const json_t *value)
{
	return json_is_object(value) ? 0 : fcd_spot_expected(spot, "an object", value);
}

int fcd_spot_text(const struct fcd_spot *spot, const json_t *value, const char **out)
{
	if (!json_is_string(value))
		return fcd_spot_expected(spot, "a string", value);
	*out = json_string_value(value);
	return 0;
}

int fcd_spot_number(const struct fcd_spot *spot, const json_t *value, uint64_t min, uint64_t max,
		    uint64_t *out)
{
	json_int_t n = json_integer_value(value);
	char what[80];

	if (json_is_integer(value) && n >= 0 && (uint64_t)n >= min && (uint64_t)n <= max) {
		*out = (uint64_t)n;
		return 0;
	}
	snprintf(what, sizeof(what), "an integer from %llu to %llu", (unsigned long long)min,
		 (unsigned long long)max);
	return fcd_spot_expected(spot, what, value);
}
