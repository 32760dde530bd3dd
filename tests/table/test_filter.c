/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/filter.h"
#include "core/table.h"
#include "encode.h"
#include "tests/tests.h"

static struct fcd_filter f;

static void add(const char *name)
{
	ck_assert_int_eq(fcd_filter_add(&f, name, NULL, 0), 0);
}

static bool passes(const char *code)
{
	static struct sample none[FCD_PARAMS_MAX];
	size_t len;
	struct fcd_envelope *e = encode_record(fcd_event_by_code(code), none, &len);
	bool pass = fcd_filter_pass(&f, e, NULL);

	free(e);
	return pass;
}

static bool passes_generic(uint16_t nr, uint32_t len_of_nr)
{
	struct sample ids[2] = { { .len = 2 }, { .len = len_of_nr } };
	size_t len;
	struct fcd_envelope *e;
	bool pass;

	memcpy(ids[1].bytes, &nr, 2);
	e = encode_record(fcd_event_by_code("GENERIC_X"), ids, &len);
	pass = fcd_filter_pass(&f, e, NULL);
	free(e);
	return pass;
}

static bool wants(uint32_t nr)
{
	return f.interest.syscalls[nr / 64] >> nr % 64 & 1;
}

START_TEST(a_call_lets_its_own_event_pass_and_no_other)
{
	fcd_filter_none(&f);
	ck_assert(fcd_interest_is_empty(&f.interest));
	ck_assert(!passes("SYSCALL_OPENAT_2_X"));
	add("openat");
	ck_assert(passes("SYSCALL_OPENAT_2_X"));
	ck_assert(!passes("SYSCALL_OPENAT2_X"));
	ck_assert(!passes("SYSCALL_OPEN_X"));
	ck_assert(!passes("GENERIC_X"));
	ck_assert(wants(257));
	ck_assert(!wants(2));
	ck_assert_uint_eq(f.interest.tracepoints, 0);
	ck_assert(!fcd_interest_is_empty(&f.interest));
}
END_TEST

START_TEST(calls_without_an_event_of_their_own_pass_by_number)
{
	fcd_filter_none(&f);
	add("fsync");
	ck_assert(passes_generic(74, 2));
	ck_assert(!passes_generic(75, 2));
	ck_assert(!passes_generic(74, 0));
	ck_assert(!passes_generic(512, 2));
	ck_assert(!passes_generic(65535, 2));
	ck_assert(wants(74));
}
END_TEST

/* lseek has its own event in the schema; an engine without a filler for it sends GENERIC. */
START_TEST(a_call_passes_as_generic_too)
{
	fcd_filter_none(&f);
	add("lseek");
	ck_assert(passes("SYSCALL_LSEEK_X"));
	ck_assert(passes_generic(8, 2));
	ck_assert(!passes_generic(9, 2));
}
END_TEST

START_TEST(execveat_lets_execve_pass_which_its_success_is)
{
	fcd_filter_none(&f);
	add("execveat");
	ck_assert(passes("SYSCALL_EXECVE_19_X"));
	ck_assert(passes("SYSCALL_EXECVEAT_X"));
	ck_assert(wants(322));
	ck_assert(!wants(59));
	fcd_filter_none(&f);
	add("execve");
	ck_assert(passes("SYSCALL_EXECVE_19_X"));
	ck_assert(!passes("SYSCALL_EXECVEAT_X"));
	ck_assert(wants(59));
}
END_TEST

START_TEST(calls_that_only_socketcall_has_pass_with_their_kin)
{
	fcd_filter_none(&f);
	add("sendto");
	ck_assert(passes("SOCKET_SENDTO_X"));
	ck_assert(passes("SOCKET_SEND_X"));
	ck_assert(!passes("SOCKET_RECV_X"));
	fcd_filter_none(&f);
	add("recvfrom");
	ck_assert(passes("SOCKET_RECV_X"));
	ck_assert(!passes("SOCKET_SEND_X"));
}
END_TEST

START_TEST(procexit_is_a_tracepoint)
{
	fcd_filter_none(&f);
	add("procexit");
	ck_assert(passes("PROCEXIT_1_E"));
	ck_assert_uint_eq(f.interest.tracepoints, FCD_TP_PROCEXIT);
	ck_assert(!fcd_interest_is_empty(&f.interest));
	for (uint32_t nr = 0; nr < 512; nr++)
		ck_assert(!wants(nr));
}
END_TEST

START_TEST(signaldeliver_is_a_tracepoint)
{
	fcd_filter_none(&f);
	add("signaldeliver");
	ck_assert(passes("SIGNALDELIVER_E"));
	ck_assert(!passes("PROCEXIT_1_E"));
	ck_assert_uint_eq(f.interest.tracepoints, FCD_TP_SIGNALDELIVER);
}
END_TEST

START_TEST(an_unknown_name_is_answered_with_the_nearest)
{
	char suggestion[32] = "old";

	fcd_filter_none(&f);
	ck_assert_int_eq(fcd_filter_add(&f, "opneat", suggestion, sizeof(suggestion)), -ENOENT);
	ck_assert_str_eq(suggestion, "openat");
	ck_assert_int_eq(fcd_filter_add(&f, "procexi", suggestion, sizeof(suggestion)), -ENOENT);
	ck_assert_str_eq(suggestion, "procexit");
	ck_assert_int_eq(fcd_filter_add(&f, "qqqqqqqq", suggestion, sizeof(suggestion)), -ENOENT);
	ck_assert_str_eq(suggestion, "");
	ck_assert_int_eq(fcd_filter_add(&f, "", NULL, 0), -ENOENT);
	ck_assert(fcd_interest_is_empty(&f.interest));
}
END_TEST

START_TEST(all_is_every_event_and_every_number)
{
	fcd_filter_all(&f);
	for (uint32_t id = 2; id < FCD_EVENTS_COUNT; id++)
		ck_assert(passes(fcd_event_info(id)->code));
	ck_assert(passes_generic(74, 2));
	ck_assert(passes_generic(511, 2));
	ck_assert(wants(0));
	ck_assert(wants(511));
	ck_assert_uint_eq(f.interest.tracepoints, FCD_TP_PROCEXIT | FCD_TP_SIGNALDELIVER);
	ck_assert_uint_eq(f.interest.size, sizeof(f.interest));
}
END_TEST

static void check_too_short(const char *code, const struct sample *params, uint32_t enough)
{
	size_t len;
	struct fcd_envelope *e = encode_record(fcd_event_by_code(code), params, &len);

	fcd_filter_all(&f);
	for (e->bytes = 0; e->bytes < enough; e->bytes++)
		ck_assert(!fcd_filter_pass(&f, e, NULL));
	ck_assert(fcd_filter_pass(&f, e, NULL));
	free(e);
}

START_TEST(a_record_too_short_for_an_event_does_not_pass)
{
	static const struct sample ids[2] = { { .len = 2 }, { .len = 2 } };

	check_too_short("SYSCALL_CLOSE_X", ids, 24 + 26);
	check_too_short("GENERIC_X", ids, 24 + 26 + 4 + 4);
}
END_TEST

START_TEST(a_union_wants_what_either_wants)
{
	struct fcd_interest sum;

	fcd_filter_none(&f);
	add("openat");
	sum = f.interest;
	fcd_filter_none(&f);
	add("close");
	add("procexit");
	fcd_interest_union(&f.interest, &sum);
	ck_assert(wants(257));
	ck_assert(wants(3));
	ck_assert(!wants(0));
	ck_assert_uint_eq(f.interest.tracepoints, FCD_TP_PROCEXIT);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("filter");

	tcase_add_test(t, a_call_lets_its_own_event_pass_and_no_other);
	tcase_add_test(t, calls_without_an_event_of_their_own_pass_by_number);
	tcase_add_test(t, a_call_passes_as_generic_too);
	tcase_add_test(t, execveat_lets_execve_pass_which_its_success_is);
	tcase_add_test(t, calls_that_only_socketcall_has_pass_with_their_kin);
	tcase_add_test(t, procexit_is_a_tracepoint);
	tcase_add_test(t, signaldeliver_is_a_tracepoint);
	tcase_add_test(t, an_unknown_name_is_answered_with_the_nearest);
	tcase_add_test(t, all_is_every_event_and_every_number);
	tcase_add_test(t, a_record_too_short_for_an_event_does_not_pass);
	tcase_add_test(t, a_union_wants_what_either_wants);
	return t;
}
