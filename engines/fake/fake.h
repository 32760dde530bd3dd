/* SPDX-License-Identifier: MIT */
/* fake.h - the parts of the fake engine. docs/howto-engine.md walks through them. */
#ifndef FCD_FAKE_H
#define FCD_FAKE_H

#include <pthread.h>
#include <stdbool.h>
#include "abi/engine.h"
#include "abi/ring_io.h"

#define FAKE_RINGS_MAX 256
#define FAKE_BURST     16 /* events that follow each other in one ring */
#define FAKE_VARIANTS  4  /* of each kind of event */
#define FAKE_KINDS     7
#define FAKE_TEMPLATES (FAKE_KINDS * FAKE_VARIANTS)
#define FAKE_DECK      1024

/* ---- options.c ---- */

enum fake_option {
	FAKE_RINGS,
	FAKE_RATE,
	FAKE_COUNT,
	FAKE_END,
	FAKE_MIX,
	FAKE_SEED,
	FAKE_RING_BYTES,
	FAKE_CLAIMS_HOST,
	/* Every n-th event meets this. */
	FAKE_FULL,
	FAKE_NESTED,
	FAKE_TOO_BIG,
	FAKE_NO_RING,
	FAKE_MISSED,
	FAKE_LATE,
	/* From the n-th event on. */
	FAKE_BROKEN,
	FAKE_STUCK_BUSY,
	FAKE_OPTIONS
};
#define FAKE_EVERY_FIRST FAKE_FULL
#define FAKE_EVERY_LAST	 FAKE_LATE

struct fake_settings {
	uint64_t number[FAKE_OPTIONS]; /* 0 for text */
	uint32_t weight[FAKE_KINDS];   /* by `mix` */
};

const struct fcd_option_info *fake_options(uint32_t *count, uint32_t *stride);
int fake_settings_read(struct fake_settings *out, const struct fcd_options *options,
		       struct fcd_err *err);
int fake_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- event.c ---- */

/* A whole record, ready but for time, place and sequence number. */
struct fake_template {
	uint32_t bytes;
	uint32_t seq_at; /* offset of the 8 bytes that hold the sequence number */
	uint64_t record[96];
};

extern const char *const fake_kind_name[FAKE_KINDS];

/* One template of each variant of each kind. */
void fake_templates_init(struct fake_template *out, uint64_t seed);
/* Is this kind wanted? */
bool fake_kind_is_in(uint32_t kind, const struct fcd_interest *interest);
uint64_t fake_random(uint64_t *state);

/* ---- produce.c ---- */

struct fake_ring {
	struct fcd_ring_writer writer;
	uint64_t map_bytes;
	uint64_t seq; /* of the next event: lost ones are numbered too */
	uint64_t last_ns;
	bool is_done, is_stuck;
	bool has_ended; /* told to the host; block NULL: it was retired */
};

struct fake_producer {
	struct fake_settings settings;
	struct fake_template templates[FAKE_TEMPLATES];
	uint8_t deck[FAKE_DECK]; /* which template comes, over and over */
	bool has_deck;		 /* something of the mix is wanted */
	struct fake_ring *rings;
	uint32_t rings_count, rings_done;
	uint64_t n;	  /* place in the sequence over all rings */
	uint64_t special; /* the next place where something goes wrong */
	uint64_t no_ring, missed;
	int wake_fd; /* tells the host */
	int stop_fd; /* tells the thread */
	bool is_stopping, is_running;
	pthread_t thread;
};

int fake_producer_init(struct fake_producer *p, struct fcd_err *err);
void fake_producer_fini(struct fake_producer *p);
void fake_producer_choose(struct fake_producer *p, const struct fcd_interest *interest);
int fake_producer_start(struct fake_producer *p, struct fcd_err *err);
void fake_producer_stop(struct fake_producer *p);
/* Take a ring's memory back. */
void fake_producer_retire(struct fake_producer *p, uint32_t i);

#endif
