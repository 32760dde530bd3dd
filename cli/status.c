// SPDX-License-Identifier: MIT
/* falco-capturectl status: which engine runs, why not another, who reads. */
#include <stdio.h>
#include <string.h>
#include "cli/ctl.h"

static void show_uptime(long long seconds)
{
	if (seconds >= 86400)
		printf("%lldd ", seconds / 86400);
	if (seconds >= 3600)
		printf("%lldh ", seconds / 3600 % 24);
	if (seconds >= 60)
		printf("%lldm ", seconds / 60 % 60);
	printf("%llds\n", seconds % 60);
}

static void show_refused(const json_t *reply)
{
	const json_t *refused;
	size_t i;

	json_array_foreach(json_object_get(reply, "refused"), i, refused)
	{
		printf("not used    %s: %s", ctl_text(refused, "engine"),
		       ctl_text(refused, "error"));
		if (json_object_get(refused, "hint"))
			printf(" (%s)", ctl_text(refused, "hint"));
		putchar('\n');
	}
}

static const char *attached(const json_t *reply)
{
	if (!strcmp(ctl_text(reply, "canary"), "dead"))
		return "attached, but dead: no event comes (see " CTL_PROGRAM " doctor)";
	if (json_is_true(json_object_get(reply, "attached")))
		return "attached";
	if (!ctl_number(reply, "interest"))
		return "not attached: nobody wants events";
	return "not attached: nothing runs under it"; /* userspace: no producer is connected */
}

static void show(const json_t *reply)
{
	printf("engine      %s, %s\n", ctl_text(reply, "engine"), attached(reply));
	show_refused(reply);
	printf("daemon      version %s, pid %lld\n", ctl_text(reply, "version"),
	       ctl_number(reply, "pid"));
	printf("speaks      schema %s, engine ABI %s, wire %lld\n", ctl_text(reply, "schema"),
	       ctl_text(reply, "abi"), ctl_number(reply, "wire"));
	printf("socket      %s\n", ctl_text(reply, "socket"));
	printf("up          ");
	show_uptime(ctl_number(reply, "uptime_s"));
	printf("interest    %lld system calls and tracepoints\n", ctl_number(reply, "interest"));
	printf("published   %lld events\n", ctl_number(reply, "seq"));
	ctl_show_subscribers(reply, ctl_number(reply, "seq"));
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	return ctl_query(cmd, argc, argv, show);
}

const struct ctl_command ctl_status = {
	.name = "status",
	.summary = "which engine runs, why others do not, who is reading",
	.help = "Usage: " CTL_PROGRAM " status [OPTION...]\n\n"
		"Show which engine captures, why those before it cannot, and who is reading.\n\n"
		"Options:\n"
		"      --json         the daemon's answer as it is, one line of JSON\n"
		"      --socket PATH  the daemon's socket\n"
		"  -h, --help         this text\n\n"
		"Examples:\n"
		"  " CTL_PROGRAM " status\n"
		"  " CTL_PROGRAM " status --json | jq -r .engine\n",
	.run = run,
};
