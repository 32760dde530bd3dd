/* SPDX-License-Identifier: MIT */
/* filter.c - what a subscriber wants, by the names of system calls and events. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/decode.h"
#include "core/filter.h"
#include "core/nearest.h"
#include "core/table.h"
#include "core/table_data.h"

static const struct {
	const char *name, *code;
	uint64_t bit;
} tracepoints[] = {
	{ "procexit", "PROCEXIT_1_E", FCD_TP_PROCEXIT },
};
#define TRACEPOINTS (sizeof(tracepoints) / sizeof(tracepoints[0]))

static void set_bit(uint64_t *bits, uint32_t n)
{
	bits[n / 64] |= 1ULL << n % 64;
}

static bool has_bit(const uint64_t *bits, uint32_t n)
{
	return bits[n / 64] >> n % 64 & 1;
}

void fcd_filter_none(struct fcd_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->interest.size = sizeof(f->interest);
}

void fcd_filter_all(struct fcd_filter *f)
{
	fcd_filter_none(f);
	memset(f->events, 0xff, sizeof(f->events));
	memset(f->interest.syscalls, 0xff, sizeof(f->interest.syscalls));
	for (size_t i = 0; i < TRACEPOINTS; i++)
		f->interest.tracepoints |= tracepoints[i].bit;
}

static void add_event(struct fcd_filter *f, const char *code)
{
	set_bit(f->events, fcd_event_by_code(code)->id);
}

static void add_syscall(struct fcd_filter *f, const struct fcd_syscall_info *call)
{
	set_bit(f->interest.syscalls, call->nr);
	set_bit(f->events, call->exit_event);
	/* As long as an engine has no filler for it; only those of this number pass. */
	set_bit(f->events, FCD_GENERIC_X);
	if (!strcmp(call->name, "execveat")) /* success is an execve event */
		add_event(f, "SYSCALL_EXECVE_19_X");
}

static void suggest(const char *name, char *suggestion, size_t cap)
{
	struct fcd_nearest nearest = { .name = name };

	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (fcd_syscalls[nr].name)
			fcd_nearest_try(&nearest, fcd_syscalls[nr].name);
	for (size_t i = 0; i < TRACEPOINTS; i++)
		fcd_nearest_try(&nearest, tracepoints[i].name);
	snprintf(suggestion, cap, "%s", nearest.best ? nearest.best : "");
}

int fcd_filter_add(struct fcd_filter *f, const char *name, char *suggestion, size_t cap)
{
	const struct fcd_syscall_info *call = fcd_syscall_by_name(name);

	if (call) {
		add_syscall(f, call);
		return 0;
	}
	for (size_t i = 0; i < TRACEPOINTS; i++)
		if (!strcmp(name, tracepoints[i].name)) {
			f->interest.tracepoints |= tracepoints[i].bit;
			add_event(f, tracepoints[i].code);
			return 0;
		}
	if (suggestion)
		suggest(name, suggestion, cap);
	return -ENOENT;
}

bool fcd_filter_pass(const struct fcd_filter *f, const struct fcd_envelope *record)
{
	struct fcd_event header;
	int nr;

	if (record->bytes < sizeof(*record) + sizeof(header))
		return false;
	memcpy(&header, record + 1, sizeof(header));
	if (header.type >= FCD_EVENTS_COUNT || !has_bit(f->events, header.type))
		return false;
	if (header.type != FCD_GENERIC_X && header.type != FCD_GENERIC_E)
		return true;
	nr = fcd_generic_nr(record);
	return nr >= 0 && has_bit(f->interest.syscalls, (uint32_t)nr);
}

void fcd_interest_union(struct fcd_interest *a, const struct fcd_interest *b)
{
	for (size_t i = 0; i < FCD_SYSCALLS_MAX / 64; i++)
		a->syscalls[i] |= b->syscalls[i];
	a->tracepoints |= b->tracepoints;
}

bool fcd_interest_is_empty(const struct fcd_interest *i)
{
	uint64_t any = i->tracepoints;

	for (size_t k = 0; k < FCD_SYSCALLS_MAX / 64; k++)
		any |= i->syscalls[k];
	return !any;
}
