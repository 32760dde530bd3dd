// SPDX-License-Identifier: MIT
/*
 * engine.c - an engine of ABI 1.0 as an outside author would have built it: from these
 * headers, a copy of those of 1.0, and nothing else. It must go on to work in each host of
 * that major version, so neither it nor they ever change. It makes `kill` and `close` up.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "engine.h"
#include "ring_io.h"

#define RING_BYTES 65536
#define BURST	   20
#define PAUSE_NS   100000
#define NR_CLOSE   3
#define NR_KILL	   62
#define TGID	   4242

FCD_ENGINE_NOTE("abi-1-0");

struct fcd_engine {
	struct fcd_ring_writer writer;
	uint64_t map_bytes, last_ns;
	pthread_t thread;
	int wake_fd;
	int is_started, is_running, is_stopping;
	int wants_kill, wants_close;
};

static int fail(struct fcd_err *err, int code, const char *text)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	err->hint[0] = '\0';
	return code;
}

/* ---- events ---- */

static void write_event(struct fcd_engine *e, uint16_t type, const void *params, uint16_t bytes)
{
	uint32_t size = sizeof(struct fcd_envelope) + bytes;
	struct fcd_envelope *to = fcd_ring_space(&e->writer, size + FCD_EVENT_HEADER);
	struct fcd_event event = { .ts_ns = ++e->last_ns,
				   .tid = TGID,
				   .bytes = FCD_EVENT_HEADER + bytes,
				   .type = type,
				   .nparams = type == 129 ? 3 : 2 };

	if (!to)
		return;
	*to = (struct fcd_envelope){ .bytes = size + FCD_EVENT_HEADER,
				     .kind = FCD_EVENT,
				     .tgid = TGID };
	memcpy(to + 1, &event, sizeof(event));
	memcpy((char *)(to + 1) + sizeof(event), params, bytes);
	fcd_ring_publish(&e->writer, size + FCD_EVENT_HEADER);
}

static void write_kill(struct fcd_engine *e)
{
	const struct {
		uint16_t lens[3];
		int64_t res, pid;
		uint8_t sig;
	} __attribute__((packed)) params = { { 8, 8, 1 }, 0, TGID, 15 };

	write_event(e, 129, &params, sizeof(params));
}

static void write_close(struct fcd_engine *e)
{
	const struct {
		uint16_t lens[2];
		int64_t res, fd;
	} __attribute__((packed)) params = { { 8, 8 }, 0, 3 };

	write_event(e, 5, &params, sizeof(params));
}

static void burst(struct fcd_engine *e)
{
	struct timespec now;
	uint64_t now_ns;
	int i;

	fcd_ring_enter(&e->writer);
	clock_gettime(CLOCK_BOOTTIME, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - BURST;
	if (now_ns > e->last_ns)
		e->last_ns = now_ns;
	for (i = 0; i < BURST; i++) {
		if (e->wants_kill && (i % 2 || !e->wants_close))
			write_kill(e);
		else
			write_close(e);
	}
	if (fcd_ring_leave(&e->writer))
		eventfd_write(e->wake_fd, 1);
}

static void *produce(void *arg)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct fcd_engine *e = arg;

	while (!FCD_LOAD(&e->is_stopping)) {
		burst(e);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static int run(struct fcd_engine *e, struct fcd_err *err)
{
	if (!e->wants_kill && !e->wants_close)
		return 0;
	e->is_stopping = 0;
	if (pthread_create(&e->thread, NULL, produce, e))
		return fail(err, -EAGAIN, "no thread");
	e->is_running = 1;
	return 0;
}

static void halt(struct fcd_engine *e)
{
	FCD_STORE(&e->is_stopping, 1);
	if (e->is_running)
		pthread_join(e->thread, NULL);
	e->is_running = 0;
}

/* ---- operations ---- */

static int old_probe(const struct fcd_host *host, const struct fcd_options *options,
		     struct fcd_err *err)
{
	(void)host, (void)options, (void)err;
	return 0;
}

static void old_close(struct fcd_engine *e)
{
	if (!e)
		return;
	halt(e);
	munmap(e->writer.block, e->map_bytes);
	close(e->wake_fd);
	free(e);
}

static int old_open(const struct fcd_host *host, const struct fcd_options *options,
		    struct fcd_engine **out, struct fcd_err *err)
{
	const uint64_t bytes = RING_BYTES;
	struct fcd_engine *e = calloc(1, sizeof(*e));
	void *map;

	(void)options;
	if (!e)
		return fail(err, -ENOMEM, "no memory");
	e->map_bytes = fcd_block_init(NULL, 0, 0, &bytes, 1);
	map = mmap(NULL, e->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (map == MAP_FAILED || e->wake_fd < 0) {
		free(e);
		return fail(err, -ENOMEM, "no memory for a ring");
	}
	fcd_block_init(map, 0, 0, &bytes, 1);
	e->writer.block = map;
	host->log(host->ctx, FCD_LOG_INFO, "an engine of ABI 1.0");
	*out = e;
	return 0;
}

static int old_start(struct fcd_engine *e, struct fcd_err *err)
{
	if (e->is_started)
		return fail(err, -EINVAL, "it is started");
	e->is_started = 1;
	return run(e, err);
}

static int old_configure(struct fcd_engine *e, const struct fcd_interest *i, struct fcd_err *err)
{
	if (i->size < sizeof(*i) || i->tracepoints & ~(uint64_t)FCD_TP_PROCEXIT)
		return fail(err, -EINVAL, "an interest that is not known");
	halt(e);
	e->wants_kill = i->syscalls[NR_KILL / 64] >> NR_KILL % 64 & 1;
	e->wants_close = i->syscalls[NR_CLOSE / 64] >> NR_CLOSE % 64 & 1;
	return e->is_started ? run(e, err) : 0;
}

static int old_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride, uint32_t max)
{
	struct fcd_block *b = e->writer.block;
	const struct fcd_ring_desc desc = { .size = sizeof(desc),
					    .block = b,
					    .consumer = b,
					    .data = (const uint8_t *)b + b->place[0].offset,
					    .bytes = RING_BYTES };

	if (max)
		memcpy(out, &desc, stride < sizeof(desc) ? stride : sizeof(desc));
	return 1;
}

static int old_poll_fd(struct fcd_engine *e)
{
	return e->wake_fd;
}

static void old_woken(struct fcd_engine *e)
{
	eventfd_t times;

	eventfd_read(e->wake_fd, &times);
}

static int old_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	const struct fcd_engine_stats s = { .size = out->size, .attached = e->is_running };

	memcpy(out, &s, out->size < sizeof(s) ? out->size : sizeof(s));
	return 0;
}

static int old_stop(struct fcd_engine *e, struct fcd_err *err)
{
	(void)err;
	halt(e);
	e->is_started = 0;
	return 0;
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "abi-1-0",
	.probe = old_probe,
	.open = old_open,
	.start = old_start,
	.configure = old_configure,
	.rings = old_rings,
	.poll_fd = old_poll_fd,
	.woken = old_woken,
	.stats = old_stats,
	.stop = old_stop,
	.close = old_close,
};

FCD_EXPORT fcd_engine_fn fcd_engine;

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	return abi >> 16 == FCD_ABI_MAJOR ? &ops : NULL;
}
