/* SPDX-License-Identifier: MIT */
/*
 * The Falco plugin at a ring that holds each event of the table once, the bytes of which are
 * changed under it: no event leaves it that would end Falco, and there is an end to it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "client/plugin/api.h"
#include "core/cast.h"
#include "core/table_data.h"
#include "tests/client/send_fds.h"
#include "tests/plugin_host/check.h"
#include "tests/table/encode.h"
#include "fuzz.h"

#define HEADER_BYTES 640 /* of the ring, as far as it has any */
#define BATCHES_MAX  10000
#define NOTIFICATION 280
#define SAMPLES	     2 /* of each event */

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The input is one of these, then changes. */
struct setup {
	uint8_t schema; /* % 4 */
	uint8_t is_cut; /* & 1 */
};

struct change {
	uint32_t at;   /* % what is used of the ring */
	uint8_t later; /* & 1: after the first batch; the rest % 3: more bytes than one */
	uint8_t value[3];
};

/* ---- the ring ---- */

static struct {
	struct fcd_cast *cast;
	uint8_t *at, *data[FCD_LANES];
	size_t used[FCD_LANES];
	uint8_t *right;		      /* what it holds when nothing was changed */
	uint8_t before[HEADER_BYTES]; /* its header when nothing is published */
} ring;

static void put_event(const struct fcd_event_info *info, uint64_t seed)
{
	static struct sample params[FCD_PARAMS_MAX];
	static _Alignas(8) uint8_t record[FCD_RECORD_MAX]; /* is copied in steps of 8 */
	struct fcd_envelope *e;
	size_t len;

	samples_make(params, info, seed);
	e = encode_record(info, params, &len);
	memcpy(record, e, len);
	free(e);
	fcd_cast_event(ring.cast, (const void *)record, (uint32_t)len, 0, 0);
}

static void ring_init(void)
{
	const struct fcd_cast_header *h;
	uint32_t i, lane;

	must(!fcd_cast_new(&ring.cast, FCD_CAST_BYTES_MIN, FCD_CAST_BYTES_MIN));
	h = fcd_cast_header(ring.cast);
	ring.at = (uint8_t *)h;
	memcpy(ring.before, h, HEADER_BYTES);
	for (i = 0; i < FCD_EVENTS_COUNT * SAMPLES; i++)
		put_event(&fcd_events[i % FCD_EVENTS_COUNT], i);
	fcd_cast_publish(ring.cast);
	for (lane = 0; lane < FCD_LANES; lane++) {
		ring.data[lane] = ring.at + h->lane[lane].offset;
		ring.used[lane] = h->lane[lane].head;
		must(ring.used[lane] <= FCD_CAST_BYTES_MIN);
	}
	ring.right = malloc(HEADER_BYTES + ring.used[0] + ring.used[1]);
	must(ring.right);
	memcpy(ring.right, h, HEADER_BYTES);
	memcpy(ring.right + HEADER_BYTES, ring.data[0], ring.used[0]);
	memcpy(ring.right + HEADER_BYTES + ring.used[0], ring.data[1], ring.used[1]);
}

/* All that was changed is right again, and nothing of it published. */
static void ring_reset(void)
{
	memcpy(ring.at, ring.before, HEADER_BYTES);
	memcpy(ring.data[0], ring.right + HEADER_BYTES, ring.used[0]);
	memcpy(ring.data[1], ring.right + HEADER_BYTES + ring.used[0], ring.used[1]);
}

static uint8_t *ring_place(size_t at)
{
	at %= HEADER_BYTES + ring.used[0] + ring.used[1];
	if (at < HEADER_BYTES)
		return ring.at + at;
	at -= HEADER_BYTES;
	if (at < ring.used[0])
		return ring.data[0] + at;
	return ring.data[1] + at - ring.used[0];
}

static void ring_change(const struct change *change, size_t count, uint8_t later)
{
	uint32_t i;

	for (; count--; change++) {
		if ((change->later & 1) != later)
			continue;
		for (i = 0; i <= (change->later >> 1) % 3u; i++)
			*ring_place(change->at + (size_t)i) = change->value[i];
	}
}

/* ---- the daemon ---- */

static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static int listener, page;
static _Atomic int conn; /* of who subscribed last; written before he gets the answer */

static void *serve(void *arg)
{
	char request[16384];

	for (;;) {
		conn = accept(listener, NULL, NULL);
		must(conn >= 0 && recv(conn, request, sizeof(request), 0) > 0);
		must(send_fds(conn, "{\"ok\":true,\"seq\":0}\n",
			      (int[]){ fcd_cast_fd(ring.cast), page }, 2));
	}
	return arg;
}

static void remove_socket(void)
{
	unlink(addr.sun_path);
}

static void daemon_start(void)
{
	pthread_t thread;

	ring_init();
	page = sealed_memfd(sizeof(struct fcd_sub_page), F_SEAL_SHRINK);
	must(page >= 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/falco-capture-fuzz.%d", getpid());
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)) && !listen(listener, 8));
	atexit(remove_socket);
	must(!pthread_create(&thread, NULL, serve, NULL));
}

/* ---- Falco ---- */

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool tells_disconnected(const char *event)
{
	uint16_t type;

	memcpy(&type, event + 20, sizeof(type));
	return type == NOTIFICATION && !strcmp(event + 30, "falco_capture.disconnected");
}

/* False: it was told that the daemon is gone. */
static bool take_batch(void *state, void *handle, struct check *check)
{
	bool is_connected = true;
	void **events;
	uint32_t count, i;

	if (plugin_next_batch(state, handle, &count, &events))
		return true;
	must(count);
	check->now_ns = clock_ns();
	for (i = 0; i < count; i++) {
		if (check_event(check, events[i])) {
			fprintf(stderr, "%s\n", check->why);
			abort();
		}
		if (tells_disconnected(events[i]))
			is_connected = false;
	}
	return is_connected;
}

static void *init(const struct setup *setup, struct check *check)
{
	static const char *const schema[] = { "", ",\"schema\":4", ",\"schema\":3",
					      ",\"schema\":2" };
	char config[256];
	struct fcd_falco_init in = { .config = config };
	int32_t rc;
	void *state;

	check->schema = 5 - setup->schema % 4u;
	snprintf(config, sizeof(config), "{\"socket\":\"%s\"%s%s}", addr.sun_path,
		 schema[setup->schema % 4u], setup->is_cut & 1 ? ",\"snaplen\":5" : "");
	state = plugin_init(&in, &rc);
	must(!rc);
	return state;
}

static void run(const struct setup *setup, const struct change *changes, size_t count)
{
	struct check check = { 0 };
	void *state = init(setup, &check), *handle;
	bool is_connected;
	int32_t rc, n = 0;

	ring_reset();
	handle = plugin_open(state, "", &rc);
	must(!rc);
	memcpy(ring.at, ring.right, HEADER_BYTES); /* publish */
	ring_change(changes, count, 0);
	is_connected = take_batch(state, handle, &check);
	ring_change(changes, count, 1);
	close(conn);
	while (is_connected) {
		is_connected = take_batch(state, handle, &check);
		must(++n < BATCHES_MAX);
	}
	plugin_close(state, handle);
	plugin_destroy(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct change changes[256];
	struct setup setup;
	size_t count;

	if (!ring.cast)
		daemon_start();
	if (size < sizeof(setup))
		return 0;
	memcpy(&setup, data, sizeof(setup));
	count = (size - sizeof(setup)) / sizeof(changes[0]);
	if (count > sizeof(changes) / sizeof(changes[0]))
		count = sizeof(changes) / sizeof(changes[0]);
	memcpy(changes, data + sizeof(setup), count * sizeof(changes[0]));
	run(&setup, changes, count);
	return 0;
}
