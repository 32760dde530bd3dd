// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "abi/ring_io.h"
#include "core/clock.h"
#include "core/snapshot/snapshot.h"
#include "daemon/iterators.h"
#include "daemon/server.h"
#include "daemon/snapshot.h"

enum phase {
	OPENING, /* the capture thread asks the engine; until report.asked is c->number */
	WALKING,
	ENDING, /* until report.asked is c->number, for the number of its last event */
};

struct fcd_snapshot_job {
	uv_work_t work;
	struct fcd_conn *conn;
	enum phase phase;
	struct fcd_iterators iterators;
	struct fcd_snapshot *snapshot;
	bool is_running; /* the worker has snapshot, piece and has_more */
	bool has_more;
	struct fcd_text piece;
};

static bool wants(const struct fcd_conn *c, unsigned int kinds)
{
	return c->request.kinds & kinds;
}

void fcd_snapshot_job_begin(struct fcd_conn *c)
{
	struct fcd_snapshot_job *job = calloc(1, sizeof(*job));

	if (!job) {
		fcd_conn_refuse_internal(c, -ENOMEM);
		return;
	}
	job->conn = c;
	job->work.data = job;
	fcd_iterators_init(&job->iterators);
	job->iterators.wanted[FCD_SNAPSHOT_TASKS] =
		wants(c, 1u << FCD_SNAP_PROCESSES | 1u << FCD_SNAP_THREADS);
	job->iterators.wanted[FCD_SNAPSHOT_FILES] = wants(c, 1u << FCD_SNAP_FDS);
	c->job = job;
	c->state = FCD_CONN_SNAPSHOT;
	c->number = fcd_capture_ask(c->server->capture, &job->iterators);
}

/* ---- the worker ---- */

static void look(uv_work_t *work)
{
	struct fcd_snapshot_job *job = work->data;

	job->has_more = fcd_snapshot_more(job->snapshot, &job->piece);
}

static void finish(struct fcd_conn *c, const struct fcd_capture_report *r)
{
	struct fcd_text *t = &c->out;

	/* What is in flight gets the next numbers; what happens from now on comes behind it. */
	fcd_text_str(t, "{\"type\":\"end\",\"seq\":");
	fcd_text_u64(t, r->pump.published + r->pump.in_flight);
	fcd_snapshot_sums(c->job->snapshot, t);
	fcd_text_str(t, "}\n");
	fcd_snapshot_job_end(c);
	c->state = c->server->is_stopping ? FCD_CONN_LAST : FCD_CONN_REQUESTS;
	fcd_conn_flush(c);
}

/* Back on the loop, with a piece. */
static void looked(uv_work_t *work, int status)
{
	struct fcd_snapshot_job *job = work->data;
	struct fcd_conn *c = job->conn;
	struct fcd_text empty = c->out;

	(void)status; /* it is never cancelled */
	job->is_running = false;
	if (c->state == FCD_CONN_GONE) {
		fcd_server_reap(c->server);
		return;
	}
	c->out = job->piece;
	job->piece = empty;
	if (!job->has_more) {
		job->phase = ENDING;
		c->number = fcd_capture_ask(c->server->capture, NULL);
	}
	if (!fcd_conn_flush(c))
		return;
	if (job->phase == ENDING && c->server->report.ended)
		finish(c, &c->server->report);
	fcd_conn_turn(c);
}

void fcd_snapshot_job_run(struct fcd_conn *c)
{
	struct fcd_snapshot_job *job = c->job;

	if (job->phase != WALKING || job->is_running || c->out.len)
		return;
	job->is_running = true;
	uv_queue_work(&c->server->loop, &job->work, look, looked);
}

/* ---- its begin and its end ---- */

static void add_heading(struct fcd_conn *c)
{
	const struct fcd_cast_header *h = fcd_cast_header(fcd_capture_cast(c->server->capture));
	bool by_engine = fcd_snapshot_is_engine(c->job->snapshot);
	struct fcd_text *t = &c->out;
	struct timespec now;
	uint64_t boot_ns = fcd_clock_boot_ns();

	clock_gettime(CLOCK_REALTIME, &now);
	fcd_text_str(t, "{\"ok\":true,\"seq\":");
	fcd_text_u64(t, FCD_LOAD(&h->seq));
	fcd_text_str(t, ",\"source\":\"");
	fcd_text_str(t, by_engine ? c->server->engine->name : "/proc");
	fcd_text_str(t, "\",\"booted\":\"");
	fcd_text_time(t, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - boot_ns);
	fcd_text_str(t, "\"}\n");
}

static void start(struct fcd_conn *c)
{
	struct fcd_snapshot_job *job = c->job;
	int *fd = job->iterators.fd;
	int err = fcd_snapshot_new(&job->snapshot, c->request.kinds, fd[FCD_SNAPSHOT_TASKS],
				   fd[FCD_SNAPSHOT_FILES]);

	fcd_iterators_init(&job->iterators); /* they are the snapshot's now */
	if (err) {
		fcd_conn_refuse_internal(c, err);
		return;
	}
	job->phase = WALKING;
	add_heading(c);
	if (fcd_conn_flush(c))
		fcd_snapshot_job_run(c);
}

void fcd_snapshot_job_report(struct fcd_conn *c, const struct fcd_capture_report *r)
{
	if (c->job->phase == WALKING || (r->asked < c->number && !r->ended))
		return;
	if (c->job->phase == OPENING)
		start(c);
	else
		finish(c, r);
}

bool fcd_snapshot_job_is_free(const struct fcd_conn *c, const struct fcd_capture_report *r)
{
	const struct fcd_snapshot_job *job = c->job;

	if (!job)
		return true;
	return !job->is_running && (job->phase != OPENING || r->asked >= c->number || r->ended);
}

void fcd_snapshot_job_end(struct fcd_conn *c)
{
	struct fcd_snapshot_job *job = c->job;

	c->job = NULL;
	if (!job)
		return;
	fcd_iterators_close(&job->iterators);
	fcd_snapshot_free(job->snapshot);
	fcd_text_free(&job->piece);
	free(job);
}
