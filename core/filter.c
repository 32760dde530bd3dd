// SPDX-License-Identifier: MIT
/* filter.c - which events a subscriber wants. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/cgroup.h"
#include "core/decode.h"
#include "core/filter.h"
#include "core/nearest.h"
#include "core/table.h"
#include "core/table_data.h"

#define CONTAINER_ID_LEN 12 /* as much of an id as the table of processes has */
#define ERRNO_MAX	 4095

const struct fcd_tracepoint fcd_tracepoints[FCD_TRACEPOINTS] = {
	{ "procexit", "PROCEXIT_1_E", FCD_TP_PROCEXIT },
	{ "signaldeliver", "SIGNALDELIVER_E", FCD_TP_SIGNALDELIVER },
};

static void set_bit(uint64_t *bits, uint32_t n)
{
	bits[n / 64] |= 1ULL << n % 64;
}

static bool has_bit(const uint64_t *bits, uint32_t n)
{
	return bits[n / 64] >> n % 64 & 1;
}

/* ---- types of events ---- */

void fcd_filter_none(struct fcd_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->interest.size = sizeof(f->interest);
}

void fcd_filter_all(struct fcd_filter *f)
{
	fcd_filter_none(f);
	memset(f->events, 0xff, sizeof(f->events));
	memset(f->calls, 0xff, sizeof(f->calls));
	memset(f->interest.syscalls, 0xff, sizeof(f->interest.syscalls));
	for (size_t i = 0; i < FCD_TRACEPOINTS; i++)
		f->interest.tracepoints |= fcd_tracepoints[i].bit;
}

static void add_event(struct fcd_filter *f, const char *code)
{
	set_bit(f->events, fcd_event_by_code(code)->id);
}

/* Events of another name that belong to a call. */
static const struct {
	const char *call, *code;
} also[] = {
	{ "execveat", "SYSCALL_EXECVE_19_X" }, /* that it succeeded */
	{ "sendto", "SOCKET_SEND_X" }, /* what 32-bit programs have besides, in socketcall */
	{ "recvfrom", "SOCKET_RECV_X" },
};

static void add_syscall(struct fcd_filter *f, const struct fcd_syscall_info *call)
{
	set_bit(f->interest.syscalls, call->nr);
	set_bit(f->events, call->exit_event);
	/* As long as an engine has no filler for it; only those of this number pass. */
	set_bit(f->events, FCD_GENERIC_X);
	set_bit(f->calls, call->nr);
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (!strcmp(call->name, also[i].call))
			add_event(f, also[i].code);
}

static void add_tracepoint(struct fcd_filter *f, size_t i)
{
	f->interest.tracepoints |= fcd_tracepoints[i].bit;
	add_event(f, fcd_tracepoints[i].code);
}

static void suggest(const char *name, char *suggestion, size_t cap)
{
	struct fcd_nearest nearest = { .name = name };

	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (fcd_syscalls[nr].name)
			fcd_nearest_try(&nearest, fcd_syscalls[nr].name);
	for (size_t i = 0; i < FCD_TRACEPOINTS; i++)
		fcd_nearest_try(&nearest, fcd_tracepoints[i].name);
	snprintf(suggestion, cap, "%s", nearest.best ? nearest.best : "");
}

int fcd_filter_add(struct fcd_filter *f, const char *name, char *suggestion, size_t cap)
{
	const struct fcd_syscall_info *call = fcd_syscall_by_name(name);

	if (call) {
		add_syscall(f, call);
		return 0;
	}
	for (size_t i = 0; i < FCD_TRACEPOINTS; i++)
		if (!strcmp(name, fcd_tracepoints[i].name)) {
			add_tracepoint(f, i);
			return 0;
		}
	if (suggestion)
		suggest(name, suggestion, cap);
	return -ENOENT;
}

/* What the schema calls "unknown|wait" is "wait"; NULL: there is no such call. */
static const char *category_of(const struct fcd_syscall_info *call)
{
	const char *category = call->name ? fcd_events[call->exit_event].category : NULL;
	const char *bar = category ? strchr(category, '|') : NULL;

	return bar ? bar + 1 : category;
}

static void suggest_category(const char *name, char *suggestion, size_t cap)
{
	struct fcd_nearest nearest = { .name = name };

	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (category_of(&fcd_syscalls[nr]))
			fcd_nearest_try(&nearest, category_of(&fcd_syscalls[nr]));
	snprintf(suggestion, cap, "%s", nearest.best ? nearest.best : "");
}

int fcd_filter_add_category(struct fcd_filter *f, const char *name, char *suggestion, size_t cap)
{
	bool is_known = false;

	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++) {
		const char *category = category_of(&fcd_syscalls[nr]);

		if (!category || strcmp(category, name))
			continue;
		add_syscall(f, &fcd_syscalls[nr]);
		is_known = true;
	}
	for (size_t i = 0; i < FCD_TRACEPOINTS; i++)
		if (!strcmp(fcd_event_by_code(fcd_tracepoints[i].code)->category, name)) {
			add_tracepoint(f, i);
			is_known = true;
		}
	if (is_known)
		return 0;
	if (suggestion)
		suggest_category(name, suggestion, cap);
	return -ENOENT;
}

/* ---- properties of processes ---- */

int fcd_filter_add_number(struct fcd_filter_numbers *numbers, uint32_t number)
{
	uint32_t *at;

	if (numbers->count == FCD_FILTER_VALUES_MAX)
		return -E2BIG;
	at = realloc(numbers->at, (numbers->count + 1) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	at[numbers->count++] = number;
	numbers->at = at;
	return 0;
}

int fcd_filter_add_word(struct fcd_filter_words *words, const char *word)
{
	char **at, *copy;

	if (words->count == FCD_FILTER_VALUES_MAX)
		return -E2BIG;
	at = realloc(words->at, (words->count + 1) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	words->at = at;
	copy = strdup(word);
	if (!copy)
		return -ENOMEM;
	at[words->count++] = copy;
	return 0;
}

static void words_fini(struct fcd_filter_words *words)
{
	for (uint32_t i = 0; i < words->count; i++)
		free(words->at[i]);
	free(words->at);
}

void fcd_filter_fini(struct fcd_filter *f)
{
	free(f->pids.at);
	free(f->uids.at);
	words_fini(&f->comms);
	words_fini(&f->cgroups);
	words_fini(&f->containers);
	fcd_filter_none(f);
}

bool fcd_filter_needs_processes(const struct fcd_filter *f)
{
	return f->pids.count || f->uids.count || f->comms.count || f->cgroups.count ||
	       f->containers.count;
}

void fcd_filter_add_processes(struct fcd_filter *f)
{
	struct fcd_filter kept;

	fcd_filter_none(&kept);
	for (size_t i = 0; fcd_proctable_events[i]; i++)
		fcd_filter_add(&kept, fcd_proctable_events[i], NULL, 0);
	fcd_interest_union(&f->interest, &kept.interest);
}

/* ---- events ---- */

static bool is_one_of(const struct fcd_filter_numbers *numbers, uint32_t number)
{
	for (uint32_t i = 0; i < numbers->count; i++)
		if (numbers->at[i] == number)
			return true;
	return !numbers->count;
}

static bool is_below_one(const struct fcd_filter_numbers *roots, struct fcd_proctable *processes,
			 uint32_t pid)
{
	for (uint32_t i = 0; i < roots->count; i++)
		if (fcd_proctable_is_below(processes, pid, roots->at[i]))
			return true;
	return !roots->count;
}

/* The kernel keeps 15 bytes of a name. */
static bool has_comm(const char *comm, const char *want)
{
	return !strncmp(comm, want, 15);
}

/* Either may be the shorter: the whole id may be asked for, or its first digits. */
static bool has_container(const char *container, const char *want)
{
	size_t have = strlen(container), len = strlen(want);

	if (have == CONTAINER_ID_LEN && len > have)
		len = have;
	return !strncmp(container, want, len);
}

static bool suits_one(const struct fcd_filter_words *words, const char *value,
		      bool (*suits)(const char *value, const char *want))
{
	for (uint32_t i = 0; i < words->count; i++)
		if (suits(value, words->at[i]))
			return true;
	return !words->count;
}

static bool pass_process(const struct fcd_filter *f, struct fcd_proctable *processes, uint32_t pid)
{
	const struct fcd_process *p = fcd_proctable_find(processes, pid);

	return p && is_one_of(&f->uids, p->uid) && suits_one(&f->comms, p->comm, has_comm) &&
	       suits_one(&f->cgroups, p->cgroup, fcd_cgroup_is_below) &&
	       suits_one(&f->containers, p->container, has_container) &&
	       is_below_one(&f->pids, processes, pid);
}

/* By its result, the first parameter; an event without one did not fail. */
static bool has_failed(const struct fcd_envelope *record, const struct fcd_event *header)
{
	const uint8_t *lengths = (const uint8_t *)(record + 1) + FCD_EVENT_HEADER;
	size_t lengths_bytes = header->nparams * sizeof(uint16_t);
	int64_t result;
	uint16_t len;

	if (!fcd_event_has_result(&fcd_events[header->type]) || header->nparams > FCD_PARAMS_MAX ||
	    record->bytes < sizeof(*record) + FCD_EVENT_HEADER + lengths_bytes + sizeof(result))
		return false;
	memcpy(&len, lengths, sizeof(len));
	memcpy(&result, lengths + lengths_bytes, sizeof(result));
	return len == sizeof(result) && result < 0 && result >= -ERRNO_MAX;
}

bool fcd_filter_pass(const struct fcd_filter *f, const struct fcd_envelope *record,
		     struct fcd_proctable *processes)
{
	struct fcd_event header;
	int nr;

	if (record->bytes < sizeof(*record) + sizeof(header))
		return false;
	memcpy(&header, record + 1, sizeof(header));
	if (header.type >= FCD_EVENTS_COUNT || !has_bit(f->events, header.type))
		return false;
	if (header.type == FCD_GENERIC_X || header.type == FCD_GENERIC_E) {
		nr = fcd_generic_nr(record + 1, record->bytes - sizeof(*record));
		if (nr < 0 || !has_bit(f->calls, (uint32_t)nr))
			return false;
	}
	if (f->is_failed && !has_failed(record, &header))
		return false;
	return !fcd_filter_needs_processes(f) ||
	       (processes && pass_process(f, processes, record->tgid));
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
