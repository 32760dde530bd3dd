/* SPDX-License-Identifier: MIT */
/* log.h - one line on stderr per message. Any thread. */
#ifndef FCD_LOG_H
#define FCD_LOG_H

#include "abi/engine.h"

/* From then on this is the limit. */
void fcd_log_level(uint32_t max_level);
/* What is less urgent than max_level is left out. Also finds out whether stderr is systemd's journal. */
void fcd_log_init(uint32_t max_level);
void fcd_log(uint32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * [loop's thread] The same about what a client did: of those no more than FCD_LOG_CLIENTS in ten
 * seconds, for a client can do it without end; how many are left out is said.
 */
void fcd_log_client(uint32_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define FCD_LOG_CLIENTS 200
/* "what: text (hint)" */
void fcd_log_err(uint32_t level, const char *what, const struct fcd_err *err);

/* The service that engines log through; ctx of the host is the engine's name. */
void fcd_log_engine(void *ctx, uint32_t level, const char *text);

#endif
