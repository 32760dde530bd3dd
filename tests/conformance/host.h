/* SPDX-License-Identifier: MIT */
/* host.h - the least host: one engine's instance, its rings, and every record looked at. */
#ifndef FCD_CONFORMANCE_HOST_H
#define FCD_CONFORMANCE_HOST_H

#include <stdbool.h>
#include "abi/engine.h"
#include "abi/ring_io.h"
#include "core/decode.h"

#define SLOTS_MAX 2048
#define TOKENS	  65536

struct slot {
	struct fcd_ring_desc desc; /* block NULL: the slot is empty */
	struct fcd_ring_reader reader;
	uint64_t last_ns;
	uint64_t read;	/* records */
	uint64_t since; /* position from which on all is of the present interest */
};

struct host {
	struct fcd_engine_ops ops;
	struct fcd_engine *e;
	struct fcd_err err;
	struct slot slots[SLOTS_MAX];
	uint32_t slots_count;
	uint64_t opened_ns;	 /* no event is older */
	uint64_t read;		 /* records, of all rings that there were */
	uint64_t produced, lost; /* of rings that were retired */
	struct fcd_interest interest;
	/* How often calls that a program made for us were recorded; records.h says more. */
	uint8_t kills[TOKENS], closes[TOKENS];
	uint32_t canaries; /* FCD_CANARY_CALL, whoever made it */
	bool is_idle;	   /* rings are not read as they fill */
	bool keeps_ended;  /* rings that ended are not retired */
};

/* ---- before there is an instance ---- */

/* Load the engine; what the loader refuses ends the claim. */
void host_load(struct host *h);
/* Its options as the command line says, to be freed as core/config.h says. */
struct fcd_options *host_options(const struct host *h);
/* What engines are given. */
extern const struct fcd_host host_services;

/* ---- an instance: each ends the claim if it fails ---- */

void host_open(struct host *h);
/* open() alone, its answer checked: a refusal is negative and has a text. */
int host_try_open(struct host *h);
void host_start(struct host *h);
void host_configure(struct host *h, const struct fcd_interest *interest);
void host_stop(struct host *h);
void host_close(struct host *h);

/* load, open, configure, start. */
void host_run(struct host *h, const struct fcd_interest *interest);
/* stop, take what is left, claim that the ledger adds up, close. */
void host_end(struct host *h);

/* Claim that `ret` is a refusal with a text for a person. */
void host_refused(const struct host *h, int ret, const char *what);

/* ---- its rings ---- */

/* Ask for the slots: rings that came, and that none went without being retired. */
void host_look(struct host *h);
/* Take all that is published, each record checked. */
void host_read(struct host *h);
/* Serve the engine until fd can be read; -1: for timeout_ms. Then true if it can. */
bool host_serve(struct host *h, int fd, int timeout_ms);

uint64_t host_produced(const struct host *h);
/* Events that the engine counted as lost. */
uint64_t host_lost(struct host *h);
/* Claim of each block: produced = published + lost, and of each ring: published = read. */
void host_check_ledger(struct host *h);

/* ---- interests ---- */

#define NR_CLOSE  3
#define NR_KILL	  62
#define NR_OPENAT 257

/* Of these system calls; ends with -1. */
struct fcd_interest interest_in(int nr, ...);
bool interest_has(const struct fcd_interest *i, const struct fcd_event_info *event);

#endif
