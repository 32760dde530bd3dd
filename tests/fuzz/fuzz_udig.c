/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a producer's greeting, then as its page and ring under the pump. It is
 * answered, what comes out is accounted for, and there is an end to it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/cast.h"
#include "core/cast_reader.h"
#include "core/pump.h"
#include "engines/udig/engine.h"
#include "fuzz.h"

#define RING_BYTES  4096u
#define RECORDS_MAX 100000

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The numbers at the input's beginning; greeting, page and ring follow in this order. */
struct input {
	uint16_t hello_bytes, page_bytes;
	uint32_t flags;
	uint64_t second_head;
};

enum { STOP = 1 };

struct bytes {
	const uint8_t *at;
	size_t left;
};

static const uint8_t *take(struct bytes *b, size_t *n)
{
	const uint8_t *at = b->at;

	if (*n > b->left)
		*n = b->left;
	b->at += *n;
	b->left -= *n;
	return at;
}

static void say(void *ctx, uint32_t level, const char *text)
{
	(void)ctx;
	must(level <= FCD_LOG_DEBUG && !strchr(text, '\n') && strlen(text) < 512);
}

static const struct fcd_host host = { .size = sizeof(host), .log = say };

/* ---- the producer's side ---- */

/* Memory that the engine sent, mapped, or NULL and the reason was sent. */
static struct fcd_block *take_answer(int fd)
{
	struct fcd_udig_welcome w;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec data = { &w, sizeof(w) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	void *map;
	int memory;

	must(recvmsg(fd, &message, MSG_DONTWAIT) == sizeof(w));
	must(w.size == sizeof(w) && memchr(w.text, 0, sizeof(w.text)));
	must(!w.status == !!message.msg_controllen && !w.status == !w.text[0]);
	if (w.status)
		return NULL;
	memcpy(&memory, CMSG_DATA(&control.head), sizeof(memory));
	map = mmap(NULL, w.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	must(map != MAP_FAILED);
	close(memory);
	return map;
}

/* Say it and be answered. On a refusal p is a free slot. */
static struct fcd_block *greet(struct udig_producer *p, struct udig_log *log, const void *hello,
			       size_t bytes)
{
	static const struct udig_wish wish;
	struct fcd_block *theirs = NULL;
	int fds[2];

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds));
	must(!udig_producer_init(p, fds[0]));
	must(send(fds[1], hello, bytes, 0) == (ssize_t)bytes);
	udig_producer_greet(p, log, RING_BYTES, &wish, NULL);
	if (p->block.at || bytes)
		theirs = take_answer(fds[1]);
	must(!theirs == !p->block.at && !theirs == (p->fd < 0));
	close(fds[1]);
	return theirs;
}

/* ---- the host's side ---- */

static uint64_t read_all(struct fcd_cast_reader *r)
{
	const struct fcd_envelope *e;
	uint64_t events = 0, n = 0;

	while ((e = fcd_cast_reader_next(r))) {
		must(e->bytes >= sizeof(*e) && e->bytes <= FCD_RECORD_MAX);
		events += e->kind == FCD_EVENT;
		must(++n < RECORDS_MAX);
	}
	return events;
}

static void pump_check(struct udig_producer *p, struct udig_log *log, struct fcd_block *theirs,
		       const struct input *in, struct fcd_pump *pump, struct fcd_cast_reader *r)
{
	struct fcd_ring_desc desc = { .size = sizeof(desc) };
	struct fcd_pump_stats stats;
	struct fcd_pump_pass pass;
	uint64_t seen = 0;
	int i;

	udig_block_describe(&p->block, &desc);
	must(desc.bytes == RING_BYTES && !fcd_pump_add(pump, &desc));
	fcd_pump_run(pump, 100, &pass);
	seen += read_all(r);
	theirs->prod[0].head = in->second_head;
	udig_producer_watch(p, log, udig_now_ns() + (in->second_head & 0xffffffffff));
	fcd_pump_run(pump, 100, &pass);
	seen += read_all(r);
	must(udig_producer_listen(p) == false);
	udig_producer_end(p, log, in->flags & STOP ? UDIG_STOP : UDIG_GONE);
	theirs->prod[0].head += 64;
	must(p->block.at->prod[0].head == in->second_head);
	must(!(in->flags & STOP) || !p->block.at->prod[0].busy);
	for (i = 0; !fcd_pump_end(pump, &desc); i++) {
		must(i < 2);
		fcd_pump_drain(pump);
		seen += read_all(r);
	}
	udig_block_close(&p->block);
	fcd_pump_drain(pump);
	seen += read_all(r);
	fcd_pump_stats(pump, &stats);
	must(seen == stats.published && !stats.rings && !stats.in_flight);
}

static void fuzz_ring(struct udig_producer *p, struct udig_log *log, struct fcd_block *theirs,
		      const struct input *in)
{
	static struct fcd_cast *cast;
	static struct fcd_sub_page page;
	struct fcd_clock clock = { .epoch_ns = 1 };
	struct fcd_cast_reader *r;
	struct fcd_pump *pump;

	if (!cast)
		must(!fcd_cast_new(&cast, 1 << 20, 1 << 18));
	must(!fcd_pump_new(&pump, cast, &clock, 1000));
	must(!fcd_cast_reader_new(&r, fcd_cast_fd(cast), &page, UINT64_MAX));
	pump_check(p, log, theirs, in, pump, r);
	fcd_cast_reader_free(r);
	fcd_pump_free(pump);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fcd_udig_hello right = { .size = sizeof(right),
						     .major = FCD_UDIG_MAJOR,
						     .schema = FCD_SCHEMA_NUMBER,
						     .name = "fuzz" };
	struct bytes rest = { data + sizeof(struct input), size - sizeof(struct input) };
	struct udig_log log = { .host = &host };
	struct udig_producer p;
	struct fcd_block *theirs;
	struct input in;
	const uint8_t *from;
	size_t n;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	n = in.hello_bytes;
	from = take(&rest, &n);
	theirs = greet(&p, &log, from, n);
	if (!theirs)
		theirs = greet(&p, &log, &right, sizeof(right));
	n = in.page_bytes < FCD_PAGE ? in.page_bytes : FCD_PAGE;
	from = take(&rest, &n);
	memcpy(theirs, from, n);
	n = RING_BYTES + FCD_RING_SLACK;
	from = take(&rest, &n);
	memcpy((char *)theirs + FCD_UDIG_PAGE_AT + FCD_PAGE, from, n);
	fuzz_ring(&p, &log, theirs, &in);
	munmap(theirs, FCD_UDIG_PAGE_AT + FCD_PAGE + RING_BYTES + FCD_RING_SLACK);
	return 0;
}
