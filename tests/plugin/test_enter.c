// SPDX-License-Identifier: MIT
/* The events of entries, made from those of exits. */
#include <stdlib.h>
#include <string.h>
#include "client/plugin/enter.h"
#include "client/plugin/validate.h"
#include "core/decode.h"
#include "tests/table/encode.h"
#include "tests/tests.h"

static struct sample params[FCD_PARAMS_MAX];
static uint8_t entry[FCD_EVENT_MAX];

static struct fcd_enter_map *map_of(uint32_t schema)
{
	static struct fcd_enter_map map;

	fcd_enter_map_init(&map, schema);
	return &map;
}

/* Bytes of the entry. */
static uint32_t write_entry(const struct fcd_enter_map *map, const struct fcd_event_info *exit,
			    struct fcd_event *header)
{
	size_t len;
	uint8_t *event = encode_event(exit, params, &len);
	uint32_t bytes;

	memset(entry, 0xcc, sizeof(entry));
	bytes = fcd_enter_write(map, event, entry);
	memcpy(header, event, sizeof(*header));
	ck_assert_uint_le(bytes, len);
	free(event);
	return bytes;
}

/* Rows that are shorter in Falco 0.40 are 71. */
START_TEST(those_that_an_old_falco_needs_have_one)
{
	static const uint32_t count[] = { [2] = 77, [3] = 71, [4] = 0, [5] = 0 };
	static const char *const none[] = { "SYSCALL_OPENAT_2_X", "SYSCALL_CLONE_20_X",
					    "SYSCALL_DUP_1_X", "SOCKET_BIND_X", "PROCEXIT_1_E" };

	for (uint32_t schema = 2; schema <= FCD_SCHEMA_NEWEST; schema++) {
		const struct fcd_enter_map *map = map_of(schema);
		uint32_t n = 0;

		for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
			n += map->type[id].is_wanted;
		ck_assert_uint_eq(n, count[schema]);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert(!map_of(3)->type[fcd_event_by_code(none[i])->id].is_wanted);
}
END_TEST

START_TEST(it_has_the_layout_of_the_table_and_the_exits_values)
{
	const struct fcd_enter_map *map = map_of(2);

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *exit = fcd_event_info(id);
		struct fcd_event header;
		struct fcd_view view;
		uint32_t bytes;

		if (!map->type[id].is_wanted)
			continue;
		samples_make(params, exit, 6);
		bytes = write_entry(map, exit, &header);
		ck_assert_msg(fcd_decode(entry, bytes, &view) == 0, "%s", exit->code);
		ck_assert_uint_eq(view.bytes, bytes);
		ck_assert_uint_eq(view.info->id, id - 1);
		ck_assert_uint_eq(view.ts_ns, header.ts_ns);
		ck_assert_uint_eq(view.tid, header.tid);
		for (uint32_t i = 0; i < view.nparams; i++) {
			uint32_t k = 0;

			while (strcmp(exit->params[k].name, view.param[i].info->name))
				ck_assert_uint_lt(++k, exit->nparams);
			ck_assert_uint_eq(view.param[i].len, params[k].len);
			ck_assert_mem_eq(view.param[i].data, params[k].bytes, params[k].len);
		}
	}
}
END_TEST

START_TEST(what_the_exit_lacks_is_missing)
{
	const struct fcd_event_info *exit = fcd_event_by_code("SOCKET_CONNECT_X");
	struct fcd_event header;
	struct fcd_view view;
	uint32_t bytes;

	samples_make(params, exit, 6);
	for (uint32_t i = 0; i < exit->nparams; i++)
		params[i].len = 0;
	bytes = write_entry(map_of(3), exit, &header);
	ck_assert_uint_eq(bytes, FCD_EVENT_HEADER + 2 * 2); /* fd, addr */
	ck_assert_int_eq(fcd_decode(entry, bytes, &view), 0);
	ck_assert_uint_eq(view.param[0].len, 0);
}
END_TEST

START_TEST(close_says_which_descriptor)
{
	static const uint8_t want[] = {
		0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* time and thread: as the exit's */
		36, 0, 0, 0, 4, 0, 1, 0, 0, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0,
	};
	const struct fcd_event_info *exit = fcd_event_by_code("SYSCALL_CLOSE_X");
	struct fcd_event header;

	samples_make(params, exit, 0);
	memcpy(params[1].bytes, &(int64_t){ 7 }, 8);
	ck_assert_uint_eq(write_entry(map_of(3), exit, &header), sizeof(want));
	ck_assert_mem_eq(entry, &header, 16);
	ck_assert_mem_eq(entry + 16, want + 16, sizeof(want) - 16);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("enter");

	tcase_add_test(t, those_that_an_old_falco_needs_have_one);
	tcase_add_test(t, it_has_the_layout_of_the_table_and_the_exits_values);
	tcase_add_test(t, what_the_exit_lacks_is_missing);
	tcase_add_test(t, close_says_which_descriptor);
	return t;
}
