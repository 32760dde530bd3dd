/* SPDX-License-Identifier: MIT */
/* err.h - why something cannot be, for the person who wanted it. */
#ifndef FCD_TRACE_ERR_H
#define FCD_TRACE_ERR_H

/* What failed, on what, why, and what would help; one line. */
struct trace_err {
	char text[512];
};

/* Returns code, a negative errno. */
int trace_fail(struct trace_err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
