// SPDX-License-Identifier: MIT
/* An event's name and parameters, of records written out by hand from the schema. */
#include <errno.h>
#include <string.h>
#include "client/falco-capture.h"
#include "tests/tests.h"

static struct {
	struct fcd_envelope envelope;
	uint8_t event[512];
} record;

/* The schema's ids. */
enum { GENERIC_X = 1, PROCEXIT_1_E = 186, OPENAT_2_X = 307 };

static uint32_t at, next_len;

static void begin(uint16_t type, uint32_t nparams)
{
	struct fcd_event header = { .tid = 7, .type = type, .nparams = nparams };

	memset(&record, 0, sizeof(record));
	memcpy(record.event, &header, sizeof(header));
	next_len = sizeof(header);
	at = next_len + 2 * nparams;
}

static void put(const void *bytes, uint16_t len)
{
	memcpy(record.event + next_len, &len, 2);
	next_len += 2;
	memcpy(record.event + at, bytes, len);
	at += len;
}

static const struct fcd_envelope *end(void)
{
	memcpy(record.event + 16, &at, 4);
	record.envelope.kind = FCD_EVENT;
	record.envelope.bytes = sizeof(record.envelope) + at;
	return &record.envelope;
}

/* openat(AT_FDCWD, "/etc/x", ...) = -ENOENT, with an inode that uses all its bits. */
static const struct fcd_envelope *openat_x(void)
{
	begin(OPENAT_2_X, 7);
	put(&(int64_t){ -ENOENT }, 8);
	put(&(int64_t){ -100 }, 8);
	put("/etc/x", 7);
	put(&(uint32_t){ 0x80000001 }, 4);
	put(&(uint32_t){ 0644 }, 4);
	put(&(uint32_t){ 0xfffffff0 }, 4);
	put(NULL, 0);
	return end();
}

START_TEST(numbers_are_widened_by_their_own_sign)
{
	const struct fcd_envelope *r = openat_x();
	int64_t n;

	ck_assert_int_eq(fcd_client_number(r, "fd", &n), 0);
	ck_assert_int_eq(n, -ENOENT);
	ck_assert_int_eq(fcd_client_number(r, "flags", &n), 0);
	ck_assert_int_eq(n, 0x80000001);
	ck_assert_int_eq(fcd_client_number(r, "dev", &n), 0);
	ck_assert_int_eq(n, 0xfffffff0);
}
END_TEST

START_TEST(strings_and_bytes_are_in_the_record)
{
	const struct fcd_envelope *r = openat_x();
	const void *bytes;
	const char *s;
	size_t len;

	ck_assert_int_eq(fcd_client_string(r, "name", &s), 0);
	ck_assert_str_eq(s, "/etc/x");
	ck_assert_int_eq(fcd_client_bytes(r, "name", &bytes, &len), 0);
	ck_assert_ptr_eq(bytes, s);
	ck_assert_uint_eq(len, 7);
	ck_assert_int_eq(fcd_client_bytes(r, "mode", &bytes, &len), 0);
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(memcmp(bytes, &(uint32_t){ 0644 }, 4), 0);
}
END_TEST

START_TEST(what_is_not_there_is_an_error_and_sets_nothing)
{
	const struct fcd_envelope *r = openat_x();
	const char *s = "before";
	int64_t n = 42;

	ck_assert_int_eq(fcd_client_number(r, "ino", &n), -ENODATA);
	ck_assert_int_eq(fcd_client_number(r, "uid", &n), -ENOENT);
	ck_assert_int_eq(fcd_client_number(r, "name", &n), -EINVAL);
	ck_assert_int_eq(fcd_client_string(r, "fd", &s), -EINVAL);
	ck_assert_int_eq(n, 42);
	ck_assert_str_eq(s, "before");
}
END_TEST

START_TEST(event_has_the_name_of_its_call)
{
	ck_assert_str_eq(fcd_client_event_name(openat_x()), "openat");
	begin(PROCEXIT_1_E, 5);
	put(&(int64_t){ 9 }, 8);
	put(&(int64_t){ 0 }, 8);
	put(&(uint8_t){ 9 }, 1);
	put(&(uint8_t){ 0 }, 1);
	put(&(int64_t){ 1 }, 8);
	ck_assert_str_eq(fcd_client_event_name(end()), "procexit");
	/* fsync: 74, the schema's 72. */
	begin(GENERIC_X, 2);
	put(&(uint16_t){ 72 }, 2);
	put(&(uint16_t){ 74 }, 2);
	ck_assert_str_eq(fcd_client_event_name(end()), "fsync");
}
END_TEST

START_TEST(what_is_no_event_has_neither_name_nor_parameters)
{
	struct {
		struct fcd_envelope envelope;
		struct fcd_gap gap;
	} gap = { .envelope = { .bytes = sizeof(gap), .kind = FCD_GAP } };
	int64_t n;

	ck_assert_ptr_null(fcd_client_event_name(&gap.envelope));
	ck_assert_int_eq(fcd_client_number(&gap.envelope, "fd", &n), -EPROTO);
	openat_x();
	record.envelope.bytes -= 4;
	ck_assert_ptr_null(fcd_client_event_name(&record.envelope));
	ck_assert_int_eq(fcd_client_number(&record.envelope, "fd", &n), -EPROTO);
	begin(9999, 0);
	ck_assert_ptr_null(fcd_client_event_name(end()));
	ck_assert_int_eq(fcd_client_number(&record.envelope, "fd", &n), -EPROTO);
	record.envelope.bytes = 3;
	ck_assert_ptr_null(fcd_client_event_name(&record.envelope));
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("event");

	tcase_add_test(t, numbers_are_widened_by_their_own_sign);
	tcase_add_test(t, strings_and_bytes_are_in_the_record);
	tcase_add_test(t, what_is_not_there_is_an_error_and_sets_nothing);
	tcase_add_test(t, event_has_the_name_of_its_call);
	tcase_add_test(t, what_is_no_event_has_neither_name_nor_parameters);
	return t;
}
