/* SPDX-License-Identifier: MIT */
/*
 * config.h - the daemon's settings. Defaults, then the file, then the environment, then
 * flags: each of these calls overrides what the ones before it set.
 *
 * The file is JSON and strict. What is wrong with it is said with the file's name, the
 * JSON path of the value ($.engines.bpf.ring_bytes) or the line of a syntax error, and
 * how to put it right.
 */
#ifndef FCD_CONFIG_H
#define FCD_CONFIG_H

#include "abi/engine.h"
#include "core/access.h"
#include "core/text.h"

struct json_t;

#define FCD_CONFIG_NO_LEVEL UINT32_MAX /* what is usual for what runs */

struct fcd_config {
	char *engine;	    /* "auto" or an engine's name */
	char *engine_dir;   /* NULL: where this build keeps its engines */
	char *socket;	    /* NULL: the default of the user who runs it */
	char *socket_group; /* NULL: falco-capture, if there is such a group */
	uint64_t broadcast_bytes;
	uint64_t priority_bytes;
	uint64_t hold_ms;
	uint64_t linger_ms;
	uint64_t clients;
	uint64_t request_bytes;
	uint32_t log_level; /* enum fcd_log_level, or FCD_CONFIG_NO_LEVEL */
	struct fcd_access access;
	char *source;		/* the file's name for messages, or NULL */
	struct json_t *engines; /* sections by engine name, not yet checked */
	struct json_t *from;	/* "$.hold_ms": where the value comes from; else: default */
};

/* Defaults. -ENOMEM. */
int fcd_config_init(struct fcd_config *c);
void fcd_config_fini(struct fcd_config *c);

/* -EINVAL: the text is not a valid config; c is then unusable but for fini. */
int fcd_config_parse(struct fcd_config *c, const char *name, const char *text, size_t len,
		     struct fcd_err *err);
/* Also a negative errno of open or read. */
int fcd_config_load(struct fcd_config *c, const char *path, struct fcd_err *err);

/*
 * FALCO_BPF_PROBE's value, NULL if it is not set: chooses the bpf engine, with its built-in
 * probe ("") or the object at that path.
 */
int fcd_config_bpf_probe(struct fcd_config *c, const char *probe, struct fcd_err *err);

/*
 * Names of what differs between two configs, with commas, as in "$.hold_ms, $.engines": of what a
 * running daemon takes over, or of what needs a restart.
 */
void fcd_config_changes(const struct fcd_config *a, const struct fcd_config *b, bool is_live,
			struct fcd_text *out);
/* Take over from next what is live. next is good for fini only. */
void fcd_config_adopt(struct fcd_config *c, struct fcd_config *next);

/* Replace one of the strings above. -ENOMEM. */
int fcd_config_set(char **field, const char *value);
/* 0 if value can name an engine: letters, digits, '-', '_'; -EINVAL. */
int fcd_config_check_engine(const char *name);

/* ---- to show it ---- */

/* The value at this path ($.engine) comes from there ("flag --engine"). -ENOMEM. */
int fcd_config_note(struct fcd_config *c, const char *path, const char *from);

/*
 * All keys and, instead of each value, an object {"value":...,"from":...}. "engines" is empty: the
 * two below give what belongs there, for an engine that is at hand and for one that is not.
 */
struct json_t *fcd_config_show(const struct fcd_config *c);
struct json_t *fcd_config_show_options(const struct fcd_config *c, const char *engine,
				       const struct fcd_option_info *info, uint32_t stride,
				       const struct fcd_options *o);
struct json_t *fcd_config_show_section(const struct fcd_config *c, const char *engine);
/* A line for each value. */
void fcd_config_write(struct json_t *shown, unsigned int depth, struct fcd_text *out);

/* ---- engines' own options ---- */

/* Name of the i-th engine that the config has a section for, or NULL. */
const char *fcd_config_section(const struct fcd_config *c, unsigned int i);

/*
 * Check an engine's section against the options that it declared, and give each of
 * them a value. Free with fcd_config_options_free; names are those of info.
 */
int fcd_config_options(const struct fcd_config *c, const char *engine,
		       const struct fcd_option_info *info, uint32_t count, uint32_t stride,
		       struct fcd_options **out, struct fcd_err *err);
void fcd_config_options_free(struct fcd_options *o);

#endif
