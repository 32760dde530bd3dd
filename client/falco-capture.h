/* SPDX-License-Identifier: MIT */
/*
 * falco-capture.h - read the system calls of a host from the falco-capture daemon.
 *
 *	struct fcd_client *c;
 *	struct fcd_client_error err;
 *	const struct fcd_envelope *r;
 *
 *	if (fcd_client_open(&c, NULL, &err) ||
 *	    fcd_client_subscribe(c, "{\"syscalls\":[\"execve\"]}", &err))
 *		errx(1, "%s", err.text);
 *	while (fcd_client_next(c, &r, -1) == 1)
 *		...
 *	fcd_client_close(c);
 *
 * A client belongs to one thread at a time. Errors are negative errno; err, if not NULL,
 * then holds a sentence for a person.
 */
#ifndef FALCO_CAPTURE_H
#define FALCO_CAPTURE_H

#include <stddef.h>
#include "abi/event.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fcd_client;

struct fcd_client_error {
	char text[512];
};

/*
 * Connect. path NULL: FALCO_CAPTURE_SOCKET, else the first that answers of
 * $XDG_RUNTIME_DIR/falco-capture.sock (not for root) and /run/falco-capture/capture.sock.
 */
int fcd_client_open(struct fcd_client **out, const char *path, struct fcd_client_error *err);
/* NULL is allowed. */
void fcd_client_close(struct fcd_client *c);

/*
 * One request, a JSON object on one line ({"op":"status"}); *reply is the daemon's answer, one
 * line without newline, to be freed by the caller. Only before fcd_client_subscribe. An answer
 * of {"ok":false,...} is -EREMOTEIO, its message in err.
 */
int fcd_client_request(struct fcd_client *c, const char *request, char **reply,
		       struct fcd_client_error *err);

/*
 * Subscribe through shared memory. filter: a JSON object as in docs/wire.md, NULL: everything.
 * When this returns 0, every wanted call that begins later is delivered, or counted in a gap.
 */
int fcd_client_subscribe(struct fcd_client *c, const char *filter, struct fcd_client_error *err);
/* The daemon's reply to the subscription, or NULL: one line of JSON. */
const char *fcd_client_reply(const struct fcd_client *c);

/*
 * The next record, valid until the next call; abi/event.h says what it holds. Waits up to
 * timeout_ms (-1: without limit, 0: not at all). 1: *record is set. 0: none yet. -ECONNRESET: the
 * daemon is gone and everything it published was delivered. Gaps come as records of kind FCD_GAP.
 */
int fcd_client_next(struct fcd_client *c, const struct fcd_envelope **record, int timeout_ms);

/*
 * For a loop of your own: call fcd_client_next(c, &r, 0) until it returns 0, then wait until this
 * descriptor is readable. It belongs to the client.
 */
int fcd_client_fd(const struct fcd_client *c);

/* A record as one line, newline included, to be freed by the caller; NULL: malformed or no memory. */
char *fcd_client_json(const struct fcd_envelope *record);
char *fcd_client_text(const struct fcd_envelope *record);

#ifdef __cplusplus
}
#endif

#endif
