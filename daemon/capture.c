// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "core/err.h"
#include "core/filter.h"
#include "core/procfs.h"
#include "core/slots.h"
#include "daemon/capture.h"
#include "daemon/log.h"

#define PASS_EVENTS 4096
#define NAP_MS	    2
#define NAP_EVENTS  4 /* a nap that brings fewer is not worth the next */
#define STATS_NS    1000000000ULL

struct want {
	uint64_t number;
	struct fcd_interest interest;
	struct fcd_sink *sinks;
	uint32_t count;
};

struct fcd_capture {
	struct fcd_capture_setup setup;
	struct fcd_cast *cast;
	struct fcd_pump *pump;
	struct fcd_clock clock;
	int mailbox;   /* eventfd: has_mail was set */
	bool has_mail; /* atomic */
	pthread_t thread;

	pthread_mutex_t lock; /* of what follows, up to report */
	pthread_cond_t started;
	struct want next; /* sinks NULL and count 0 once it was taken over */
	uint64_t wants, asks;
	struct fcd_iterators *iterators; /* that are asked for */
	bool stop, is_started;
	int start_err;
	struct fcd_err err;
	struct fcd_capture_report report;

	/* [capture thread] */
	struct want now;
	struct fcd_engine_stats engine_stats;
	uint64_t stats_due_ns;
	struct fcd_canary canary;
	uint64_t woken_at; /* sinks know of what was published before it */
	struct fcd_slots slots;
	int ending; /* rings that have ended and are not read to their end */
};

/* ---- what the thread does ---- */

static const struct fcd_cast_header *header(const struct fcd_capture *c)
{
	return fcd_cast_header(c->cast);
}

/* Wake who sleeps, if there is more than when we last looked. */
static void wake_sinks(struct fcd_capture *c)
{
	uint64_t published = FCD_LOAD(&header(c)->published);
	bool notify = false;

	if (published == c->woken_at)
		return;
	c->woken_at = published;
	/* Either we see asleep, or the sleeper sees what was published. */
	fcd_fence();
	for (uint32_t i = 0; i < c->now.count; i++) {
		const struct fcd_sink *s = &c->now.sinks[i];

		if (!FCD_LOAD(&s->page->asleep) ||
		    !__atomic_exchange_n(&s->page->asleep, 0, __ATOMIC_RELAXED))
			continue;
		if (s->fd < 0)
			notify = true;
		else /* if there is no room for it, bytes are waiting there already */
			(void)!send(s->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (notify)
		c->setup.notify(c->setup.ctx);
}

/* Rings that came, and rings that ended. */
static int look_at_rings(struct fcd_capture *c)
{
	int ret = fcd_slots_sync(&c->slots, c->setup.ops, c->setup.engine, c->pump);

	c->ending = ret > 0 ? ret : 0;
	if (ret < 0)
		fcd_log(FCD_LOG_WARNING, "a ring of the engine is not read: %s", strerror(-ret));
	return ret < 0 ? ret : 0;
}

/* In a pid namespace events name us by a number that we cannot know. */
static bool has_canary(const struct fcd_capture *c)
{
	return c->engine_stats.flags & FCD_STATS_SEES_HOST && fcd_procfs_is_global();
}

static void look_at_engine(struct fcd_capture *c)
{
	struct fcd_engine_stats stats = { .size = sizeof(stats) };
	int err;

	c->setup.ops->woken(c->setup.engine);
	look_at_rings(c);
	err = c->setup.ops->stats(c->setup.engine, &stats);
	if (err)
		fcd_log(FCD_LOG_WARNING, "the engine gives no numbers: %s", strerror(-err));
	else
		c->engine_stats = stats;
	fcd_pump_lost(c->pump, FCD_LOSS_NO_RING, c->engine_stats.no_ring);
	fcd_pump_lost(c->pump, FCD_LOSS_MISSED, c->engine_stats.missed);
	fcd_canary_step(&c->canary, c->pump,
			!fcd_interest_is_empty(&c->now.interest) && has_canary(c),
			fcd_clock_boot_ns());
	c->stats_due_ns = fcd_clock_boot_ns() + STATS_NS;
}

static void clock_was_set(struct fcd_capture *c)
{
	int64_t shift = fcd_clock_update(&c->clock);

	if (!shift)
		return;
	fcd_cast_mark(c->cast, fcd_clock_boot_ns() + c->clock.epoch_ns, shift);
	fcd_cast_publish(c->cast);
}

/* New sinks first: a process that is in both is left out all the time. */
static void adopt_sinks(struct fcd_capture *c, const struct want *w)
{
	struct fcd_sink *old = c->now.sinks;
	uint32_t old_count = c->now.count;

	for (uint32_t i = 0; i < w->count; i++)
		if (w->sinks[i].tgid && fcd_pump_exclude(c->pump, w->sinks[i].tgid)) {
			fcd_log(FCD_LOG_WARNING, "out of memory: process %u sees itself",
				w->sinks[i].tgid);
			w->sinks[i].tgid = 0;
		}
	for (uint32_t i = 0; i < old_count; i++)
		if (old[i].tgid)
			fcd_pump_include(c->pump, old[i].tgid);
	c->now.sinks = w->sinks;
	c->now.count = w->count;
	free(old);
}

static int adopt_interest(struct fcd_capture *c, const struct want *w, struct fcd_err *err)
{
	struct fcd_interest interest = w->interest;
	int ret;

	if (!memcmp(&c->now.interest, &w->interest, sizeof(w->interest)))
		return 0;
	if (has_canary(c))
		fcd_canary_want(&interest);
	if (c->setup.abi_minor < 1) /* it refuses what is younger */
		interest.tracepoints &= FCD_TP_PROCEXIT;
	ret = c->setup.ops->configure(c->setup.engine, &interest, err);
	if (!ret)
		c->now.interest = w->interest;
	else if (!err->text[0])
		fcd_err_set(err, ret, NULL, "%s", strerror(-ret));
	return ret;
}

static void report_want(struct fcd_capture *c, uint64_t number, int ret, const struct fcd_err *err)
{
	struct fcd_capture_report *r = &c->report;

	r->seen = number;
	if (!ret) {
		r->applied = number;
		r->seq = FCD_LOAD(&header(c)->seq);
	} else {
		r->failed = number;
		r->err = *err;
	}
}

static void report_stats(struct fcd_capture *c, uint64_t asked)
{
	c->report.asked = asked;
	c->report.engine = c->engine_stats;
	c->report.interest = c->now.interest;
	c->report.canary = c->canary.state;
	fcd_pump_stats(c->pump, &c->report.pump);
}

/* Take over what is wanted and report. False: we are to stop. */
static bool take_mail(struct fcd_capture *c)
{
	struct fcd_err err = { 0 };
	struct fcd_iterators *iterators;
	struct want w;
	uint64_t asked, n;
	bool stop;
	int ret = 0;

	pthread_mutex_lock(&c->lock);
	(void)!read(c->mailbox, &n, sizeof(n));
	__atomic_store_n(&c->has_mail, false, __ATOMIC_RELAXED);
	w = c->next;
	c->next.sinks = NULL;
	c->next.count = 0;
	iterators = c->iterators;
	c->iterators = NULL;
	asked = c->asks;
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);

	if (w.number != c->now.number) {
		c->now.number = w.number;
		adopt_sinks(c, &w);
		ret = adopt_interest(c, &w, &err);
	}
	look_at_engine(c);
	fcd_iterators_open(iterators, c->setup.ops, c->setup.engine);

	pthread_mutex_lock(&c->lock);
	if (w.number != c->report.seen)
		report_want(c, w.number, ret, &err);
	report_stats(c, asked);
	pthread_mutex_unlock(&c->lock);
	c->setup.notify(c->setup.ctx);
	return !stop;
}

/* Milliseconds until the engine's numbers are due; while it is not attached they do not change. */
static int until_stats(const struct fcd_capture *c)
{
	uint64_t now = fcd_clock_boot_ns();

	if (fcd_interest_is_empty(&c->now.interest))
		return -1;
	return c->stats_due_ns <= now ? 0 : (int)((c->stats_due_ns - now) / 1000000) + 1;
}

/*
 * Nothing is ready. While naps bring events it is cheaper to look again after one than
 * to be woken; else the producers are asked to wake us.
 */
static void wait_for_more(struct fcd_capture *c, uint64_t brought)
{
	bool nap = brought >= NAP_EVENTS;
	struct pollfd fds[] = {
		{ .fd = c->mailbox, .events = POLLIN },
		{ .fd = c->clock.fd, .events = POLLIN },
		{ .fd = c->setup.ops->poll_fd(c->setup.engine), .events = POLLIN },
	};

	if (nap || fcd_pump_sleep(c->pump))
		poll(fds, 3, nap ? NAP_MS : until_stats(c));
	if (!nap)
		fcd_pump_awake(c->pump);
	if (fds[1].revents)
		clock_was_set(c);
	if (fds[2].revents) {
		c->setup.ops->woken(c->setup.engine);
		look_at_rings(c);
	}
}

static void capture_events(struct fcd_capture *c)
{
	uint64_t brought = 0;
	struct fcd_pump_pass pass;

	while (!__atomic_load_n(&c->has_mail, __ATOMIC_RELAXED)) {
		fcd_pump_run(c->pump, PASS_EVENTS, &pass);
		wake_sinks(c);
		brought += pass.taken;
		if (c->ending)
			look_at_rings(c);
		if (until_stats(c) == 0) {
			look_at_engine(c);
			clock_was_set(c);
		} else if (pass.taken < PASS_EVENTS) {
			/* The youngest events of a stream always wait: no reason to spin. */
			wait_for_more(c, pass.more ? NAP_EVENTS : brought);
			brought = 0;
		}
	}
}

static int start(struct fcd_capture *c)
{
	int ret = fcd_pump_exclude(c->pump, (uint32_t)getpid());

	if (!ret)
		ret = c->setup.ops->start(c->setup.engine, &c->err);
	if (!ret)
		ret = look_at_rings(c);
	if (!ret)
		look_at_engine(c);
	if (ret && !c->err.text[0])
		fcd_err_set(&c->err, ret, NULL, "%s", strerror(-ret));
	pthread_mutex_lock(&c->lock);
	c->start_err = ret;
	c->is_started = true;
	pthread_cond_signal(&c->started);
	pthread_mutex_unlock(&c->lock);
	return ret;
}

/* The ledger's last line: what a supervisor's log keeps of it. */
static void say_ledger(const struct fcd_pump_stats *p)
{
	fcd_log(FCD_LOG_INFO, "%llu events: %llu published, %llu excluded, %llu lost",
		(unsigned long long)p->produced, (unsigned long long)p->published,
		(unsigned long long)p->excluded, (unsigned long long)fcd_pump_stats_lost(p));
}

static void finish(struct fcd_capture *c)
{
	struct fcd_err err = { 0 };
	int ret = c->setup.ops->stop(c->setup.engine, &err);

	if (ret)
		fcd_log(FCD_LOG_ERROR, "the engine did not stop: %s",
			err.text[0] ? err.text : strerror(-ret));
	look_at_engine(c);
	fcd_pump_drain(c->pump);
	fcd_cast_close(c->cast);
	wake_sinks(c);
	pthread_mutex_lock(&c->lock);
	report_stats(c, c->asks);
	c->report.ended = true;
	pthread_mutex_unlock(&c->lock);
	say_ledger(&c->report.pump);
	c->setup.notify(c->setup.ctx);
}

static void *run(void *arg)
{
	struct fcd_capture *c = arg;

	pthread_setname_np(pthread_self(), "capture");
	if (start(c))
		return NULL;
	while (take_mail(c))
		capture_events(c);
	finish(c);
	return NULL;
}

/* ---- what the others see of it ---- */

static int start_thread(struct fcd_capture *c, struct fcd_err *err)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = -pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret)
		return fcd_err_set(err, ret, NULL, "no thread: %s", strerror(-ret));
	pthread_mutex_lock(&c->lock);
	while (!c->is_started)
		pthread_cond_wait(&c->started, &c->lock);
	pthread_mutex_unlock(&c->lock);
	if (!c->start_err)
		return 0;
	pthread_join(c->thread, NULL);
	*err = c->err;
	return c->start_err;
}

static void release(struct fcd_capture *c)
{
	fcd_slots_fini(&c->slots);
	fcd_pump_free(c->pump);
	fcd_cast_free(c->cast);
	fcd_clock_fini(&c->clock);
	close(c->mailbox);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->started);
	free(c->next.sinks);
	free(c->now.sinks);
	free(c);
}

int fcd_capture_new(struct fcd_capture **out, const struct fcd_capture_setup *setup,
		    struct fcd_err *err)
{
	struct fcd_capture *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	c->setup = *setup;
	c->clock.fd = -1;
	c->now.interest.size = sizeof(c->now.interest);
	c->next.interest = c->now.interest;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->started, NULL);
	c->mailbox = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = c->mailbox < 0 ? -errno : fcd_clock_init(&c->clock);
	if (!ret)
		ret = fcd_cast_new(&c->cast, setup->broadcast_bytes, setup->priority_bytes);
	if (!ret)
		ret = fcd_pump_new(&c->pump, c->cast, &c->clock, setup->hold_ms * 1000000);
	if (ret)
		fcd_err_set(
			err, ret,
			"broadcast_bytes and priority_bytes may be more than there is memory for",
			"the broadcast ring: %s", strerror(-ret));
	else
		ret = start_thread(c, err);
	if (ret) {
		release(c);
		return ret;
	}
	*out = c;
	return 0;
}

void fcd_capture_free(struct fcd_capture *c)
{
	if (!c)
		return;
	pthread_join(c->thread, NULL);
	release(c);
}

struct fcd_cast *fcd_capture_cast(struct fcd_capture *c)
{
	return c->cast;
}

/* With the lock held: something in the mailbox changed. */
static void ring_bell(struct fcd_capture *c)
{
	__atomic_store_n(&c->has_mail, true, __ATOMIC_RELAXED);
	(void)!write(c->mailbox, &(uint64_t){ 1 }, sizeof(uint64_t));
}

int fcd_capture_want(struct fcd_capture *c, const struct fcd_interest *interest,
		     const struct fcd_sink *sinks, uint32_t count, uint64_t *number)
{
	struct fcd_sink *copy = calloc(count + 1, sizeof(*copy)), *unseen;

	if (!copy)
		return -ENOMEM;
	if (count)
		memcpy(copy, sinks, count * sizeof(*copy));
	pthread_mutex_lock(&c->lock);
	unseen = c->next.sinks;
	c->next = (struct want){
		.number = ++c->wants, .interest = *interest, .sinks = copy, .count = count
	};
	*number = c->wants;
	ring_bell(c);
	pthread_mutex_unlock(&c->lock);
	free(unseen);
	return 0;
}

uint64_t fcd_capture_ask(struct fcd_capture *c, struct fcd_iterators *i)
{
	uint64_t number;

	pthread_mutex_lock(&c->lock);
	if (i) {
		i->next = c->iterators;
		c->iterators = i;
	}
	number = ++c->asks;
	ring_bell(c);
	pthread_mutex_unlock(&c->lock);
	return number;
}

void fcd_capture_stop(struct fcd_capture *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	ring_bell(c);
	pthread_mutex_unlock(&c->lock);
}

void fcd_capture_report(struct fcd_capture *c, struct fcd_capture_report *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->report;
	pthread_mutex_unlock(&c->lock);
}
