/* SPDX-License-Identifier: MIT */
/* check.h - one made-up call, its event decoded, and what the tests ask of it. */
#ifndef FCD_TEST_FILL_CHECK_H
#define FCD_TEST_FILL_CHECK_H

#include "core/decode.h"
#include "tests/fill/backend.h"
#include "tests/tests.h"

static struct fcd call;
static struct fcd_view view;

FCD_FN void fresh(void)
{
	memset(&call, 0, sizeof(call));
	call.snaplen = 80;
	call.comm = "worker";
	call.exe_path = "/usr/bin/worker";
	call.exec_name = "./worker";
	call.bound_name = "/run/own";
	call.peer_name = "/run/peer";
	call.group = 4242;
}

FCD_FN void decode(u32 bytes)
{
	ck_assert_int_gt(bytes, 0);
	ck_assert_int_eq(fcd_decode(call.event, bytes, &view), 0);
}

FCD_FN s64 number(const char *name)
{
	const struct fcd_param *p = fcd_view_param(&view, name);

	ck_assert_ptr_nonnull(p);
	return fcd_param_int(p);
}

FCD_FN const struct fcd_param *param(const char *name)
{
	const struct fcd_param *p = fcd_view_param(&view, name);

	ck_assert_ptr_nonnull(p);
	return p;
}

FCD_FN void check_bytes(const char *name, const void *bytes, u32 len)
{
	const struct fcd_param *p = param(name);

	ck_assert_uint_eq(p->len, len);
	ck_assert_int_eq(memcmp(p->data, bytes, len), 0);
}

#define check_text(name, text) check_bytes(name, text, sizeof(text))

/* Put bytes into user memory; returns their address. */
FCD_FN u64 user(u32 at, const void *bytes, u32 len)
{
	memcpy(call.user + at, bytes, len);
	return USER_AT + at;
}

#define user_text(at, text) user(at, text, sizeof(text))

/* The tests; each begins with a fresh call. */
FCD_FN TCase *tests_of(const TTest *const *tests, size_t count)
{
	TCase *t = tcase_create("fillers");

	tcase_add_checked_fixture(t, fresh, NULL);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(t, tests[i]);
	return t;
}

#endif
