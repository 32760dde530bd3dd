/* SPDX-License-Identifier: MIT */
/*
 * lint_model.h - what clang-tidy's analyzer cannot see, included before each source but core/err.c.
 * It looks into one file at a time and takes any call for one that may return 0,
 * so it would follow every error path as if there had been no error.
 */
#include <errno.h>
#include "core/err.h"

#define fcd_err_set(err, code, ...) ((fcd_err_set)(err, code, __VA_ARGS__), (code))

/* After a failure errno is one of many; two of them stand for all. */
int fcd_lint_any(void);

static inline int *fcd_lint_errno(void)
{
	int *e = __errno_location();

	*e = fcd_lint_any() ? EIO : EINTR;
	return e;
}

#undef errno
#define errno (*fcd_lint_errno())
