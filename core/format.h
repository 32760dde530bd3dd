/* SPDX-License-Identifier: MIT */
/*
 * format.h - a record as one line of JSON or text, newline included.
 *
 * JSON, an event:
 *   {"ts":"2026-11-24T16:20:00.123456789Z","seq":81230,"cpu":1,"pid":4242,"tid":4242,
 *    "type":"openat","fd":3,"name":"/etc/hosts","flags":"O_RDONLY|O_CLOEXEC",...}
 * type is the event's name; an enter event has "dir":"enter" after it. A GENERIC event
 * has "type":"syscall","syscall":"fsync","nr":74. Parameters carry their schema's names;
 * one whose name is taken already (pid, tid) is "arg_pid". No value is null. Numbers that
 * jq 1.6 would round (above 2^53) and addresses and masks are "0x..." strings. A gap:
 *   {"ts":...,"seq":9,"type":"gap","lost":1234,"stage":"engine","cause":"ring_full","total":1234}
 *
 * Text:
 *   16:20:00.123456789 1 4242 openat fd=3 dirfd=AT_FDCWD name=/etc/hosts flags=O_RDONLY|O_CLOEXEC ...
 */
#ifndef FCD_FORMAT_H
#define FCD_FORMAT_H

#include "abi/event.h"
#include "core/text.h"

/*
 * Append the record to t. -EPROTO if it is not well formed: nothing is appended.
 * record has `len` readable bytes.
 */
int fcd_format_json(struct fcd_text *t, const struct fcd_envelope *record, size_t len);
int fcd_format_text(struct fcd_text *t, const struct fcd_envelope *record, size_t len);

/* Of an enum fcd_loss: "ring_full"; "engine", "merge" or "subscriber". */
const char *fcd_loss_name(uint32_t cause);
const char *fcd_loss_stage(uint32_t cause);

#endif
