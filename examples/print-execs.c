// SPDX-License-Identifier: MIT
/*
 * print-execs - who runs what on this host, a line each.
 *
 *	cc -o print-execs print-execs.c $(pkg-config --cflags --libs falco-capture)
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <falco-capture/falco-capture.h>

int main(void)
{
	const struct fcd_envelope *record;
	struct fcd_client_error error;
	struct fcd_client *client;

	if (fcd_client_open(&client, NULL, &error) ||
	    fcd_client_subscribe(client, "{\"syscalls\":[\"execve\",\"execveat\"]}", 0, &error))
		errx(1, "%s", error.text);
	while (fcd_client_next(client, &record, -1) == 1) {
		char *line = fcd_client_text(client, record);

		if (line)
			fputs(line, stdout);
		fflush(stdout);
		free(line);
	}
	errx(1, "the daemon has ended");
}
