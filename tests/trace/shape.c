/* SPDX-License-Identifier: MIT */
#include "shape.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "call32.h"
#include "expect.h"

#define ARGS 6

/* ---- values ---- */

void shape_fd(const char *name, uint64_t arg)
{
	expect_int(name, (int32_t)arg);
}

void shape_u32(const char *name, uint64_t arg)
{
	expect_u64(name, (uint32_t)arg);
}

void shape_text(const char *name, uint64_t arg)
{
	static char text[PATH_CUT + 1];
	struct iovec to = { text, PATH_CUT }, from[2] = { { (void *)arg, PATH_CUT } };
	size_t page = PATH_CUT - arg % PATH_CUT;
	ssize_t len;

	/* An element is read whole or not at all. */
	from[0].iov_len = page;
	from[1] = (struct iovec){ (void *)(arg + page), PATH_CUT - page };
	len = process_vm_readv(getpid(), &to, 1, from, 2, 0);
	if (len < 0 || (len < PATH_CUT && !memchr(text, 0, len)))
		return;
	text[PATH_CUT - 1] = 0;
	expect_str(name, text);
}

void shape_mode(const char *name, uint64_t arg)
{
	expect_int(name, arg & 07777);
}

/* ---- calls ---- */

static void tell(const struct shape *s, long res, const uint64_t *args, int is_compat)
{
	expect_event(s->type);
	if (is_compat)
		expect_json("compat", "true");
	expect_int("res", res);
	for (int i = 0; i < ARGS && s->param[i].name; i++)
		s->param[i].expect(s->param[i].name, args[i]);
	expect_end();
}

long shape_make(const struct shape *s, const uint64_t args[ARGS])
{
	long res = call(s->nr, args[0], args[1], args[2], args[3], args[4], args[5]);

	tell(s, res, args, 0);
	return res;
}

long shape_make32(const struct shape *s, const uint32_t args[5])
{
	const uint64_t wide[ARGS] = { args[0], args[1], args[2], args[3], args[4] };
	long res = call32_of_five(s->nr32, args[0], args[1], args[2], args[3], args[4]);

	tell(s, res, wide, 1);
	return res;
}

void shape_strings(const struct shape *s, int i, const uint64_t args[ARGS])
{
	static char name[PATH_CUT + 10];
	uint64_t with[ARGS];
	char *edge = trace_edge();

	strcpy(edge - 6, "x");
	memset(name, '/', sizeof(name) - 1);
	memcpy(name, "/proc/none", 10); /* where nobody makes anything */
	memcpy(with, args, sizeof(with));
#define TRY(at) (with[i] = (uint64_t)(at), shape_make(s, with))
	TRY(NULL);
	TRY("");
	TRY("/proc/none/\x01\xff\"\\");
	TRY(edge - 6);
	TRY(edge - 4); /* no NUL before the page that cannot be read */
	TRY(edge);
	TRY(-8);
	for (size_t len = PATH_CUT - 1; len <= PATH_CUT; len++) {
		name[len] = 0;
		TRY(name);
		name[len] = '/';
	}
#undef TRY
}
