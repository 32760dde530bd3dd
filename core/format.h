/* SPDX-License-Identifier: MIT */
/*
 * format.h - a record as one line of JSON or text, newline included.
 *
 * JSON, an event:
 *   {"ts":"2026-11-24T16:20:00.123456789Z","seq":81230,"cpu":1,"pid":4242,"tid":4242,
 *    "type":"openat","fd":3,"dirfd":-100,"name":"/etc/hosts","flags":"O_RDONLY|O_CLOEXEC",...}
 * type is the event's name; a system call's enter event has "dir":"enter" after it, an event
 * out of order "late":true, one of a 32-bit call "compat":true. A GENERIC event has
 * "type":"syscall","syscall":"fsync","nr":74. Where the thread's process is known, its name
 * stands after tid, and after that the container it is in:
 *   "tid":4242,"proc":"cat","container":"3ad7b26ded6d","type":...
 * Parameters carry their schema's names; one whose name is taken already (cpu, pid, tid, type,
 * dir) is "arg_pid". By type:
 *   number			a number; above 2^53, which jq 1.6 would round, an "0x..." string
 *   pointer, mask, device	always an "0x..." string; mode an octal string "0644"
 *   result			a number, negative: an error (mmap's is an address or an error)
 *   flags			"A|B", bits without a name as 0x..., "0" if zero has no name
 *   choice, signal		its name, or the number if it has none
 *   time			as ts
 *   string, data		a string; bytes that are not UTF-8 become \u00XX
 *   args, env, cgroups		an array of strings
 *   address, tuple		"10.0.0.1:80", "[::1]:80", "unix:/run/x"; from sender or client
 *				to receiver "10.0.0.1:4000->10.0.0.2:80", and with the sockets'
 *				ids "unix:0x1f->0x2e:/run/x", the path being the receiver's
 *   descriptors		[{"fd":3,"flags":"POLLIN"}]
 *   no value			null: there was none, or its memory was not readable
 * A gap, and where the wall clock was set:
 *   {"ts":...,"seq":9,"type":"gap","lost":1234,"stage":"engine","cause":"ring_full","total":1234}
 *   {"ts":...,"seq":9,"type":"mark","shift_ns":-1000000}
 *
 * Text, after time of day, CPU and thread:
 *   16:20:00.123456789 1 4242 openat fd=3 dirfd=AT_FDCWD name=/etc/hosts flags=O_RDONLY|O_CLOEXEC
 * The thread has its process's name before it and its container behind it, if they are known:
 *   16:20:00.123456789 1 cat(4242) openat ...
 *   16:20:00.123456789 1 cat(4242)@3ad7b26ded6d openat ...
 * Errors are names (res=-ENOENT), lists are in brackets (args=[-c 20]), no value is -.
 */
#ifndef FCD_FORMAT_H
#define FCD_FORMAT_H

#include "abi/event.h"
#include "core/proctable.h"
#include "core/text.h"

/*
 * Append the record to t. -EPROTO if it is not well formed: nothing is appended.
 * record has `len` readable bytes. process: that of the event's thread, NULL: not known.
 */
int fcd_format_json(struct fcd_text *t, const struct fcd_envelope *record, size_t len,
		    const struct fcd_process *process);
int fcd_format_text(struct fcd_text *t, const struct fcd_envelope *record, size_t len,
		    const struct fcd_process *process);

/* Of an enum fcd_loss: "ring_full"; "engine", "merge" or "subscriber". */
const char *fcd_loss_name(uint32_t cause);
const char *fcd_loss_stage(uint32_t cause);

#endif
