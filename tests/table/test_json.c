/* SPDX-License-Identifier: MIT */
/* JSON of every event, parsed back with jansson and compared value by value. */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/format.h"
#include "encode.h"
#include "tests/tests.h"

#define SEEDS 12 /* samples of each event */

static struct fcd_text t;

/* ---- one value ---- */

/* A number where JSON keeps it exact, else a string of hexadecimal digits. */
static void check_number(const json_t *got, int64_t num, bool is_signed)
{
	bool exact =
		is_signed ? num >= -(1LL << 53) && num <= 1LL << 53 : (uint64_t)num <= 1ULL << 53;
	char want[32];

	if (exact) {
		ck_assert(json_is_integer(got));
		ck_assert_int_eq(json_integer_value(got), num);
		return;
	}
	snprintf(want, sizeof(want), "0x%llx", (unsigned long long)num);
	ck_assert_str_eq(json_string_value(got), want);
}

static void check_printed(const json_t *got, const char *format, uint64_t num)
{
	char want[32];

	snprintf(want, sizeof(want), format, (unsigned long long)num);
	ck_assert_str_eq(json_string_value(got), want);
}

static uint64_t value_of(const struct fcd_values *values, const char *name)
{
	for (uint32_t i = 0; i < values->count; i++)
		if (!strcmp(values->at[i].name, name))
			return values->at[i].value;
	ck_assert_msg(*name == '0', "%s is not in %s", name, values->name);
	return strtoull(name, NULL, 0);
}

/* The names' bits together are the number. */
static void check_flags(const json_t *got, const struct fcd_values *values, uint64_t num)
{
	char *names = strdup(json_string_value(got)), *save = NULL;
	uint64_t sum = 0;

	for (char *n = strtok_r(names, "|", &save); n; n = strtok_r(NULL, "|", &save)) {
		uint64_t bits = value_of(values, n);

		ck_assert_uint_eq(sum & bits, 0);
		sum |= bits;
	}
	ck_assert_uint_eq(sum, num);
	free(names);
}

static void check_enum(const json_t *got, const struct fcd_values *values, uint64_t num)
{
	if (json_is_string(got)) {
		ck_assert_uint_eq(value_of(values, json_string_value(got)), num);
		return;
	}
	ck_assert_uint_eq((uint64_t)json_integer_value(got), num);
	for (uint32_t i = 0; i < values->count; i++)
		ck_assert_uint_ne(values->at[i].value, num);
}

/* A character of what was read is the same bytes, or U+0080 to U+00FF for one that is not UTF-8. */
static void check_bytes(const json_t *got, const uint8_t *bytes, uint32_t len)
{
	const uint8_t *s = (const uint8_t *)json_string_value(got);
	const uint8_t *end = s + json_string_length(got);
	uint32_t i = 0;

	while (s < end) {
		uint32_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

		if (n <= len - i && !memcmp(s, bytes + i, n)) {
			i += n;
		} else {
			ck_assert_uint_eq(n, 2);
			ck_assert_uint_lt(i, len);
			ck_assert_uint_eq((*s & 3U) << 6 | (s[1] & 0x3f), bytes[i++]);
		}
		s += n;
	}
	ck_assert_uint_eq(i, len);
}

static void check_strings(const json_t *got, const uint8_t *bytes, uint32_t len)
{
	const char *s = (const char *)bytes;
	size_t i;
	json_t *item;

	json_array_foreach(got, i, item)
	{
		ck_assert_str_eq(json_string_value(item), s);
		s += strlen(s) + 1;
	}
	ck_assert_ptr_eq(s, bytes + len);
}

static size_t print_end(char *to, int family, const uint8_t *at)
{
	size_t width = family == AF_INET ? 4 : 16;
	char ip[INET6_ADDRSTRLEN];
	uint16_t port;

	inet_ntop(family, at, ip, sizeof(ip));
	memcpy(&port, at + width, 2);
	return (size_t)sprintf(to, family == AF_INET ? "%s:%u" : "[%s]:%u", ip, port);
}

static void check_address(const json_t *got, const uint8_t *at, int ends)
{
	char want[300];
	uint64_t ids[2];

	if (at[0] == 1 && ends == 1) {
		snprintf(want, sizeof(want), "unix:%s", (const char *)at + 1);
	} else if (at[0] == 1) {
		memcpy(ids, at + 1, 16);
		snprintf(want, sizeof(want), "unix:0x%llx->0x%llx%s%s", (unsigned long long)ids[1],
			 (unsigned long long)ids[0], at[17] ? ":" : "", (const char *)at + 17);
	} else {
		size_t n = print_end(want, at[0], at + 1);

		if (ends == 2) {
			memcpy(want + n, "->", 2);
			print_end(want + n + 2, at[0], at + 1 + (at[0] == AF_INET ? 6 : 18));
		}
	}
	ck_assert_str_eq(json_string_value(got), want);
}

static void check_ip(const json_t *got, int family, const uint8_t *at)
{
	char want[INET6_ADDRSTRLEN];

	inet_ntop(family, at, want, sizeof(want));
	ck_assert_str_eq(json_string_value(got), want);
}

static void check_fdlist(const json_t *got, const struct fcd_values *values, const uint8_t *at)
{
	uint16_t count, bits;
	int64_t fd;

	memcpy(&count, at, 2);
	ck_assert_uint_eq(json_array_size(got), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(got, i);

		memcpy(&fd, at + 2 + 10 * i, 8);
		memcpy(&bits, at + 10 + 10 * i, 2);
		ck_assert_int_eq(json_integer_value(json_object_get(item, "fd")), fd);
		check_flags(json_object_get(item, "flags"), values, bits);
	}
}

static void check_time(const json_t *got, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char want[64];
	struct tm tm;

	strftime(want, 32, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	snprintf(want + 19, 32, ".%09uZ", (unsigned int)(ns % 1000000000));
	ck_assert_str_eq(json_string_value(got), want);
}

static void check_signal(const json_t *got, uint64_t sig)
{
	static const char *const few[] = {
		[1] = "SIGHUP", [9] = "SIGKILL", [15] = "SIGTERM", [17] = "SIGCHLD", [31] = "SIGSYS"
	};

	if (sig && sig < 32)
		ck_assert_int_eq(strncmp(json_string_value(got), "SIG", 3), 0);
	else
		ck_assert_int_eq(json_integer_value(got), (int64_t)sig);
	if (sig < 32 && few[sig])
		ck_assert_str_eq(json_string_value(got), few[sig]);
}

static bool is_signed(uint32_t type)
{
	return type == FCD_T_ERRNO || type == FCD_T_FD || type == FCD_T_PID || type == FCD_T_FD32 ||
	       type == FCD_T_PID32 || (type >= FCD_T_INT8 && type <= FCD_T_INT64);
}

static void check_by_format(const json_t *got, const struct fcd_param_info *info,
			    const struct sample *s, uint64_t num)
{
	if (info->format == FCD_F_HEX && info->type == FCD_T_ERRNO && s->num < 0)
		check_number(got, s->num, true);
	else if (info->format == FCD_F_HEX)
		check_printed(got, "0x%llx", num);
	else if (info->format == FCD_F_OCT)
		check_printed(got, "%#llo", num);
	else if (is_signed(info->type))
		check_number(got, s->num, true);
	else
		check_number(got, (int64_t)num, false);
}

static void check_value(const json_t *got, const struct fcd_param_info *info,
			const struct sample *s)
{
	uint32_t width = sample_width(info->type);
	uint64_t num = width && width <= 8 ? (uint64_t)s->num & ~0ULL >> (64 - 8 * width) : 0;
	struct sample inner;

	switch (info->type) {
	case FCD_T_CHARBUF:
	case FCD_T_FSPATH:
	case FCD_T_FSRELPATH:
		ck_assert_str_eq(json_string_value(got), (const char *)s->bytes);
		break;
	case FCD_T_CHARBUFARRAY:
	case FCD_T_CHARBUF_PAIR_ARRAY:
		check_strings(got, s->bytes, s->len);
		break;
	case FCD_T_BYTEBUF:
		if (info->format == FCD_F_STRINGS)
			check_strings(got, s->bytes, s->len);
		else
			check_bytes(got, s->bytes, s->len);
		break;
	case FCD_T_SOCKADDR:
		check_address(got, s->bytes, 1);
		break;
	case FCD_T_SOCKTUPLE:
		check_address(got, s->bytes, 2);
		break;
	case FCD_T_FDLIST:
		check_fdlist(got, info->values, s->bytes);
		break;
	case FCD_T_IPV4ADDR:
		check_ip(got, AF_INET, s->bytes);
		break;
	case FCD_T_IPV6ADDR:
		check_ip(got, AF_INET6, s->bytes);
		break;
	case FCD_T_FLAGS8:
	case FCD_T_FLAGS16:
	case FCD_T_FLAGS32:
		check_flags(got, info->values, num);
		break;
	case FCD_T_ENUMFLAGS8:
	case FCD_T_ENUMFLAGS16:
	case FCD_T_ENUMFLAGS32:
		check_enum(got, info->values, num);
		break;
	case FCD_T_SIGTYPE:
		check_signal(got, num);
		break;
	case FCD_T_SIGSET:
		check_printed(got, "0x%llx", num);
		break;
	case FCD_T_PORT:
		check_number(got, (int64_t)num, false);
		break;
	case FCD_T_MODE:
		check_printed(got, "%#llo", num);
		break;
	case FCD_T_ABSTIME:
		check_time(got, num);
		break;
	case FCD_T_DYN:
		inner = *s;
		inner.len--;
		memmove(inner.bytes, s->bytes + 1, inner.len);
		check_value(got, &info->variants[s->bytes[0]], &inner);
		break;
	default:
		check_by_format(got, info, s, num);
	}
}

/* ---- an event ---- */

static json_t *parse(const struct fcd_envelope *e, size_t len)
{
	json_error_t error;
	json_t *root;

	t.len = 0;
	ck_assert_int_eq(fcd_format_json(&t, e, len, NULL), 0);
	ck_assert_ptr_eq(memchr(t.at, '\n', t.len), t.at + t.len - 1); /* one line */
	root = json_loadb(t.at, t.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	ck_assert_msg(root != NULL, "%s: %.*s", error.text, (int)t.len, t.at);
	return root;
}

static const json_t *param_of(const json_t *root, const char *name)
{
	static const char *const taken[] = { "cpu", "pid", "tid", "type", "dir", NULL };
	char key[64];

	snprintf(key, sizeof(key), "%s", name);
	for (int i = 0; taken[i]; i++)
		if (!strcmp(name, taken[i]))
			snprintf(key, sizeof(key), "arg_%s", name);
	ck_assert_msg(json_object_get(root, key) != NULL, "no %s", key);
	return json_object_get(root, key);
}

/* Keys of the event itself, and nothing but those and the parameters. */
static void check_head(const json_t *root, const struct fcd_event_info *info)
{
	bool enter = info->is_enter && !strcmp(info->source, "syscall");

	ck_assert_str_eq(json_string_value(json_object_get(root, "ts")),
			 "2026-11-24T16:20:00.123456789Z");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "seq")), 81230);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "cpu")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "pid")), 4200);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "tid")), 4242);
	ck_assert_str_eq(json_string_value(json_object_get(root, "type")), info->name);
	ck_assert_int_eq(!!json_object_get(root, "dir"), enter);
	if (info->id > 1)
		ck_assert_uint_eq(json_object_size(root), 6U + enter + info->nparams);
}

START_TEST(json_of_every_event_says_what_was_put_in)
{
	static struct sample params[FCD_PARAMS_MAX];
	size_t len;

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			const struct fcd_event_info *info = fcd_event_info(id);
			struct fcd_envelope *e;
			json_t *root;

			samples_make(params, info, seed);
			e = encode_record(info, params, &len);
			root = parse(e, len);
			check_head(root, info);
			for (uint32_t i = 0; id > 1 && i < info->nparams; i++)
				check_value(param_of(root, info->params[i].name), &info->params[i],
					    &params[i]);
			json_decref(root);
			free(e);
		}
}
END_TEST

START_TEST(a_parameter_without_value_is_null)
{
	static struct sample none[FCD_PARAMS_MAX];
	size_t len;

	for (uint32_t id = 2; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);
		struct fcd_envelope *e = encode_record(info, none, &len);
		json_t *root = parse(e, len);

		for (uint32_t i = 0; i < info->nparams; i++)
			ck_assert(json_is_null(param_of(root, info->params[i].name)));
		json_decref(root);
		free(e);
	}
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("json");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, json_of_every_event_says_what_was_put_in);
	tcase_add_test(t, a_parameter_without_value_is_null);
	return t;
}
