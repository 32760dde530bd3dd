// SPDX-License-Identifier: MIT
/* Ask the daemon one question and show the answer. */
#include <stdio.h>
#include <stdlib.h>
#include "cli/ctl.h"

int ctl_query_options(const struct ctl_command *cmd, int argc, char **argv, struct ctl_query *q)
{
	static const struct option names[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = ctl_option(cmd, argc, argv, ":h", names)) != -1) {
		switch (c) {
		case 'j':
			q->as_json = 1;
			break;
		case 's':
			q->socket = optarg;
			break;
		case 'h':
			fputs(cmd->help, stdout);
			return ctl_flush(cmd);
		default:
			return CTL_WRONG_USE;
		}
	}
	return -1;
}

struct fcd_client *ctl_connect(const struct ctl_command *cmd, const char *socket)
{
	struct fcd_client_error err;
	struct fcd_client *client;

	if (!fcd_client_open(&client, socket, &err))
		return client;
	ctl_error(cmd, CTL_FAILED, "%s", err.text);
	return NULL;
}

char *ctl_ask(const struct ctl_command *cmd, struct fcd_client *client, const char *op)
{
	struct fcd_client_error err;
	char request[32], *reply;

	snprintf(request, sizeof(request), "{\"op\":\"%s\"}", op);
	if (!fcd_client_request(client, request, &reply, &err))
		return reply;
	ctl_error(cmd, CTL_FAILED, "%s", err.text);
	return NULL;
}

int ctl_query(const struct ctl_command *cmd, int argc, char **argv,
	      void (*show)(const json_t *reply))
{
	struct ctl_query q = { 0 };
	struct fcd_client *client;
	json_t *json;
	char *reply;
	int status;

	status = ctl_query_options(cmd, argc, argv, &q);
	if (status >= 0)
		return status;
	if (optind < argc)
		return ctl_wrong_use(cmd, "unexpected \"%s\"", argv[optind]);
	client = ctl_connect(cmd, q.socket);
	reply = client ? ctl_ask(cmd, client, cmd->name) : NULL;
	fcd_client_close(client);
	if (!reply)
		return CTL_FAILED;
	if (q.as_json) {
		puts(reply);
	} else {
		json = json_loads(reply, 0, NULL);
		show(json);
		json_decref(json);
	}
	free(reply);
	return ctl_flush(cmd);
}

const char *ctl_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

long long ctl_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void ctl_show_subscribers(const json_t *reply, long long seq)
{
	const json_t *all = json_object_get(reply, "subscribers"), *s;
	size_t i;

	if (!json_array_size(all)) {
		puts("no subscribers");
		return;
	}
	printf("subscribers\n%8s %8s %-6s %12s %12s %12s %12s\n", "pid", "uid", "format",
	       "delivered", "filtered", "overrun", "behind");
	json_array_foreach(all, i, s)
	{
		long long behind = seq - ctl_number(s, "seq");

		printf("%8lld %8lld %-6s %12lld %12lld %12lld %12lld\n", ctl_number(s, "pid"),
		       ctl_number(s, "uid"), ctl_text(s, "format"), ctl_number(s, "delivered"),
		       ctl_number(s, "filtered"), ctl_number(s, "overrun"),
		       behind > 0 ? behind : 0);
	}
}
