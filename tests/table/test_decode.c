/* SPDX-License-Identifier: MIT */
/* Decoding: every event there and back, and nothing that does not fit the schema. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/decode.h"
#include "encode.h"
#include "tests/tests.h"

#define SEEDS 24

static struct sample params[FCD_PARAMS_MAX];

static int decode(const struct fcd_event_info *info, struct fcd_view *v)
{
	size_t len;
	uint8_t *at = encode_event(info, params, &len);
	int err = fcd_decode(at, len, v);

	if (!err)
		ck_assert_ptr_eq(v->info, info);
	free(at);
	return err;
}

/* The view's pointers are looked at while the bytes are there. */
static void check_view(const struct fcd_event_info *info)
{
	size_t len;
	uint8_t *at = encode_event(info, params, &len);
	struct fcd_view v;

	ck_assert_msg(!fcd_decode(at, len, &v), "%s", info->code);
	ck_assert_uint_eq(v.ts_ns, 1795537200123456789ULL);
	ck_assert_uint_eq(v.tid, 4242);
	ck_assert_uint_eq(v.bytes, len);
	ck_assert_uint_eq(v.nparams, info->nparams);
	for (uint32_t i = 0; i < v.nparams; i++) {
		uint32_t type = info->params[i].type, width = sample_width(type);

		ck_assert_ptr_eq(v.param[i].info, &info->params[i]);
		ck_assert_ptr_eq(fcd_view_param(&v, info->params[i].name), &v.param[i]);
		ck_assert_uint_eq(v.param[i].len, params[i].len);
		ck_assert_mem_eq(v.param[i].data, params[i].bytes, params[i].len);
		if (width && width <= 8)
			ck_assert_mem_eq(&(int64_t){ fcd_param_int(&v.param[i]) }, &params[i].num,
					 width);
	}
	ck_assert_ptr_null(fcd_view_param(&v, "no_such_parameter"));
	free(at);
}

START_TEST(every_event_comes_back)
{
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			samples_make(params, fcd_event_info(id), seed);
			check_view(fcd_event_info(id));
		}
}
END_TEST

START_TEST(every_parameter_may_be_without_value)
{
	memset(params, 0, sizeof(params));
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);
		struct fcd_view v;

		ck_assert_int_eq(decode(info, &v), 0);
		for (uint32_t i = 0; i < info->nparams; i++) {
			ck_assert_uint_eq(v.param[i].len, 0);
			ck_assert_int_eq(fcd_param_int(&v.param[i]), 0);
			ck_assert_str_eq(fcd_param_text(&v.param[i]), "");
		}
	}
}
END_TEST

/* ---- numbers and text of a parameter ---- */

static void check_number(uint8_t type, const void *bytes, uint32_t len, int64_t want)
{
	struct fcd_param_info info = { .type = type };
	struct fcd_param p = { &info, bytes, len };

	ck_assert_msg(fcd_param_int(&p) == want, "%s: %lld", fcd_type_name(type),
		      (long long)fcd_param_int(&p));
}

START_TEST(numbers_are_widened_by_the_sign_of_their_type)
{
	static const uint8_t ff[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t small[8] = { 0x9c, 255, 255, 255, 255, 255, 255, 255 };

	check_number(FCD_T_INT8, ff, 1, -1);
	check_number(FCD_T_UINT8, ff, 1, 255);
	check_number(FCD_T_SIGTYPE, ff, 1, 255);
	check_number(FCD_T_INT16, ff, 2, -1);
	check_number(FCD_T_UINT16, ff, 2, 65535);
	check_number(FCD_T_PORT, ff, 2, 65535);
	check_number(FCD_T_INT32, ff, 4, -1);
	check_number(FCD_T_FD32, ff, 4, -1);
	check_number(FCD_T_PID32, ff, 4, -1);
	check_number(FCD_T_UINT32, ff, 4, 4294967295);
	check_number(FCD_T_UID, ff, 4, 4294967295);
	check_number(FCD_T_FLAGS32, ff, 4, 4294967295);
	check_number(FCD_T_FD, small, 8, -100);
	check_number(FCD_T_ERRNO, small, 8, -100);
	check_number(FCD_T_PID, small, 8, -100);
	check_number(FCD_T_INT64, small, 8, -100);
	check_number(FCD_T_UINT64, ff, 8, -1);
	check_number(FCD_T_CHARBUF, ff, 8, 0);
	check_number(FCD_T_INT32, ff, 0, 0);
}
END_TEST

START_TEST(text_of_a_path_is_found_by_name)
{
	const struct fcd_event_info *info = fcd_event_by_code("SYSCALL_CHDIR_X");
	struct fcd_view v;
	size_t len;
	uint8_t *at;

	memset(params, 0, sizeof(params));
	memcpy(params[1].bytes, "/tmp", 5);
	params[1].len = 5;
	at = encode_event(info, params, &len);
	ck_assert_int_eq(fcd_decode(at, len, &v), 0);
	ck_assert_str_eq(fcd_param_text(fcd_view_param(&v, "path")), "/tmp");
	free(at);
}
END_TEST

/* ---- what does not fit ---- */

/* May a value of the type have one byte more or less? */
static bool is_elastic(const struct fcd_param_info *info, const struct sample *s)
{
	if (info->type == FCD_T_DYN)
		return s->len > 1 && is_elastic(&info->variants[s->bytes[0]], s);
	return info->type == FCD_T_BYTEBUF && info->format != FCD_F_STRINGS;
}

/* A string array that is cut stays one if an empty string was its last. */
static bool is_still_strings(const struct fcd_param_info *info, const struct sample *s)
{
	return (info->format == FCD_F_STRINGS || info->type == FCD_T_CHARBUFARRAY ||
		info->type == FCD_T_CHARBUF_PAIR_ARRAY) &&
	       s->bytes[s->len - 1] == 0;
}

static void check_lengths(const struct fcd_event_info *info, uint32_t i)
{
	struct sample good = params[i];
	struct fcd_view v;

	params[i].bytes[params[i].len++] = 'x';
	ck_assert_msg(decode(info, &v) == (is_elastic(&info->params[i], &good) ? 0 : -EPROTO),
		      "%s %s with a byte more", info->code, info->params[i].name);
	params[i] = good;
	params[i].len--;
	/* A value of one byte that is cut is none; an index without value may be right. */
	if (good.len > (info->params[i].type == FCD_T_DYN ? 2 : 1) &&
	    !is_still_strings(&info->params[i], &params[i]))
		ck_assert_msg(decode(info, &v) ==
				      (is_elastic(&info->params[i], &good) ? 0 : -EPROTO),
			      "%s %s with a byte less", info->code, info->params[i].name);
	params[i] = good;
}

START_TEST(values_of_a_wrong_length_are_refused)
{
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *info = fcd_event_info(id);

		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			samples_make(params, info, seed);
			for (uint32_t i = 0; i < info->nparams; i++)
				check_lengths(info, i);
		}
	}
}
END_TEST

/* Parameter i of the event, alone, with these bytes. */
static int decode_one(const char *code, uint32_t i, const void *bytes, uint32_t len)
{
	struct fcd_view v;

	memset(params, 0, sizeof(params));
	memcpy(params[i].bytes, bytes, len);
	params[i].len = len;
	return decode(fcd_event_by_code(code), &v);
}

START_TEST(values_of_a_wrong_shape_are_refused)
{
	static const uint8_t addr[64] = { 10 }, netlink[64] = { 16 }, local[64] = { 1 };
	static const uint8_t fds[12] = { 1 }, two_fds[12] = { 2 };
	static const uint8_t dyn[9] = { 1 }, beyond[9] = { 2 };
	static const uint8_t sockopt[1] = { 0 }, number[1] = { 2 };

	/* an embedded NUL */
	ck_assert_int_eq(decode_one("SYSCALL_CHDIR_X", 1, "a\0b", 4), -EPROTO);
	ck_assert_int_eq(decode_one("SYSCALL_CHDIR_X", 1, "ab", 3), 0);
	/* addresses: too short, unknown family, unix without path */
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 3, addr, 19), 0);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 3, addr, 7), -EPROTO);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 3, netlink, 7), -EPROTO);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 3, local, 2), 0);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 3, local, 1), -EPROTO);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 1, addr, 37), 0);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 1, addr, 19), -EPROTO);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 1, local, 18), 0);
	ck_assert_int_eq(decode_one("SOCKET_CONNECT_X", 1, local, 17), -EPROTO);
	/* a list's count and its length */
	ck_assert_int_eq(decode_one("SYSCALL_POLL_X", 1, fds, 12), 0);
	ck_assert_int_eq(decode_one("SYSCALL_POLL_X", 1, two_fds, 12), -EPROTO);
	ck_assert_int_eq(decode_one("SYSCALL_POLL_X", 1, two_fds, 1), -EPROTO);
	/* an index beyond the variants, a number without its bytes, bytes without any */
	ck_assert_int_eq(decode_one("SYSCALL_PTRACE_X", 1, dyn, 2), 0);
	ck_assert_int_eq(decode_one("SYSCALL_PTRACE_X", 1, beyond, 9), -EPROTO);
	ck_assert_int_eq(decode_one("SOCKET_SETSOCKOPT_X", 4, sockopt, 1), 0);
	ck_assert_int_eq(decode_one("SOCKET_SETSOCKOPT_X", 4, number, 1), -EPROTO);
	/* strings whose last has no NUL */
	ck_assert_int_eq(decode_one("SYSCALL_EXECVE_19_X", 2, "a\0b", 4), 0);
	ck_assert_int_eq(decode_one("SYSCALL_EXECVE_19_X", 2, "a\0b", 3), -EPROTO);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		size_t len;
		uint8_t *at;
		struct fcd_view v;

		samples_make(params, fcd_event_info(id), 3);
		at = encode_event(fcd_event_info(id), params, &len);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *copy = malloc(cut + 1); /* so that overruns are seen */
			uint32_t bytes = (uint32_t)cut;

			memcpy(copy + 1, at, cut);
			ck_assert_int_eq(fcd_decode(copy + 1, cut, &v), -EPROTO);
			if (cut >= FCD_EVENT_HEADER) {
				memcpy(copy + 1 + 16, &bytes, 4);
				ck_assert_int_eq(fcd_decode(copy + 1, cut, &v), -EPROTO);
			}
			free(copy);
		}
		free(at);
	}
}
END_TEST

START_TEST(a_header_that_does_not_fit_is_refused)
{
	struct fcd_view v = { .tid = 77 };
	struct fcd_event h;
	size_t len;
	uint8_t *at;

	samples_make(params, fcd_event_info(307), 1);
	at = encode_event(fcd_event_info(307), params, &len);
	memcpy(&h, at, sizeof(h));
#define WITH(change, want)                                                                         \
	do {                                                                                       \
		struct fcd_event bad = h;                                                          \
		change;                                                                            \
		memcpy(at, &bad, sizeof(bad));                                                     \
		ck_assert_int_eq(fcd_decode(at, len, &v), want);                                   \
		ck_assert_uint_eq(v.tid, 77);                                                      \
	} while (0)
	WITH(bad.nparams = 6, -EPROTO);
	WITH(bad.nparams = 8, -EPROTO);
	WITH(bad.nparams = 0xffffffff, -EPROTO);
	WITH(bad.bytes = h.bytes - 1, -EPROTO);
	WITH(bad.bytes = h.bytes + 1, -EPROTO);
	WITH(bad.bytes = 0xffffffff, -EPROTO);
	WITH(bad.bytes = 25, -EPROTO);
	WITH(bad.type = 454, -ENOENT);
	WITH(bad.type = 65535, -ENOENT);
#undef WITH
	memcpy(at, &h, sizeof(h));
	ck_assert_int_eq(fcd_decode(at, len, &v), 0);
	free(at);
}
END_TEST

/* A close event of n parameters, each said to have len bytes, and so many bytes of them. */
static int decode_close(uint32_t n, uint16_t len, uint32_t data)
{
	const struct fcd_event_info *info = fcd_event_by_code("SYSCALL_CLOSE_X");
	uint32_t bytes = 26 + 2 * n + data;
	uint8_t at[80] = { 0 };
	struct fcd_view v;

	memcpy(at + 16, &bytes, 4);
	memcpy(at + 20, &info->id, 2);
	memcpy(at + 22, &n, 4);
	for (uint32_t i = 0; i < n; i++)
		memcpy(at + 26 + 2 * i, &len, 2);
	return fcd_decode(at, bytes, &v);
}

START_TEST(lengths_must_cover_all_bytes_and_count_all_parameters)
{
	ck_assert_int_eq(decode_close(2, 8, 16), 0);
	ck_assert_int_eq(decode_close(2, 8, 17), -EPROTO);
	ck_assert_int_eq(decode_close(2, 8, 15), -EPROTO);
	ck_assert_int_eq(decode_close(2, 0, 0), 0);
	ck_assert_int_eq(decode_close(2, 0, 16), -EPROTO); /* bytes that belong to none */
	ck_assert_int_eq(decode_close(1, 8, 8), -EPROTO);
	ck_assert_int_eq(decode_close(0, 0, 0), -EPROTO);
	ck_assert_int_eq(decode_close(3, 8, 24), -EPROTO);
}
END_TEST

START_TEST(large_payloads_have_wide_lengths)
{
	const struct fcd_event_info *info = fcd_event_by_code("PLUGINEVENT_E");
	uint32_t lengths[2] = { 4, 100000 }, bytes = 26 + 8 + 4 + 100000, count = 2;
	uint8_t *at = calloc(1, bytes);
	struct fcd_view v;

	memcpy(at + 16, &bytes, 4);
	memcpy(at + 20, &info->id, 2);
	memcpy(at + 22, &count, 4);
	memcpy(at + 26, lengths, 8);
	ck_assert_int_eq(fcd_decode(at, bytes, &v), 0);
	ck_assert_uint_eq(v.param[1].len, 100000);
	ck_assert_ptr_eq(v.param[1].data, at + 38);
	lengths[1] = 0xfffffff0; /* the sum would wrap */
	memcpy(at + 26, lengths, 8);
	ck_assert_int_eq(fcd_decode(at, bytes, &v), -EPROTO);
	free(at);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("decode");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_event_comes_back);
	tcase_add_test(t, every_parameter_may_be_without_value);
	tcase_add_test(t, numbers_are_widened_by_the_sign_of_their_type);
	tcase_add_test(t, text_of_a_path_is_found_by_name);
	tcase_add_test(t, values_of_a_wrong_length_are_refused);
	tcase_add_test(t, values_of_a_wrong_shape_are_refused);
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_test(t, a_header_that_does_not_fit_is_refused);
	tcase_add_test(t, lengths_must_cover_all_bytes_and_count_all_parameters);
	tcase_add_test(t, large_payloads_have_wide_lengths);
	return t;
}
