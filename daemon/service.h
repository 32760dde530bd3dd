/* SPDX-License-Identifier: MIT */
/*
 * service.h - what systemd hears of the daemon: that it is ready, what it does, that it lives.
 * Without systemd nothing here does anything.
 */
#ifndef FCD_SERVICE_H
#define FCD_SERVICE_H

#include <uv.h>

struct fcd_server;

struct fcd_service {
	uv_timer_t tell;     /* the status has changed */
	uv_timer_t watchdog; /* ask for the next sign of life */
	uint64_t asked;	     /* the capture thread, and it has not answered; 0: not */
	char status[96];     /* that systemd has */
};

void fcd_service_init(struct fcd_server *s);
/* Clients can connect. */
void fcd_service_ready(struct fcd_server *s);
/*
 * s->report is new. A sign of life goes to systemd only if the capture thread answered, and the
 * canary is not dead: who hangs or sees nothing is started again.
 */
void fcd_service_report(struct fcd_server *s);
/* Before the config is read again; fcd_service_reloaded() after it. */
void fcd_service_reloading(void);
void fcd_service_reloaded(void);
void fcd_service_stopping(void);

#endif
