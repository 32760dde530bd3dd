// SPDX-License-Identifier: MIT
/* What may reach Falco. The events are encoded by rules of their own (tests/table/encode.c). */
#include <stdlib.h>
#include <string.h>
#include "client/plugin/validate.h"
#include "tests/table/encode.h"
#include "tests/tests.h"

#define FSYNC 74 /* has no event of its own */

static struct fcd_validator falco[FCD_SCHEMA_NEWEST + 1]; /* by schema */
static struct sample params[FCD_PARAMS_MAX];

static void setup(void)
{
	for (uint32_t schema = 2; schema <= FCD_SCHEMA_NEWEST; schema++)
		fcd_validator_init(&falco[schema], schema);
}

static const struct fcd_event_info *info_of(const char *code)
{
	const struct fcd_event_info *info = fcd_event_by_code(code);

	ck_assert_ptr_nonnull(info);
	return info;
}

static void set(uint32_t i, const void *bytes, uint32_t len)
{
	memcpy(params[i].bytes, bytes, len);
	params[i].len = len;
}

/* Values that are right; those of a GENERIC event name a call. */
static void make(const struct fcd_event_info *info)
{
	const uint16_t code = fcd_syscall_by_nr(FSYNC)->code, nr = FSYNC;

	samples_make(params, info, 6);
	if (!strcmp(info->name, "syscall")) {
		set(0, &code, sizeof(code));
		set(1, &nr, sizeof(nr));
	}
}

static bool pass(uint32_t schema, const struct fcd_event_info *info)
{
	size_t len;
	uint8_t *event = encode_event(info, params, &len);
	bool passes = fcd_validator_pass(&falco[schema], event, (uint32_t)len);

	free(event);
	return passes;
}

static bool is_live_exit(const struct fcd_event_info *info)
{
	return !info->is_enter && !(info->flags & (FCD_EF_OLD_VERSION | FCD_EF_UNUSED)) &&
	       (info->id < 430 || info->id > 448);
}

START_TEST(every_live_exit_passes)
{
	uint32_t n = 0;

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);

		if (!is_live_exit(info))
			continue;
		make(info);
		ck_assert_msg(pass(FCD_SCHEMA_NEWEST, info), "%s", info->code);
		n++;
	}
	ck_assert_uint_gt(n, 160);
}
END_TEST

START_TEST(what_ends_falco_or_is_not_for_it_does_not_pass)
{
	/* 222, 292, 387's forerunner 259: of older tables */
	static const uint32_t ids[] = { 222, 292, 259, 244, 322, 324, 402, 281,
					287, 403, 430, 437, 438, 440, 444, 448 };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		make(fcd_event_info(ids[i]));
		ck_assert_msg(!pass(FCD_SCHEMA_NEWEST, fcd_event_info(ids[i])), "%u", ids[i]);
	}
}
END_TEST

/* By the first ids that a Falco does not know: 0.36 to 0.38, and 0.39 to 0.43. */
START_TEST(each_falco_gets_ids_of_its_table_alone)
{
	static const uint32_t first[] = { [2] = 418, [3] = 430, [4] = 430, [5] = 454 };

	for (uint32_t id = 400; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);

		if (!is_live_exit(info))
			continue;
		make(info);
		for (uint32_t schema = 2; schema <= FCD_SCHEMA_NEWEST; schema++)
			ck_assert_msg(pass(schema, info) == (id < first[schema]), "%s in %u",
				      info->code, schema);
	}
}
END_TEST

START_TEST(an_id_above_the_table_does_not_pass)
{
	size_t len;
	uint8_t *event;
	uint16_t id;

	make(info_of("SYSCALL_CLOSE_X"));
	event = encode_event(info_of("SYSCALL_CLOSE_X"), params, &len);
	for (id = FCD_EVENTS_COUNT; id < FCD_EVENTS_COUNT + 70; id++) {
		memcpy(event + 20, &id, sizeof(id));
		ck_assert(!fcd_validator_pass(&falco[FCD_SCHEMA_NEWEST], event, (uint32_t)len));
	}
	id = UINT16_MAX;
	memcpy(event + 20, &id, sizeof(id));
	ck_assert(!fcd_validator_pass(&falco[FCD_SCHEMA_NEWEST], event, (uint32_t)len));
	free(event);
}
END_TEST

START_TEST(a_number_of_another_width_does_not_pass)
{
	uint32_t n = 0;

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);

		if (!is_live_exit(info))
			continue;
		for (uint32_t i = 0; i < info->nparams; i++) {
			uint32_t width = sample_width(info->params[i].type);

			if (!width)
				continue;
			n++;
			make(info);
			params[i].len = width + 1;
			ck_assert_msg(!pass(FCD_SCHEMA_NEWEST, info), "%s.%s", info->code,
				      info->params[i].name);
			params[i].len = width - 1;
			ck_assert_msg(width == 1 || !pass(FCD_SCHEMA_NEWEST, info), "%s.%s",
				      info->code, info->params[i].name);
		}
	}
	ck_assert_uint_gt(n, 500);
}
END_TEST

START_TEST(numbers_of_clone_and_exec_are_there_others_may_be_missing)
{
	static const char *const full[] = {
		"clone", "clone3", "fork", "vfork", "execve", "execveat"
	};

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);
		bool is_full = false;

		if (!is_live_exit(info) || !strcmp(info->name, "syscall"))
			continue;
		for (size_t k = 0; k < sizeof(full) / sizeof(full[0]); k++)
			is_full |= !strcmp(info->name, full[k]);
		for (uint32_t i = 0; i < info->nparams; i++) {
			make(info);
			params[i].len = 0;
			ck_assert_msg(pass(FCD_SCHEMA_NEWEST, info) ==
					      !(is_full && sample_width(info->params[i].type)),
				      "%s.%s", info->code, info->params[i].name);
		}
	}
}
END_TEST

START_TEST(a_string_ends_with_its_only_nul)
{
	const struct fcd_event_info *info = info_of("SYSCALL_CHDIR_X");
	char text[254];

	make(info);
	set(1, "/a", 3);
	ck_assert(pass(FCD_SCHEMA_NEWEST, info));
	set(1, "/a", 2);
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	set(1, "/\0a", 4);
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	set(1, "/a\0", 4);
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	/* Whatever its length, it is not taken for a width. */
	memset(text, 'a', sizeof(text));
	for (uint32_t len = 1; len <= sizeof(text); len++) {
		set(1, text, len);
		ck_assert_msg(!pass(FCD_SCHEMA_NEWEST, info), "%u", len);
	}
}
END_TEST

START_TEST(arguments_end_with_a_nul)
{
	const struct fcd_event_info *info = info_of("SYSCALL_EXECVE_19_X");

	make(info);
	ck_assert_str_eq(info->params[2].name, "args");
	set(2, "-c\0ls", 6);
	ck_assert(pass(FCD_SCHEMA_NEWEST, info));
	set(2, "-c\0ls", 5);
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
}
END_TEST

/* A byte that changes can be anything but what the event's frame says. */
START_TEST(lengths_fill_the_event_exactly)
{
	const struct fcd_event_info *info = info_of("SYSCALL_OPENAT_2_X");
	uint8_t big[1024], *event;
	size_t len;

	make(info);
	event = encode_event(info, params, &len);
	for (uint32_t n = 0; n < len; n++) {
		uint8_t *less = malloc(n ? n : 1); /* the sanitizer sees its end */

		memcpy(less, event, n);
		ck_assert_msg(!fcd_validator_pass(&falco[FCD_SCHEMA_NEWEST], less, n), "%u", n);
		free(less);
	}
	memset(big, 0, sizeof(big));
	memcpy(big, event, len);
	ck_assert(fcd_validator_pass(&falco[FCD_SCHEMA_NEWEST], big, sizeof(big)));
	/* total length, parameters, the length of each */
	for (uint32_t at = 16; at < FCD_EVENT_HEADER + 2u * info->nparams; at++) {
		if (at == 20 || at == 21)
			continue;
		for (uint32_t bit = 0; bit < 8; bit++) {
			big[at] ^= (uint8_t)(1 << bit);
			ck_assert_msg(!fcd_validator_pass(&falco[FCD_SCHEMA_NEWEST], big,
							  sizeof(big)),
				      "byte %u", at);
			big[at] ^= (uint8_t)(1 << bit);
		}
	}
	free(event);
}
END_TEST

START_TEST(each_parameter_of_the_table_is_there_and_no_more)
{
	const struct fcd_event_info *info = info_of("SYSCALL_CLOSE_X");
	struct fcd_event_info other = *info;

	make(info);
	other.nparams = 1;
	ck_assert(!pass(FCD_SCHEMA_NEWEST, &other));
	other.nparams = 3;
	set(2, "x", 1);
	ck_assert(!pass(FCD_SCHEMA_NEWEST, &other));
	other.nparams = 0;
	ck_assert(!pass(FCD_SCHEMA_NEWEST, &other));
}
END_TEST

START_TEST(a_generic_event_names_a_call)
{
	const struct fcd_event_info *info = info_of("GENERIC_X");
	const uint16_t bad = 9999, openat = fcd_syscall_by_nr(257)->code;

	make(info);
	ck_assert(pass(FCD_SCHEMA_NEWEST, info));
	set(0, &openat, sizeof(openat));
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	make(info);
	set(0, &bad, sizeof(bad));
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	make(info);
	set(1, &bad, sizeof(bad));
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
	make(info);
	params[0].len = params[1].len = 0;
	ck_assert(!pass(FCD_SCHEMA_NEWEST, info));
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("validate");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, every_live_exit_passes);
	tcase_add_test(t, what_ends_falco_or_is_not_for_it_does_not_pass);
	tcase_add_test(t, each_falco_gets_ids_of_its_table_alone);
	tcase_add_test(t, an_id_above_the_table_does_not_pass);
	tcase_add_test(t, a_number_of_another_width_does_not_pass);
	tcase_add_test(t, numbers_of_clone_and_exec_are_there_others_may_be_missing);
	tcase_add_test(t, a_string_ends_with_its_only_nul);
	tcase_add_test(t, arguments_end_with_a_nul);
	tcase_add_test(t, lengths_fill_the_event_exactly);
	tcase_add_test(t, each_parameter_of_the_table_is_there_and_no_more);
	tcase_add_test(t, a_generic_event_names_a_call);
	return t;
}
