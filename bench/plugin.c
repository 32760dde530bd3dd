// SPDX-License-Identifier: MIT
/*
 * plugin [PLUGIN] - events/s from the broadcast ring to a host that only counts what the Falco
 * plugin hands over, checked; without PLUGIN, the yardstick: to a loop over libfalco-capture. The
 * ring is filled before each lap by another CPU, whose time is not counted. Events of 80 bytes,
 * records of 104.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "client/falco-capture.h"
#include "core/cast.h"
#include "tests/client/send_fds.h"
#include "tests/plugin_host/falco.h"

#define CAST_BYTES (16u << 20) /* as the daemon has */
#define LAP	   (CAST_BYTES / 2 / 104)
#define LAPS	   300
#define TOTAL	   ((uint64_t)LAP * LAPS)
#define READ_X	   7
#define DATA_BYTES 26
#define CALLS	   "[\"read\"]"

static struct fcd_cast *cast;
static char dir[] = "/tmp/falco-capture-bench.XXXXXX";
static struct sockaddr_un addr = { .sun_family = AF_UNIX };

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* ---- the daemon's side ---- */

/* The one who subscribes; the connection is open until the end. */
static void *serve(void *arg)
{
	int conn = accept(*(int *)arg, NULL, NULL), fds[2];
	char request[4096];

	if (conn < 0 || recv(conn, request, sizeof(request), 0) <= 0)
		err(1, "accept");
	fds[0] = fcd_cast_fd(cast);
	fds[1] = sealed_memfd(sizeof(struct fcd_sub_page), F_SEAL_SHRINK);
	if (fds[1] < 0 || !send_fds(conn, "{\"ok\":true,\"seq\":0}\n", fds, 2))
		err(1, "answer");
	return NULL;
}

static void daemon_start(void)
{
	static int listener;
	pthread_t thread;

	if (fcd_cast_new(&cast, CAST_BYTES, FCD_CAST_BYTES_MIN) || !mkdtemp(dir))
		err(1, "ring");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 1) ||
	    pthread_create(&thread, NULL, serve, &listener))
		err(1, "%s", addr.sun_path);
}

static void fill(void)
{
	_Alignas(8) struct {
		struct fcd_envelope envelope;
		struct fcd_event event;
		uint16_t lens[4];
		uint8_t values[8 + DATA_BYTES + 8 + 4];
	} __attribute__((packed)) read = {
		.envelope = { .bytes = sizeof(read), .kind = FCD_EVENT, .tgid = 4242 },
		.event = { .ts_ns = 1,
			   .tid = 4242,
			   .bytes = sizeof(read) - sizeof(read.envelope),
			   .type = READ_X,
			   .nparams = 4 },
		.lens = { 8, DATA_BYTES, 8, 4 },
	};
	const void *record = &read;

	pin(0);
	for (uint32_t i = 0; i < LAP; i++)
		fcd_cast_event(cast, record, sizeof(read), i, 0);
	fcd_cast_publish(cast);
	pin(1);
}

/* ---- who reads ---- */

static struct falco plugin;
static void *state, *handle;
static struct fcd_client *client;

static void plugin_begin(const char *path)
{
	char config[256], error[1024];

	falco_load(&plugin, path, "falco_capture", 12);
	snprintf(config, sizeof(config), "{\"socket\":\"%s\",\"syscalls\":" CALLS "}",
		 addr.sun_path);
	state = falco_init(&plugin, config, error);
	if (!state)
		errx(1, "init: %s", error);
	handle = falco_open(&plugin, state);
}

static uint64_t plugin_lap(void)
{
	uint64_t n = 0;
	uint32_t count;
	void **events;

	while (n < LAP && !plugin.next_batch(state, handle, &count, &events))
		n += count;
	return n;
}

static void client_begin(void)
{
	struct fcd_client_error why;

	if (fcd_client_open(&client, addr.sun_path, &why) ||
	    fcd_client_subscribe(client, "{\"syscalls\":" CALLS "}", 0, &why))
		errx(1, "%s", why.text);
}

static uint64_t client_lap(void)
{
	const struct fcd_envelope *record;
	uint64_t n = 0;

	while (n < LAP && fcd_client_next(client, &record, 0) == 1)
		n += record->kind == FCD_EVENT;
	return n;
}

/* ---- the run ---- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(uint64_t (*lap)(void))
{
	double ns = 0, begin;

	for (int i = 0; i < LAPS; i++) {
		fill();
		begin = now_ns();
		if (lap() != LAP)
			errx(1, "lap %d: not all events, or others", i);
		ns += now_ns() - begin;
	}
	return ns;
}

int main(int argc, char **argv)
{
	double ns;

	daemon_start();
	if (argc > 1)
		plugin_begin(argv[1]);
	else
		client_begin();
	unlink(addr.sun_path);
	rmdir(dir);
	ns = run(argc > 1 ? plugin_lap : client_lap);
	printf("%.1f M events/s, %.1f ns each\n", (double)TOTAL / ns * 1e3, ns / (double)TOTAL);
	return 0;
}
