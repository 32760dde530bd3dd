// SPDX-License-Identifier: MIT
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "cli/doctor.h"

#define SYSTEM_SOCKET "/run/falco-capture/capture.sock"
#define UNIT	      "falco-capture.service"

static const char *path_of(const struct doctor *d)
{
	const char *path = d->socket ? d->socket : getenv("FALCO_CAPTURE_SOCKET");

	return path && *path ? path : SYSTEM_SOCKET;
}

/* The value of a property of the unit, "" without systemd. */
static void unit_property(const char *name, char *out, size_t size)
{
	char command[128];
	FILE *p;

	snprintf(command, sizeof(command), "systemctl show -P %s " UNIT " 2>/dev/null", name);
	p = popen(command, "re");
	if (!p || !fgets(out, (int)size, p))
		*out = 0;
	if (p)
		pclose(p);
	out[strcspn(out, "\n")] = 0;
}

static void not_running(const char *path)
{
	char load[32], active[32], result[32];

	unit_property("LoadState", load, sizeof(load));
	if (strcmp(load, "loaded")) {
		doctor_fix("start it: falco-capture --socket %s", path);
		return;
	}
	unit_property("ActiveState", active, sizeof(active));
	unit_property("Result", result, sizeof(result));
	if (!strcmp(active, "failed"))
		doctor_fix("its unit has failed (%s): journalctl -u " UNIT " -n 20 says why",
			   result);
	else if (!strcmp(active, "active"))
		doctor_fix("its unit is active and listens elsewhere: systemctl status " UNIT);
	else
		doctor_fix("systemctl enable --now " UNIT);
}

static void not_allowed(const char *path)
{
	struct group *group;
	struct stat s;

	if (stat(path, &s)) {
		doctor_fix("ask root: a folder on the way is closed to you");
		return;
	}
	group = getgrgid(s.st_gid);
	if (s.st_gid && group && s.st_mode & S_IWGRP)
		doctor_fix("join the group: usermod -aG %s YOU, then log in again", group->gr_name);
	else
		doctor_fix(
			"only its owner may connect: create the group falco-capture, join it and "
			"start the daemon again, or be root");
}

void doctor_reach(struct doctor *d, int code, const char *text)
{
	doctor_say(d, DOCTOR_WRONG, "socket", "%s", text);
	if (code == -ENOENT || code == -ECONNREFUSED)
		not_running(path_of(d));
	else if (code == -EACCES)
		not_allowed(path_of(d));
}
