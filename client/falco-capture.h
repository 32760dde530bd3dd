/* SPDX-License-Identifier: MIT */
/*
 * falco-capture.h - read the system calls of a host from the falco-capture daemon.
 *
 *	struct fcd_client *c;
 *	struct fcd_client_error err;
 *	const struct fcd_envelope *r;
 *
 *	if (fcd_client_open(&c, NULL, &err) ||
 *	    fcd_client_subscribe(c, "{\"syscalls\":[\"execve\"]}", 0, &err))
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
#include <stdint.h>
#include "abi/event.h"
#include "abi/version.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fcd_client;

struct fcd_client_error {
	char text[512];
};

/* ---- connect ---- */

/* The version of the library that runs, as FCD_VERSION is that of these headers: "0.1.0". */
const char *fcd_client_version(void);

/*
 * Connect. path NULL: FALCO_CAPTURE_SOCKET, else the first that answers of
 * $XDG_RUNTIME_DIR/falco-capture.sock (not for root) and /run/falco-capture/capture.sock.
 * *out is set on success alone.
 */
int fcd_client_open(struct fcd_client **out, const char *path, struct fcd_client_error *err);
/* NULL is allowed. */
void fcd_client_close(struct fcd_client *c);

/*
 * One request, a JSON object on one line ({"op":"status"}); *reply is the first line of the
 * daemon's answer, without newline, to be freed by the caller. Only before fcd_client_subscribe.
 * An answer of {"ok":false,...} is -EREMOTEIO, its message in err. Waits half a minute at most:
 * -ETIMEDOUT.
 */
int fcd_client_request(struct fcd_client *c, const char *request, char **reply,
		       struct fcd_client_error *err);
/*
 * The next line of an answer that has several, all of which are read before the next request.
 * -ECONNRESET: the daemon hung up.
 */
int fcd_client_line(struct fcd_client *c, char **line, struct fcd_client_error *err);

/* ---- subscribe ---- */

/*
 * Keep a table of the processes of this host, from /proc and from what happens: for
 * fcd_client_process() and for names in lines. A subscription whose filter chooses by process has
 * it anyway. Reading /proc takes 0.1 ms for each process, in fcd_client_subscribe() and where a
 * new daemon is found.
 */
#define FCD_CLIENT_PROCESSES 0x1u
/*
 * When the daemon goes, look for the next one, at the same path, for ever: after 50 ms, then at
 * growing distances of up to 2 s. A record of kind FCD_GAP and cause FCD_LOSS_RESTART is the
 * first that comes from it: what happened in between is not known.
 */
#define FCD_CLIENT_RECONNECT 0x2u

/*
 * Subscribe through shared memory. filter: a JSON object as in docs/wire.md, NULL: everything.
 * When this returns 0, every wanted call that begins later is delivered, or counted in a gap.
 * -EINVAL: the filter or the flags are wrong. -EREMOTEIO: the daemon refused. -ETIMEDOUT: it does
 * not answer. -EPROTO: it is of a version that does not fit.
 */
int fcd_client_subscribe(struct fcd_client *c, const char *filter, unsigned int flags,
			 struct fcd_client_error *err);
/* The daemon's newest answer to the subscription, or NULL: one line of JSON, the client's. */
const char *fcd_client_reply(const struct fcd_client *c);
/* 0: the daemon is gone, as far as was noticed. */
int fcd_client_is_connected(const struct fcd_client *c);

/*
 * The next record, valid until the next call; abi/event.h says what it holds. Waits up to
 * timeout_ms (-1: without limit, 0: not at all). 1: *record is set. 0: none yet. -ECONNRESET: the
 * daemon is gone and everything it published was delivered; not with FCD_CLIENT_RECONNECT.
 * -EREMOTEIO: with it, that the next daemon refused the subscription for good; fcd_client_reply()
 * then says why. Gaps come as records of kind FCD_GAP.
 */
int fcd_client_next(struct fcd_client *c, const struct fcd_envelope **record, int timeout_ms);

/*
 * For a loop of your own: call fcd_client_next(c, &r, 0) until it returns 0, then wait until this
 * descriptor is readable; it stays the same through reconnections. It belongs to the client.
 */
int fcd_client_fd(const struct fcd_client *c);

/* ---- look at a record ---- */

/* What an event is called: "openat", "procexit". NULL: it is none, or not known. Not to be freed. */
const char *fcd_client_event_name(const struct fcd_envelope *record);
/*
 * A parameter of an event by its name in the schema, as fcd_client_json() shows it: "fd", "name".
 * What *out points to is in the record. Numbers are widened by their own sign. -ENOENT: the event
 * has no such parameter. -ENODATA: it has no value here. -EINVAL: it is of another kind (bytes are
 * of any kind). -EPROTO: this is no event of the schema.
 */
int fcd_client_number(const struct fcd_envelope *record, const char *name, int64_t *out);
int fcd_client_string(const struct fcd_envelope *record, const char *name, const char **out);
int fcd_client_bytes(const struct fcd_envelope *record, const char *name, const void **out,
		     size_t *len);

struct fcd_client_process {
	uint32_t size; /* sizeof(struct fcd_client_process), set by you: it may grow at its end */
	uint32_t pid, ppid;    /* as the kernel numbers them */
	uint32_t uid;	       /* effective; UINT32_MAX: not known */
	char comm[16];	       /* ends with NUL */
	const char *cgroup;    /* path; "": not known */
	const char *container; /* first 12 digits of its id, or its name; "": none */
};

/*
 * A process, most often record->tgid, as of the newest record. Its texts are valid until the
 * client is used again. -ESRCH: there is none, or no table is kept. -EINVAL: size is wrong.
 */
int fcd_client_process(struct fcd_client *c, uint32_t pid, struct fcd_client_process *out);

/*
 * A record as one line, newline included, to be freed by the caller; NULL: malformed or no memory.
 * With a client (NULL is allowed) that keeps a table, names of processes are in it.
 */
char *fcd_client_json(struct fcd_client *c, const struct fcd_envelope *record);
char *fcd_client_text(struct fcd_client *c, const struct fcd_envelope *record);

#ifdef __cplusplus
}
#endif

#endif
