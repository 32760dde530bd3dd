// SPDX-License-Identifier: MIT
/*
 * Any bytes on a client's connection, served by the daemon's own loop and capture thread; only
 * the engine is none. The first byte says in pieces of how many bytes the others are sent, the
 * second whether the client closes its sending half, and whether it reads.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "daemon/conn.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "fuzz.h"

#define CLOSES_HALF 1
#define READS	    2

static struct fcd_config config;
static struct fcd_engine_choice engine = { .dir = "/nonexistent", .name = "none" };
static struct fcd_socket listener;
static struct fcd_server server;
static int wake_fd;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- an engine that brings nothing ---- */

static int start(struct fcd_engine *e, struct fcd_err *err)
{
	(void)e, (void)err;
	return 0;
}

static int configure(struct fcd_engine *e, const struct fcd_interest *i, struct fcd_err *err)
{
	(void)e, (void)i, (void)err;
	return 0;
}

static int rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride, uint32_t max)
{
	(void)e, (void)out, (void)stride, (void)max;
	return 0;
}

static int poll_fd(struct fcd_engine *e)
{
	(void)e;
	return wake_fd;
}

static void woken(struct fcd_engine *e)
{
	(void)e;
}

static int stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	(void)e, (void)out;
	return 0;
}

static const struct fcd_engine_ops ops = {
	.size = sizeof(ops),
	.name = "none",
	.start = start,
	.configure = configure,
	.rings = rings,
	.poll_fd = poll_fd,
	.woken = woken,
	.stats = stats,
	.stop = start,
};

/* Once: it serves until the process ends. */
static void begin(void)
{
	struct fcd_capture_setup setup = { .ops = &ops,
					   .broadcast_bytes = FCD_CAST_BYTES_MIN,
					   .priority_bytes = FCD_CAST_BYTES_MIN,
					   .notify = fcd_server_notify,
					   .ctx = &server };
	struct fcd_err err;

	fcd_log_level(FCD_LOG_ERROR);
	must(!fcd_config_init(&config));
	config.linger_ms = 0;
	wake_fd = eventfd(0, EFD_CLOEXEC);
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(!fcd_server_init(&server, &config, NULL, &engine, &listener, NULL));
	must(!fcd_capture_new(&server.capture, &setup, &err));
}

/* ---- a client ---- */

static void serve(int fd)
{
	struct fcd_conn *c;

	must(!fcd_conn_new(&server, fd, &c));
	c->next = server.conns;
	server.conns = c;
	server.conns_count++;
}

static void turn(int fd, uint8_t how)
{
	char answer[4096];

	uv_run(&server.loop, UV_RUN_NOWAIT);
	if (how & READS)
		while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
}

/* False: the daemon has hung up, or takes no more now. */
static bool send_piece(int fd, const uint8_t *data, size_t size)
{
	return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];

	if (size < 2)
		return 0;
	if (!server.capture)
		begin();
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	serve(fds[0]);
	for (size_t at = 2, n; at < size; at += n) {
		n = size - at > data[0] + 1u ? data[0] + 1u : size - at;
		if (!send_piece(fds[1], data + at, n))
			break;
		turn(fds[1], data[1]);
	}
	if (data[1] & CLOSES_HALF) {
		shutdown(fds[1], SHUT_WR);
		turn(fds[1], data[1]);
	}
	close(fds[1]);
	/* Whatever it was, it is freed, and nobody else was there. */
	while (server.conns)
		uv_run(&server.loop, UV_RUN_ONCE);
	must(!server.conns_count);
	return 0;
}
