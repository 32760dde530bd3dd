/* SPDX-License-Identifier: MIT */
/* device.h - the module's device as its tests use it. Each function ends the test if it fails. */
#ifndef FCD_TEST_KMOD_DEVICE_H
#define FCD_TEST_KMOD_DEVICE_H

#include <sys/types.h>
#include "engines/kmod/engine.h"

struct device {
	int fd;
	struct fcd_kmod_acquire shape;
	struct fcd_block *block[64];
	uint32_t blocks;
};

/* Open it, without becoming the consumer. */
int device_open(void);
/* What asks for the smallest rings. */
struct fcd_kmod_acquire device_request(void);
/* Become the consumer and map what blocks there are. */
void device_acquire(struct device *d);
void device_map(struct device *d);
void device_close(struct device *d);
struct fcd_kmod_status device_status(const struct device *d);
/* Want system call nr; -1: nothing. */
void device_want(const struct device *d, int nr);

/* A sum over the blocks of what their producers counted. */
struct device_sums {
	uint64_t produced, published, dropped, wakes;
};
struct device_sums device_sums(const struct device *d);

/* A child that makes n calls of getppid on a CPU (-1: any) and ends; n 0: until it is killed. */
pid_t caller_start(unsigned long n, int cpu);
void caller_wait(pid_t pid);
void caller_kill(pid_t pid);

#endif
