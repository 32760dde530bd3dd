/* SPDX-License-Identifier: MIT */
/*
 * falco.h - a source plugin as Falco loads and calls it: plugin API 3, what a plugin without a
 * kernel driver must have. What Falco would end for, ends the program here too.
 */
#ifndef FCD_TEST_FALCO_H
#define FCD_TEST_FALCO_H

#include <stdbool.h>
#include <stdint.h>

/* What next_batch returns. */
enum { FALCO_TIMEOUT = -1, FALCO_SUCCESS, FALCO_FAILURE };

struct falco_metric {
	const char *name;
	int32_t kind; /* 0: monotonic, 1: current */
	uint32_t pad0;
	uint64_t value;
	int32_t type; /* 2: u64 */
	uint32_t pad1;
};

struct falco {
	void *object;
	const char *path;
	const char *(*api)(void);
	const char *(*version)(void);
	const char *(*name)(void);
	const char *(*description)(void);
	const char *(*contact)(void);
	void *(*init)(const void *in, int32_t *rc);
	void (*destroy)(void *s);
	const char *(*last_error)(void *s);
	void *(*open)(void *s, const char *params, int32_t *rc);
	void (*close)(void *s, void *h);
	int32_t (*next_batch)(void *s, void *h, uint32_t *count, void ***events);
	/* Not of every plugin. */
	uint32_t (*id)(void);
	const char *(*source)(void);
	const char *(*init_schema)(int32_t *type);
	const struct falco_metric *(*metrics)(void *s, uint32_t *count);
};

void falco_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* name: of falco.yaml. host_minor: the host offers API 3.host_minor.0. */
void falco_load(struct falco *f, const char *path, const char *name, unsigned int host_minor);
void falco_unload(struct falco *f);

/* NULL: it failed, and error has its text. */
void *falco_init(const struct falco *f, const char *config, char error[1024]);
void *falco_open(const struct falco *f, void *s);

#endif
