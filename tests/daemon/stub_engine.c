// SPDX-License-Identifier: MIT
/*
 * stub_engine.c - an engine to test its host with. One ring; each time that it is configured it
 * records one `close` of the host's process, one of process `tgid`, one of process 4242. It
 * fails where its options say. Built once for each way in which an engine's file can be wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "abi/engine.h"
#include "abi/ring_io.h"

#ifndef STUB_NAME
#define STUB_NAME "stub"
#endif
#ifndef STUB_OPS_NAME
#define STUB_OPS_NAME STUB_NAME
#endif
#ifndef STUB_MAJOR
#define STUB_MAJOR FCD_ABI_MAJOR
#endif
#ifndef STUB_MINOR
#define STUB_MINOR FCD_ABI_MINOR
#endif
#ifndef STUB_SCHEMA
#define STUB_SCHEMA FCD_SCHEMA_NUMBER
#endif
#ifndef STUB_OWNER
#define STUB_OWNER FCD_NOTE_OWNER
#endif
#ifndef STUB_OPS_SIZE
#define STUB_OPS_SIZE sizeof(struct fcd_engine_ops)
#endif
#ifndef STUB_ABI
#define STUB_ABI (FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR)
#endif

__attribute__((section(FCD_NOTE_SECTION), used,
	       aligned(4))) static const struct fcd_note_section note = {
	sizeof(FCD_NOTE_OWNER),
	sizeof(struct fcd_note),
	FCD_NOTE_TYPE,
	STUB_OWNER,
	{ STUB_MAJOR, STUB_MINOR, STUB_SCHEMA, STUB_NAME, "7.7" }
};

/* So that a test sees whether a line of this file ran: in its own process, in a daemon. */
__attribute__((constructor)) static void say_that_it_ran(void)
{
	const char *file = getenv("STUB_ENGINE_MARK");

	setenv("STUB_ENGINE_RAN", "1", 1);
	if (file)
		close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

enum { OPTION_FAIL, OPTION_TGID, OPTION_LOUD, OPTIONS };

static const struct fcd_option_info options[OPTIONS] = {
	{ .size = sizeof(options[0]),
	  .type = FCD_OPTION_TEXT,
	  .name = "fail",
	  .fallback = "",
	  .help = "which operation fails" },
	{ .size = sizeof(options[0]),
	  .type = FCD_OPTION_NUMBER,
	  .name = "tgid",
	  .fallback = "77",
	  .help = "process of an event",
	  .min = 1,
	  .max = 1 << 30 },
	{ .size = sizeof(options[0]),
	  .type = FCD_OPTION_BOOL,
	  .name = "loud",
	  .fallback = "false",
	  .help = "log each operation" },
};

#define RING_BYTES 4096
#define MAP_BYTES  (FCD_BLOCK_HEAD + RING_BYTES + FCD_RING_SLACK)

struct fcd_engine {
	const struct fcd_host *host;
	char fail[16];
	uint32_t tgid;
	int wake_fd;
	int is_attached;
	struct fcd_ring_writer ring;
};

static int fail_at(const char *fail, const char *where, struct fcd_err *err)
{
	if (strcmp(fail, where))
		return 0;
	snprintf(err->text, sizeof(err->text), "the stub cannot %s", where);
	snprintf(err->hint, sizeof(err->hint), "set engines." STUB_NAME ".fail to \"\"");
	return -ENODEV;
}

static const struct fcd_option_info *stub_options(uint32_t *count, uint32_t *stride)
{
	*count = OPTIONS;
	*stride = sizeof(options[0]);
	return options;
}

static int stub_probe(const struct fcd_host *host, const struct fcd_options *o, struct fcd_err *err)
{
	if (fcd_options_at(o, OPTION_LOUD)->number) {
		host->log(host->ctx, FCD_LOG_WARNING, "probing\nfalco-capture: error: forged");
		host->log(host->ctx, FCD_LOG_WARNING, host->socket);
	}
	return fail_at(fcd_options_at(o, OPTION_FAIL)->text, "probe", err);
}

static int stub_open(const struct fcd_host *host, const struct fcd_options *o,
		     struct fcd_engine **out, struct fcd_err *err)
{
	const uint64_t bytes = RING_BYTES;
	struct fcd_engine *e;
	int ret = fail_at(fcd_options_at(o, OPTION_FAIL)->text, "open", err);

	if (ret)
		return ret;
	e = calloc(1, sizeof(*e));
	e->host = host;
	e->tgid = (uint32_t)fcd_options_at(o, OPTION_TGID)->number;
	snprintf(e->fail, sizeof(e->fail), "%s", fcd_options_at(o, OPTION_FAIL)->text);
	e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e->ring.block =
		mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fcd_block_init(e->ring.block, 0, 0, &bytes, 1);
	*out = e;
	return 0;
}

static int stub_start(struct fcd_engine *e, struct fcd_err *err)
{
	return fail_at(e->fail, "start", err);
}

static void record_close(struct fcd_engine *e, uint32_t tgid)
{
	struct {
		struct fcd_envelope e;
		struct fcd_event event;
		uint16_t lens[2];
		int64_t res, fd;
	} __attribute__((packed)) record = {
		.e = { .bytes = sizeof(record), .kind = FCD_EVENT, .tgid = tgid },
		.event = { .tid = tgid,
			   .bytes = sizeof(record) - sizeof(record.e),
			   .type = 5,
			   .nparams = 2 },
		.lens = { 8, 8 },
		.fd = 3,
	};
	struct fcd_envelope *to = fcd_ring_begin(&e->ring, sizeof(record));
	struct timespec now;

	if (!to)
		return;
	clock_gettime(CLOCK_BOOTTIME, &now);
	record.event.ts_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	memcpy(to, &record, sizeof(record));
	if (fcd_ring_commit(&e->ring, sizeof(record)))
		eventfd_write(e->wake_fd, 1);
}

static int stub_configure(struct fcd_engine *e, const struct fcd_interest *interest,
			  struct fcd_err *err)
{
	int ret = fail_at(e->fail, "configure", err);

	if (ret)
		return ret;
	e->is_attached = (interest->syscalls[0] & 1 << 3) != 0;
	if (e->is_attached) {
		record_close(e, (uint32_t)getpid());
		record_close(e, e->tgid);
		record_close(e, 4242);
	}
	return 0;
}

static int stub_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride,
		      uint32_t max)
{
	(void)stride;
	if (max)
		*out = (struct fcd_ring_desc){
			.size = sizeof(*out),
			.block = e->ring.block,
			.consumer = e->ring.block,
			.data = (const uint8_t *)e->ring.block + e->ring.block->place[0].offset,
			.bytes = RING_BYTES,
		};
	return 1;
}

static int stub_poll_fd(struct fcd_engine *e)
{
	return e->wake_fd;
}

static void stub_woken(struct fcd_engine *e)
{
	eventfd_t times;

	eventfd_read(e->wake_fd, &times);
}

static int stub_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	if (e->is_attached && !strcmp(e->fail, "return")) /* what called it hangs */
		pause();
	out->attached = (uint32_t)e->is_attached;
	return 0;
}

static int stub_stop(struct fcd_engine *e, struct fcd_err *err)
{
	e->is_attached = 0;
	return fail_at(e->fail, "stop", err);
}

static void stub_close(struct fcd_engine *e)
{
	if (!e)
		return;
	munmap(e->ring.block, MAP_BYTES);
	close(e->wake_fd);
	free(e);
}

static const struct fcd_engine_ops ops = {
	.size = STUB_OPS_SIZE,
	.name = STUB_OPS_NAME,
	.options = stub_options,
	.probe = stub_probe,
	.open = stub_open,
	.start = stub_start,
	.configure = stub_configure,
	.rings = stub_rings,
	.poll_fd = stub_poll_fd,
	.woken = stub_woken,
	.stats = stub_stats,
#ifndef STUB_NO_STOP
	.stop = stub_stop,
#endif
	.close = stub_close,
#ifdef STUB_RETIRE
	.retire = STUB_RETIRE,
#endif
};

#ifdef STUB_ENTRY
#define fcd_engine_entry STUB_ENTRY
#else
#define fcd_engine_entry fcd_engine
#endif
FCD_EXPORT fcd_engine_fn fcd_engine_entry;

#ifdef STUB_EXPORT
FCD_EXPORT extern int STUB_EXPORT;
int STUB_EXPORT = 1;
#endif

const struct fcd_engine_ops *fcd_engine_entry(uint32_t abi)
{
	(void)stub_stop;
	return abi == STUB_ABI ? &ops : NULL;
}
