/* SPDX-License-Identifier: MIT */
/* sockopt.c - options of sockets, each with the kind of value that it has; names of sockets. */
#include "expect.h"
#include "sockway.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS 72    /* of SOL_SOCKET, tried one by one */
#define VAL_CUT 60000 /* bytes that an event keeps */

enum kind { BYTES, NUMBER, WIDE, ERRNO, TIME, NEW_TIME };

static const struct option {
	const char *name;
	enum kind kind;
} option[OPTIONS] = {
#define OPTION(name, kind)  [SO_##name] = { "SO_" #name, kind }
#define RENAMED(name, kind) [SO_##name##_NEW] = { "SO_" #name, kind }
	OPTION(DEBUG, NUMBER),
	OPTION(REUSEADDR, NUMBER),
	OPTION(TYPE, NUMBER),
	OPTION(ERROR, ERRNO),
	OPTION(DONTROUTE, NUMBER),
	OPTION(BROADCAST, NUMBER),
	OPTION(SNDBUF, NUMBER),
	OPTION(RCVBUF, NUMBER),
	OPTION(KEEPALIVE, NUMBER),
	OPTION(OOBINLINE, NUMBER),
	OPTION(NO_CHECK, NUMBER),
	OPTION(PRIORITY, NUMBER),
	OPTION(LINGER, BYTES),
	OPTION(BSDCOMPAT, NUMBER),
	OPTION(REUSEPORT, NUMBER),
	OPTION(PASSCRED, NUMBER),
	OPTION(PEERCRED, BYTES),
	OPTION(RCVLOWAT, NUMBER),
	OPTION(SNDLOWAT, NUMBER),
	OPTION(RCVTIMEO, TIME),
	OPTION(SNDTIMEO, TIME),
	OPTION(SECURITY_AUTHENTICATION, NUMBER),
	OPTION(SECURITY_ENCRYPTION_TRANSPORT, NUMBER),
	OPTION(SECURITY_ENCRYPTION_NETWORK, NUMBER),
	OPTION(BINDTODEVICE, NUMBER),
	OPTION(ATTACH_FILTER, BYTES),
	OPTION(DETACH_FILTER, NUMBER),
	OPTION(PEERNAME, BYTES),
	OPTION(TIMESTAMP, NUMBER),
	OPTION(ACCEPTCONN, NUMBER),
	OPTION(PEERSEC, NUMBER),
	OPTION(SNDBUFFORCE, NUMBER),
	OPTION(RCVBUFFORCE, NUMBER),
	OPTION(PASSSEC, NUMBER),
	OPTION(TIMESTAMPNS, NUMBER),
	OPTION(MARK, NUMBER),
	OPTION(TIMESTAMPING, NUMBER),
	OPTION(PROTOCOL, NUMBER),
	OPTION(DOMAIN, NUMBER),
	OPTION(RXQ_OVFL, NUMBER),
	OPTION(WIFI_STATUS, NUMBER),
	OPTION(PEEK_OFF, NUMBER),
	OPTION(NOFCS, NUMBER),
	OPTION(LOCK_FILTER, NUMBER),
	OPTION(SELECT_ERR_QUEUE, NUMBER),
	OPTION(BUSY_POLL, NUMBER),
	OPTION(MAX_PACING_RATE, NUMBER),
	OPTION(BPF_EXTENSIONS, NUMBER),
	OPTION(INCOMING_CPU, NUMBER),
	OPTION(ATTACH_BPF, BYTES),
	OPTION(MEMINFO, BYTES),
	OPTION(COOKIE, WIDE),
	OPTION(PEERGROUPS, BYTES),
	RENAMED(RCVTIMEO, NEW_TIME),
	RENAMED(SNDTIMEO, NEW_TIME),
};

static enum sock_way way;
static char *edge, *low;

/* ---- what an event has of an option ---- */

static void expect_level(uint32_t level)
{
	expect_str("level", level == SOL_SOCKET	   ? "SOL_SOCKET"
			    : level == IPPROTO_TCP ? "SOL_TCP"
						   : "UNKNOWN");
}

static struct option option_of(uint32_t level, uint32_t nr)
{
	return level == SOL_SOCKET && nr < OPTIONS ? option[nr] : (struct option){ NULL, BYTES };
}

/* Two numbers of 8 bytes, or as a 32-bit program has them. */
static uint64_t time_ns(const void *at, int is_wide)
{
	int64_t wide[2];
	int32_t half[2];

	memcpy(wide, at, sizeof(wide));
	memcpy(half, at, sizeof(half));
	return is_wide ? wide[0] * 1000000000ull + wide[1] * 1000ull
		       : half[0] * 1000000000ull + half[1] * 1000ull;
}

static int32_t number_at(const void *at)
{
	int32_t v = 0;

	if (at)
		memcpy(&v, at, sizeof(v));
	return v;
}

/* at: the option's memory, NULL if it cannot be read. */
static void expect_val(enum kind kind, const void *at, uint32_t len)
{
	uint64_t wide = 0;

	switch (kind) {
	case BYTES:
		expect_bytes("val", at, at ? len : 0);
		break;
	case NUMBER:
		expect_u64("val", (uint32_t)number_at(at));
		break;
	case ERRNO:
		expect_int("val", -(int64_t)number_at(at));
		break;
	case WIDE:
		if (at)
			memcpy(&wide, at, sizeof(wide));
		expect_u64("val", wide);
		break;
	default:
		expect_u64("val", at ? time_ns(at, kind == NEW_TIME || way == WAY_64) : 0);
	}
}

/* The caller adds the value. */
static enum kind begin(const char *type, long res, int fd, uint32_t level, uint32_t nr)
{
	struct option o = option_of(level, nr);

	sock_event(type);
	expect_int("res", res);
	expect_int("fd", fd);
	expect_level(level);
	expect_str("optname", o.name ? o.name : "UNKNOWN");
	return o.kind;
}

/* ---- setsockopt ---- */

static long set(int fd, uint64_t level, uint64_t nr, const void *at, uint64_t len,
		const void *readable)
{
	long res = sock_call(CALL_SETSOCKOPT, fd, level, nr, at, len, 95);
	enum kind kind = begin("setsockopt", res, fd, level, nr);

	expect_val(kind, readable, (uint16_t)len);
	expect_u64("optlen", (uint16_t)len);
	expect_end();
	return res;
}

static void set_one(int fd, int level, int nr, const void *value, size_t len)
{
	memcpy(low, value, len);
	set(fd, level, nr, low, len, low);
}

static void set_each(int fd)
{
	static const int32_t value[] = { 1, -2, 3, -4, 5 };
	static const char *const text = "some option's value";

	for (int nr = 0; nr < OPTIONS; nr++)
		set_one(fd, SOL_SOCKET, nr, value, sizeof(value));
	set_one(fd, IPPROTO_TCP, TCP_NODELAY, value, 4);
	set_one(fd, IPPROTO_TCP, SO_ERROR, value, 4);
	set_one(fd, IPPROTO_IP, IP_TTL, value, 4);
	set_one(fd, -1, SO_ERROR, text, strlen(text));
	set_one(fd, 0x101, SO_ERROR, text, strlen(text));
	set_one(fd, SOL_SOCKET, -1, text, strlen(text));
	set_one(fd, SOL_SOCKET, 0x102, text, strlen(text));
	set_one(-1, SOL_SOCKET, SO_LINGER, value, 8);
}

static void set_times(int fd)
{
	const int32_t half[] = { 7, 250000, 7, 250000 }, past[] = { -1, 5, -1, 5 };
	const int64_t wide[] = { 7, 250000 }, far[] = { INT_MAX, 999999 };

	for (int i = 0; i < 2; i++) {
		set_one(fd, SOL_SOCKET, i ? SO_SNDTIMEO : SO_RCVTIMEO, wide, sizeof(wide));
		set_one(fd, SOL_SOCKET, i ? SO_SNDTIMEO : SO_RCVTIMEO, half, sizeof(half));
		set_one(fd, SOL_SOCKET, i ? SO_SNDTIMEO : SO_RCVTIMEO, past, sizeof(past));
		set_one(fd, SOL_SOCKET, i ? SO_SNDTIMEO_NEW : SO_RCVTIMEO_NEW, far, sizeof(far));
	}
}

/* What cannot be read, each kind; lengths. */
static void set_edges(int fd)
{
	static const int each[] = { SO_LINGER,	 SO_DEBUG,	  SO_COOKIE,
				    SO_RCVTIMEO, SO_SNDTIMEO_NEW, SO_ERROR };

	memset(edge - 16, 'e', 16);
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		set(fd, SOL_SOCKET, each[i], NULL, 16, NULL);
		set(fd, SOL_SOCKET, each[i], edge, 16, NULL);
		set(fd, SOL_SOCKET, each[i], edge - 3, 16, NULL);
		set(fd, SOL_SOCKET, each[i], edge - 16, 16, edge - 16);
	}
	set(fd, SOL_SOCKET, SO_LINGER, edge - 8, 0, edge - 8);
	set(fd, SOL_SOCKET, SO_LINGER, edge - 8, 1, edge - 8);
	set(fd, SOL_SOCKET, SO_LINGER, edge - 8, 9, NULL);
	set(fd, SOL_SOCKET, SO_LINGER, edge - 8, 0x10008, edge - 8);
	set(fd, SOL_SOCKET, SO_DEBUG, edge - 4, 4, edge - 4);
	set(fd, 0xabc00000001, 0xabc00000001, low, 0xabc00000004, low);
}

/* ---- getsockopt ---- */

/* What the kernel left in both of these, or the caller had there. */
static long get(int fd, uint64_t level, uint64_t nr, const void *at, const uint32_t *len,
		int is_readable)
{
	long res = sock_call(CALL_GETSOCKOPT, fd, level, nr, at, len, 95);
	enum kind kind = begin("getsockopt", res, fd, level, nr);

	expect_val(kind, is_readable ? at : NULL, len ? *len : 0);
	expect_u64("optlen", len ? *len : 0);
	expect_end();
	return res;
}

static long get_one(int fd, int level, int nr, uint32_t len)
{
	uint32_t *at_len = (uint32_t *)(low + 2048);

	memset(low, 'g', 1024);
	*at_len = len;
	return get(fd, level, nr, low, at_len, 1);
}

static void get_each(int fd)
{
	for (int nr = 0; nr < OPTIONS; nr++)
		get_one(fd, SOL_SOCKET, nr, 64);
	trace_need(!get_one(fd, SOL_SOCKET, SO_RCVBUF, 4), "SO_RCVBUF");
	trace_need(!get_one(fd, SOL_SOCKET, SO_RCVTIMEO, 16), "SO_RCVTIMEO");
	trace_need(!get_one(fd, SOL_SOCKET, SO_COOKIE, 8), "SO_COOKIE");
	trace_need(!get_one(fd, IPPROTO_TCP, TCP_INFO, 24), "TCP_INFO");
	trace_need(!get_one(fd, IPPROTO_TCP, TCP_CONGESTION, 16), "TCP_CONGESTION");
	get_one(fd, SOL_SOCKET, SO_LINGER, 3);
	get_one(fd, SOL_SOCKET, SO_LINGER, 0);
	get_one(fd, 99, 1, 5);
	get_one(-1, SOL_SOCKET, SO_LINGER, 8);
	get_one(-1, SOL_SOCKET, SO_ERROR, 4);
}

static void get_edges(int fd)
{
	uint32_t *len = (uint32_t *)(low + 2048);

	memset(edge - 16, 'e', 16);
	*len = 16;
	get(fd, SOL_SOCKET, SO_LINGER, NULL, len, 0);
	get(fd, SOL_SOCKET, SO_DEBUG, edge, len, 0);
	get(fd, SOL_SOCKET, SO_LINGER, low, NULL, 0);
	*len = 0x10008; /* of a failed call nobody knows that there is so much */
	get(-1, SOL_SOCKET, SO_LINGER, low, len, 0);
	*len = -1;
	get(fd, SOL_SOCKET, SO_LINGER, low, len, 0);
	*len = -1;
	get(fd, SOL_SOCKET, SO_DEBUG, memset(low, 'g', 16), len, 1);
	len = (uint32_t *)(edge - 4);
	*len = 8;
	get(fd, SOL_SOCKET, SO_LINGER, edge - 16, len, 1);
}

/* An error that waits. */
static void refused(void)
{
	union addr *to = sock_space(4096);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), closed = socket(AF_INET, SOCK_DGRAM, 0);

	*to = addr_in("127.59.21.35", 0);
	trace_need(!bind(closed, &to->any, sizeof(to->in)), "bind");
	*to = addr_of(closed);
	expect_event("getsockname"); /* by that */
	expect_end();
	close(closed);
	trace_need(!connect(fd, &to->any, sizeof(to->in)), "connect");
	trace_need(send(fd, "x", 1, 0) == 1, "send");
	get_one(fd, SOL_SOCKET, SO_ERROR, 4);
	close(fd);
}

/* ---- more than an event keeps ---- */

static void long_values(int fd)
{
	const uint64_t lens[] = { VAL_CUT, VAL_CUT + 1, 0xffff };
	char *zeros = memset(sock_space(0x10000), 0, 0x10000);

	for (int i = 0; i < 3; i++) {
		long res = sock_call(CALL_SETSOCKOPT, fd, 99, 1, zeros, lens[i], 95);

		begin("setsockopt", res, fd, 99, 1);
		expect_json("val", "{\"zeros\":%d}", VAL_CUT);
		expect_u64("optlen", lens[i]);
		expect_end();
	}
}

/* The length that a failed call was given is no value's if no value is so long. */
static void long_rooms(void)
{
	char *zeros = memset(sock_space(0x10000), 0, 0x10000);
	uint32_t *len = (uint32_t *)(low + 2048);

	for (*len = 0xffff; *len <= 0x10000; ++*len) {
		long res = sock_call(CALL_GETSOCKOPT, -1, 99, 1, zeros, len, 95);

		begin("getsockopt", res, -1, 99, 1);
		if (*len == 0xffff)
			expect_json("val", "{\"zeros\":%d}", VAL_CUT);
		expect_u64("optlen", *len);
		expect_end();
	}
}

/* ---- getsockname, getpeername: that they were called ---- */

static void names(int fd)
{
	sock_call(CALL_GETSOCKNAME, fd, low, low + 64, 93, 94, 95);
	sock_event("getsockname");
	expect_end();
	sock_call(CALL_GETPEERNAME, fd, low, low + 64, 93, 94, 95);
	sock_event("getpeername");
	expect_end();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "setsockopt getsockopt getsockname getpeername");
	for (way = WAY_64; way <= WAY_SOCKETCALL; way++) {
		int fd;

		sock_take(way);
		low = sock_space(4096);
		edge = sock_edge();
		fd = socket(AF_INET, SOCK_STREAM, 0);
		get_each(fd);
		get_edges(fd);
		refused();
		set_each(fd);
		set_times(fd);
		set_edges(fd);
		long_values(fd);
		long_rooms();
		names(fd);
		names(-1);
		close(fd);
	}
	return trace_end();
}
