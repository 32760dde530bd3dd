/* SPDX-License-Identifier: MIT */
/* doctor.h - why do I see nothing? One finding a line, in the order in which events come. */
#ifndef FCD_CTL_DOCTOR_H
#define FCD_CTL_DOCTOR_H

#include "cli/ctl.h"

struct doctor {
	const struct ctl_command *cmd;
	const char *socket;  /* NULL: where it is looked for */
	const char *syscall; /* NULL: none in particular */
	long pid;	     /* 0: likewise */
	const json_t *status, *stats;
	unsigned int wrong; /* findings that something is */
};

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WRONG };

void doctor_say(struct doctor *d, enum doctor_level level, const char *about, const char *format,
		...) __attribute__((format(printf, 4, 5)));
/* What would help with what was said last. */
void doctor_fix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The socket could not be reached: why, and what to do. */
void doctor_reach(struct doctor *d, int code, const char *text);
/* What the daemon's answers tell. */
void doctor_examine(struct doctor *d);

#endif
