// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
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

/* The engine has been told. */
static void start(struct fcd_conn *c, uint64_t seq)
{
	bool is_stream = c->request.format != FCD_STREAM_SHM;
	int err = 0;

	if (is_stream)
		err = fcd_feed_new(&c->feed, fcd_cast_fd(fcd_capture_cast(c->server->capture)),
				   c->page, seq, &c->request.filter);
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
