/* SPDX-License-Identifier: MIT */
/* internal.h - what the files of libfalco-capture share. Nothing here is exported. */
#ifndef FCD_CLIENT_INTERNAL_H
#define FCD_CLIENT_INTERNAL_H

#include <jansson.h>
#include "core/filter.h"
#include "client/falco-capture.h"

/* Set the text (err may be NULL) and return code, so that it can end a function. */
int fcd_client_error_set(struct fcd_client_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The connected, blocking socket; path as in fcd_client_open. */
int fcd_connect_open(const char *path, struct fcd_client_error *err);

/* Send one line of JSON; the newline is added. */
int fcd_exchange_send(int fd, const char *line, struct fcd_client_error *err);

/*
 * Receive one line, without its newline, to be freed by the caller, and up to max descriptors
 * that came with it; *count of them are set and the caller's. What follows the line is dropped:
 * only wake-ups can. A line of {"ok":false,...} is -EREMOTEIO with its message.
 */
int fcd_exchange_recv(int fd, char **line, int *fds, int max, int *count,
		      struct fcd_client_error *err);

/* A filter as in docs/wire.md, NULL: everything. *out is its JSON, or NULL. */
int fcd_filter_parse(const char *text, struct fcd_filter *filter, json_t **out,
		     struct fcd_client_error *err);

#endif
