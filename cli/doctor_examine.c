// SPDX-License-Identifier: MIT
/* What status and stats tell about the way from the engine to the reader. */
#include <stdio.h>
#include <string.h>
#include "cli/doctor.h"
#include "cli/stats.h"

static int is_userspace(const struct doctor *d)
{
	return !strcmp(ctl_text(d->status, "engine"), "userspace");
}

static void examine_engine(struct doctor *d)
{
	const json_t *refused;
	size_t i;

	doctor_say(d, DOCTOR_OK, "socket", "%s: version %s answers, pid %lld",
		   ctl_text(d->status, "socket"), ctl_text(d->status, "version"),
		   ctl_number(d->status, "pid"));
	doctor_say(d, DOCTOR_OK, "engine", "%s", ctl_text(d->status, "engine"));
	json_array_foreach(json_object_get(d->status, "refused"), i, refused)
	{
		doctor_say(d, DOCTOR_NOTE, "engine", "%s comes before it and cannot run: %s",
			   ctl_text(refused, "engine"), ctl_text(refused, "error"));
		if (json_object_get(refused, "hint"))
			doctor_fix("%s", ctl_text(refused, "hint"));
	}
}

static void examine_attached(struct doctor *d)
{
	long long interest = ctl_number(d->status, "interest");

	if (json_is_true(json_object_get(d->status, "attached"))) {
		doctor_say(d, DOCTOR_OK, "attached", "to %lld system calls and tracepoints",
			   interest);
	} else if (!interest) {
		doctor_say(d, DOCTOR_NOTE, "attached",
			   "nothing is, for nobody reads; a reader changes that at once");
	} else if (is_userspace(d)) {
		doctor_say(d, DOCTOR_WRONG, "attached", "no process is traced");
		doctor_fix("run what you want to see under it: falco-capture-trace -- COMMAND");
	} else {
		doctor_say(d, DOCTOR_WRONG, "attached", "nothing is, though %lld calls are wanted",
			   interest);
		doctor_fix("start the daemon again; its log says what the engine answered");
	}
}

static void examine_canary(struct doctor *d)
{
	const char *canary = ctl_text(d->status, "canary");

	if (!json_is_true(json_object_get(d->status, "attached")))
		return; /* then there is none */
	if (!strcmp(canary, "alive")) {
		doctor_say(d, DOCTOR_OK, "alive", "the daemon's test call comes through");
	} else if (!strcmp(canary, "waiting")) {
		doctor_say(d, DOCTOR_NOTE, "alive", "the first test call has not come through yet");
		doctor_fix("ask again in a few seconds");
	} else if (!strcmp(canary, "dead")) {
		doctor_say(d, DOCTOR_WRONG, "alive",
			   "the daemon's test call does not come through: the engine is dead");
		doctor_fix("start the daemon again; if that does not help, another engine: "
			   "--engine=NAME");
	} else {
		doctor_say(d, DOCTOR_NOTE, "alive", "the %s engine sees no test call of the daemon",
			   ctl_text(d->status, "engine"));
	}
}

static int is_wanted(const struct doctor *d)
{
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(d->status, "syscalls"), i, name)
	{
		if (!strcmp(json_string_value(name), d->syscall))
			return 1;
	}
	return 0;
}

static void examine_interest(struct doctor *d)
{
	if (!d->syscall)
		return;
	if (is_wanted(d)) {
		doctor_say(d, DOCTOR_OK, "interest", "%s is captured", d->syscall);
		return;
	}
	doctor_say(d, DOCTOR_WRONG, "interest", "%s is not captured: no reader asks for it",
		   d->syscall);
	doctor_fix("ask for it: " CTL_PROGRAM " print --syscalls %s", d->syscall);
}

/* ---- is a process left out? ---- */

static const json_t *subscriber_with(const struct doctor *d, long pid)
{
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(d->status, "subscribers"), i, s)
	{
		if (ctl_number(s, "pid") == pid)
			return s;
	}
	return NULL;
}

/* 0: none, or it cannot be known; -1: there is no such process. */
static long tracer_of(long pid)
{
	char path[64], line[128];
	long tracer = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %ld", &tracer) == 1)
			break;
	fclose(f);
	return tracer;
}

static void examine_process(struct doctor *d)
{
	long tracer = tracer_of(d->pid);

	if (d->pid == ctl_number(d->status, "pid")) {
		doctor_say(d, DOCTOR_WRONG, "process", "%ld is the daemon: it never shows itself",
			   d->pid);
	} else if (subscriber_with(d, d->pid)) {
		doctor_say(d, DOCTOR_WRONG, "process",
			   "%ld is a subscriber: what it does itself is left out", d->pid);
		doctor_fix("read with another process than the one that you want to see");
	} else if (tracer < 0) {
		doctor_say(d, DOCTOR_WRONG, "process", "there is no process %ld", d->pid);
		doctor_fix("of a process in a container take the number that it has outside");
	} else if (is_userspace(d) && !tracer) {
		doctor_say(d, DOCTOR_WRONG, "process",
			   "%ld is not traced, and the engine sees nothing else", d->pid);
		doctor_fix("start it under: falco-capture-trace -- COMMAND");
	} else {
		doctor_say(d, DOCTOR_OK, "process", "%ld is not left out", d->pid);
	}
}

static void examine_excluded(struct doctor *d)
{
	size_t n = json_array_size(json_object_get(d->status, "subscribers"));

	if (d->pid)
		examine_process(d);
	else if (n)
		doctor_say(d, DOCTOR_NOTE, "process",
			   "what the daemon and its %zu subscribers do themselves is left out", n);
}

/* ---- losses ---- */

static const struct {
	const char *cause, *fix;
} fixes[] = {
	{ "ring_full", "larger rings (ring_bytes of the engine in the config), or ask for fewer "
		       "system calls" },
	{ "nested", "none needed if they are few; larger rings do not help" },
	{ "too_big", "a smaller snaplen of the engine in the config" },
	{ "no_ring", "start the daemon again: it counts the CPUs when it starts" },
	{ "missed", "a newer release of the daemon: this kernel skips its probe" },
	{ "broken", "start the daemon again, and report it with the daemon's log" },
};

static void examine_cause(struct doctor *d, const char *cause, long long lost)
{
	size_t i;

	if (!lost)
		return;
	doctor_say(d, DOCTOR_WRONG, "losses", "%lld events by cause %s, since the daemon started",
		   lost, cause);
	for (i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
		if (!strcmp(fixes[i].cause, cause))
			doctor_fix("%s", fixes[i].fix);
}

static void examine_losses(struct doctor *d)
{
	const json_t *engine = json_object_get(d->stats, "engine");
	unsigned int before = d->wrong;
	const char *cause;
	json_t *n;

	json_object_foreach(json_object_get(engine, "lost"), cause, n)
	{
		examine_cause(d, cause, json_integer_value(n));
	}
	if (d->wrong == before)
		doctor_say(d, DOCTOR_OK, "losses", "none of %lld events",
			   ctl_number(engine, "produced"));
}

static void examine_readers(struct doctor *d)
{
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(d->stats, "subscribers"), i, s)
	{
		if (!ctl_number(s, "overrun"))
			continue;
		doctor_say(d, DOCTOR_WRONG, "readers",
			   "process %lld (%s) was too slow for %lld "
			   "events",
			   ctl_number(s, "pid"), ctl_text(s, "format"), ctl_number(s, "overrun"));
		doctor_fix("a larger broadcast_bytes in the config, a narrower filter, or a faster "
			   "reader");
	}
}

static void examine_sums(struct doctor *d)
{
	unsigned int off = stats_audit(d->stats, 0);

	if (!off) {
		doctor_say(d, DOCTOR_OK, "sums", "every event is accounted for");
		return;
	}
	doctor_say(d, DOCTOR_WRONG, "sums", "%u are off", off);
	doctor_fix("report it, with: " CTL_PROGRAM " stats --audit");
}

void doctor_examine(struct doctor *d)
{
	examine_engine(d);
	examine_attached(d);
	examine_canary(d);
	examine_interest(d);
	examine_excluded(d);
	if (!d->stats)
		return;
	examine_losses(d);
	examine_readers(d);
	examine_sums(d);
}
