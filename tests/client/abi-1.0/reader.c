// SPDX-License-Identifier: MIT
/*
 * reader SOCKET - a client as it was written for libfalco-capture 1.0, built from the headers of
 * that version alone. A line for each event, until the daemon ends; every function is used.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <falco-capture/falco-capture.h>

static struct fcd_client_error err;

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, err.text);
	return 1;
}

static int ask(const char *path)
{
	struct fcd_client *c;
	char *line;

	if (fcd_client_open(&c, path, &err) ||
	    fcd_client_request(c, "{\"op\":\"status\"}", &line, &err))
		return fail("status");
	free(line);
	/* One answer, one line: there is no second one until the daemon hangs up. */
	if (fcd_client_request(c, "{\"op\":\"reboot\"}", &line, &err) != -EREMOTEIO ||
	    fcd_client_line(c, &line, &err) != -ECONNRESET)
		return fail("reboot");
	fcd_client_close(c);
	return 0;
}

/* "seq name tid fd proc", - for what is not there. */
static int show(struct fcd_client *c, const struct fcd_envelope *r)
{
	struct fcd_client_process process = { .size = sizeof(process) };
	const struct fcd_event *e = (const struct fcd_event *)(r + 1);
	const char *name = "-";
	const void *bytes;
	int64_t fd = -1;
	size_t len = 0;

	if (fcd_client_process(c, r->tgid, &process))
		strcpy(process.comm, "-");
	if (!fcd_client_number(r, "fd", &fd) &&
	    (fcd_client_bytes(r, "fd", &bytes, &len) || len != 8))
		return -1;
	fcd_client_string(r, "name", &name);
	printf("%llu %s %llu %lld %s %s\n", (unsigned long long)r->seq, fcd_client_event_name(r),
	       (unsigned long long)e->tid, (long long)fd, name, process.comm);
	return 0;
}

static int show_line(char *line)
{
	int ret = !line || line[strlen(line) - 1] != '\n';

	free(line);
	return ret;
}

int main(int argc, char **argv)
{
	struct pollfd p = { .events = POLLIN };
	const struct fcd_envelope *r;
	struct fcd_client *c;
	int ret;

	if (argc != 2 || !fcd_client_version() || ask(argv[1]))
		return 2;
	if (fcd_client_open(&c, argv[1], &err) ||
	    fcd_client_subscribe(c, "{\"syscalls\":[\"openat\",\"close\"]}", FCD_CLIENT_PROCESSES,
				 &err))
		return fail("subscribe");
	if (!fcd_client_is_connected(c) || !strstr(fcd_client_reply(c), "\"ok\":true"))
		return 3;
	p.fd = fcd_client_fd(c);
	while ((ret = fcd_client_next(c, &r, 0)) >= 0) {
		if (!ret)
			poll(&p, 1, -1);
		else if (show_line(fcd_client_json(c, r)) || show_line(fcd_client_text(c, r)) ||
			 (r->kind == FCD_EVENT && show(c, r)))
			return 4;
	}
	fcd_client_close(c);
	return ret == -ECONNRESET ? 0 : 5;
}
