// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "daemon/log.h"
#include "daemon/reply.h"
#include "daemon/server.h"
#include "daemon/subscription.h"

static int new_page(struct fcd_conn *c)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	void *page;

	if (c->request.format == FCD_STREAM_SHM) {
		c->page_fd = memfd_create("falco-capture-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (c->page_fd < 0 || ftruncate(c->page_fd, sizeof(*c->page)) ||
		    fcntl(c->page_fd, F_ADD_SEALS, seals))
			return -errno;
	}
	page = mmap(NULL, sizeof(*c->page), PROT_READ | PROT_WRITE,
		    c->page_fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, c->page_fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	c->page = page;
	return 0;
}

void fcd_subscription_begin(struct fcd_conn *c)
{
	int err = new_page(c);

	if (err) {
		fcd_conn_refuse_internal(c, err);
		return;
	}
	c->state = FCD_CONN_WANTED;
	c->is_sink = true;
	c->number = 0;
	fcd_server_changed(c->server);
}

/* ---- what a stream reads ---- */

static int open_feed(struct fcd_conn *c)
{
	int err = fcd_feed_new(&c->feed, fcd_cast_fd(fcd_capture_cast(c->server->capture)), c->page,
			       c->first, &c->request.filter, c->processes);

	if (err)
		c->processes = NULL; /* it was the feed's */
	return err;
}

/* [libuv's pool] The connection is not freed meanwhile. */
static void seed(uv_work_t *work)
{
	struct fcd_conn *c = work->data;

	fcd_proctable_seed(c->processes);
}

static void on_seeded(uv_work_t *work, int status)
{
	struct fcd_conn *c = work->data;
	int err;

	(void)status;
	c->is_seeding = false;
	if (c->state != FCD_CONN_STREAM) { /* it closed meanwhile */
		fcd_proctable_free(c->processes);
		fcd_server_reap(c->server);
		return;
	}
	err = open_feed(c);
	if (err) {
		fcd_log(FCD_LOG_WARNING, "client %d is cut off: %s", c->peer.pid, strerror(-err));
		fcd_conn_close(c);
		return;
	}
	fcd_conn_turn(c);
}

/*
 * Now that the engine has been told: whatever changes while /proc is read is an event, too.
 * The ring waits meanwhile.
 */
static int open_stream(struct fcd_conn *c)
{
	int err;

	if (!fcd_request_keeps_processes(&c->request))
		return open_feed(c);
	err = fcd_proctable_new(&c->processes);
	if (err)
		return err;
	c->seeding.data = c;
	err = uv_queue_work(&c->server->loop, &c->seeding, seed, on_seeded);
	if (err)
		fcd_proctable_free(c->processes);
	else
		c->is_seeding = true;
	return err;
}

/* The engine has been told. */
static void start(struct fcd_conn *c, uint64_t seq)
{
	bool is_stream = c->request.format != FCD_STREAM_SHM;
	int err;

	c->first = seq;
	err = is_stream ? open_stream(c) : 0;
	if (err) {
		fcd_conn_refuse_internal(c, err);
		return;
	}
	fcd_text_free(&c->in);
	fcd_reply_subscribed(&c->out, c->server, seq, c->request.format);
	c->state = is_stream ? FCD_CONN_STREAM : FCD_CONN_SHM;
	c->has_begun = true;
	fcd_log_client(FCD_LOG_INFO, "process %d of user %u subscribes, %s", c->peer.pid,
		       c->peer.uid, fcd_stream_name(c->request.format));
	fcd_conn_flush(c);
}

void fcd_subscription_report(struct fcd_conn *c, const struct fcd_capture_report *r)
{
	if (c->number && r->applied >= c->number)
		start(c, r->seq);
	else if (c->number && r->failed >= c->number)
		fcd_conn_refuse(c, "engine", &r->err);
	else if (r->ended)
		fcd_conn_refuse_stopping(c);
}

/* Its last books, which of a shared-memory reader are what it says. */
static void settle(struct fcd_conn *c)
{
	struct fcd_books b;

	fcd_books_read(c->page, &b);
	fcd_books_add(&c->server->gone, &b);
	fcd_log_client(
		FCD_LOG_INFO,
		"process %d of user %u is gone: of %llu events it was given %llu, its filter "
		"passed over %llu, it was too slow for %llu",
		c->peer.pid, c->peer.uid, (unsigned long long)(b.seq - FCD_LOAD(&c->page->first)),
		(unsigned long long)b.delivered, (unsigned long long)b.filtered,
		(unsigned long long)b.overrun);
}

void fcd_subscription_end(struct fcd_conn *c)
{
	/* Not begun, it is spared: a crowd that comes and goes would have /proc read for each. */
	if (c->is_seeding)
		uv_cancel((uv_req_t *)&c->seeding);
	if (c->has_begun)
		settle(c);
	c->number = 0;
	fcd_server_changed(c->server);
}

void fcd_subscription_free(struct fcd_conn *c)
{
	fcd_feed_free(c->feed);
	if (c->page)
		munmap(c->page, sizeof(*c->page));
	if (c->page_fd >= 0)
		close(c->page_fd);
}
