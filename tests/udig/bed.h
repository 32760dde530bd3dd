/* SPDX-License-Identifier: MIT */
/* bed.h - the userspace engine as a host has it, and producers that behave or do not. */
#ifndef FCD_TEST_UDIG_BED_H
#define FCD_TEST_UDIG_BED_H

#include "abi/udig.h"
#include "core/slots.h"
#include "tests/rings/bed.h"

#define RING_BYTES (64ULL << 10)
#define GETPPID	   110

fcd_engine_fn fcd_engine;
extern const struct fcd_engine_ops *ops;
extern struct fcd_engine *engine;
extern struct fcd_err err;
extern struct bed bed; /* a pump that reads the engine's rings */
extern struct fcd_slots slots;
extern char folder[], host_socket[], socket_path[];
/* Every line of the log, each with a newline, and how many. */
extern char said[1 << 16];
extern uint32_t said_lines;
/* How far the boot clock is ahead of its time, for who would have to wait. */
extern uint64_t clock_ahead_ns;

/* A folder; a pump; the engine open in it and started, with an interest in getppid. */
void setup(void);
void teardown(void);
/* With "name=number", or without. Returns open()'s answer. */
int engine_open(const char *path, const char *set, struct fcd_engine **out);
struct fcd_interest interest_in(int nr);
/* As the host does: as long as the engine has something to look at; then its rings. */
void look(void);
int sync_slots(void);

struct producer {
	int fd, memory; /* the connection, and what came over it */
	struct fcd_udig_welcome welcome;
	struct fcd_block *block;
	struct fcd_udig_page *page;
	struct fcd_ring_writer writer;
};

struct fcd_udig_hello hello_right(void);
/* Connect, or the negative errno. */
int producer_connect(void);
/* Say what is in these bytes, let the engine look, take the answer. Returns its status. */
int producer_greet(struct producer *p, const void *hello, size_t bytes);
/* One that is accepted. */
struct producer producer_new(void);
void producer_free(struct producer *p);
/* Write an event of this time; wakes the engine if it is to be woken. False: no room. */
bool producer_write(struct producer *p, uint64_t ts_ns);
/* The engine let it go. */
bool producer_is_let_go(const struct producer *p);

#endif
