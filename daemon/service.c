// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include "daemon/conn.h"
#include "daemon/server.h"
#include "daemon/service.h"

#define TELL_MS 100 /* clients that come and go fast are not systemd's business */

static const char *state(const struct fcd_capture_report *r)
{
	if (r->canary == FCD_CANARY_DEAD)
		return "attached, but no events come through it";
	return r->engine.attached ? "attached" : "not attached";
}

static void describe(const struct fcd_server *s, char *out, size_t cap)
{
	const struct fcd_conn *c;
	char count[16] = "no";
	unsigned int n = 0;

	for (c = s->conns; c; c = c->next)
		n += fcd_conn_is_subscriber(c);
	if (n)
		snprintf(count, sizeof(count), "%u", n);
	snprintf(out, cap, "%s: %s, %s subscriber%s", s->engine->name, state(&s->report), count,
		 n == 1 ? "" : "s");
}

static void on_tell(uv_timer_t *timer)
{
	struct fcd_server *s = timer->data;

	describe(s, s->service.status, sizeof(s->service.status));
	sd_notifyf(0, "STATUS=%s", s->service.status);
}

/* Both threads have to do their part: we ask, and the capture thread's answer comes to us. */
static void on_watchdog(uv_timer_t *timer)
{
	struct fcd_server *s = timer->data;

	if (!s->service.asked)
		s->service.asked = fcd_capture_ask(s->capture, NULL);
}

void fcd_service_init(struct fcd_server *s)
{
	s->service.tell.data = s->service.watchdog.data = s;
	uv_timer_init(&s->loop, &s->service.tell);
	uv_timer_init(&s->loop, &s->service.watchdog);
}

void fcd_service_ready(struct fcd_server *s)
{
	uint64_t watchdog_us;

	describe(s, s->service.status, sizeof(s->service.status));
	sd_notifyf(0, "READY=1\nSTATUS=%s", s->service.status);
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		uv_timer_start(&s->service.watchdog, on_watchdog, 0, watchdog_us / 1000 / 3 + 1);
}

void fcd_service_report(struct fcd_server *s)
{
	struct fcd_service *v = &s->service;
	char status[sizeof(v->status)];

	if (v->asked && s->report.asked >= v->asked) {
		v->asked = 0;
		if (s->report.canary != FCD_CANARY_DEAD)
			sd_notify(0, "WATCHDOG=1");
	}
	describe(s, status, sizeof(status));
	if (strcmp(status, v->status) && !uv_is_active((uv_handle_t *)&v->tell))
		uv_timer_start(&v->tell, on_tell, TELL_MS, 0);
}

void fcd_service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void fcd_service_reloaded(void)
{
	sd_notify(0, "READY=1");
}

void fcd_service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
