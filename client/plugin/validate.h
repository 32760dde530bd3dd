/* SPDX-License-Identifier: MIT */
/*
 * validate.h - may Falco see this event? It believes what it is given: one event whose parameters
 * do not have the widths of its table ends it.
 */
#ifndef FCD_PLUGIN_VALIDATE_H
#define FCD_PLUGIN_VALIDATE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/event.h"
#include "core/table.h"

struct fcd_validator {
	struct fcd_validator_type {
		uint8_t nparams;
		bool is_live; /* false: never for Falco */
		bool is_full; /* numbers are read without a look whether they are there */
		uint8_t data; /* index of what was read or written, 0: it has none */
		uint8_t want[FCD_PARAMS_MAX];
	} type[FCD_EVENTS_COUNT];
};

/*
 * A Falco's event table: the major number of its schema (2, 3, 4) and, as rows were added to 4
 * without a new number, one more for the newest, ours.
 */
#define FCD_SCHEMA_NEWEST 5

/* Ids of events from this on are not in that table. */
uint32_t fcd_validator_limit(uint32_t schema);
void fcd_validator_init(struct fcd_validator *v, uint32_t schema);

/* The event in `len` bytes that nobody else can write. Its own length may be the smaller one. */
bool fcd_validator_pass(const struct fcd_validator *v, const void *event, uint32_t len);

#endif
