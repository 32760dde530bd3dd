/* SPDX-License-Identifier: MIT */
/* socket.c - sockets made, alone and in pairs, named, listening, accepted and shut down. */
#include "expect.h"
#include "net.h"
#include "sockway.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NO_TYPE 0x100f /* the kernel looks at no family then, and loads no module for it */

static const struct bit_name type_bits[] = {
	{ SOCK_NONBLOCK, "O_NONBLOCK" },
	{ SOCK_CLOEXEC, "O_CLOEXEC" },
	{ 0, NULL },
};

#define NAME(f) [AF_##f] = "AF_" #f
static const char *const family_names[] = {
	NAME(UNSPEC),	 NAME(UNIX),	NAME(INET),   NAME(AX25),    NAME(IPX),
	NAME(APPLETALK), NAME(NETROM),	NAME(BRIDGE), NAME(ATMPVC),  NAME(X25),
	NAME(INET6),	 NAME(ROSE),	NAME(DECnet), NAME(NETBEUI), NAME(SECURITY),
	NAME(KEY),	 NAME(NETLINK), NAME(PACKET), NAME(ASH),     NAME(ECONET),
	NAME(ATMSVC),	 NAME(RDS),	NAME(SNA),    NAME(IRDA),    NAME(PPPOX),
	NAME(WANPIPE),	 NAME(LLC),	NAME(CAN),    NAME(TIPC),    NAME(BLUETOOTH),
	NAME(IUCV),	 NAME(RXRPC),	NAME(ISDN),   NAME(PHONET),  NAME(IEEE802154),
	NAME(CAIF),	 NAME(ALG),	NAME(NFC),
};

/* Of the lowest byte; a family that the schema lacks is none. */
static void expect_kind(uint64_t domain, uint64_t type, uint64_t proto)
{
	uint8_t family = domain;
	const char *name =
		family < sizeof(family_names) / sizeof(*family_names) ? family_names[family] : NULL;

	expect_str("domain", name ? name : "AF_UNSPEC");
	expect_u64("arg_type", (uint32_t)type);
	expect_u64("proto", (uint32_t)proto);
}

static enum sock_way way;

/* Of a socket, and of no other in another way. */
static const char *label(const char *name)
{
	static char text[2][40];
	static unsigned int n;
	char *to = text[n++ % 2];

	snprintf(to, sizeof(text[0]), "%s, way %d", name, way);
	return to;
}

/* ---- socket ---- */

static long make(uint64_t domain, uint64_t type, uint64_t proto)
{
	const int both = SOCK_NONBLOCK | SOCK_CLOEXEC;
	long fd = sock_call(CALL_SOCKET, domain, type, proto, 93, 94, 95);

	sock_event("socket");
	expect_int("fd", fd);
	expect_kind(domain, type, proto);
	expect_bits("flags", type_bits, type, type & both ? NULL : "O_NONE");
	expect_end();
	return fd;
}

static int made(int domain, int type)
{
	long fd = make(domain, type, 0);

	trace_need(fd >= 0, "socket");
	return fd;
}

static void families(void)
{
	for (int family = 0; family < 48; family++)
		trace_need(make(family, NO_TYPE, 0) < 0, "no type");
	make(255, NO_TYPE, 0);
	make(0x102, NO_TYPE, 0);
	make(-1, -1, -1);
	make(AF_INET, SOCK_STREAM, INT_MIN);
	make(0xabc00000002, 0xabc00000000 | SOCK_DGRAM | SOCK_NONBLOCK, 0xabc00000011);
	made(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC);
	made(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
	close(0);
	made(AF_UNIX, SOCK_SEQPACKET); /* as descriptor 0 */
}

/* ---- bind ---- */

/* seen: what the address reads as, NULL if it has no value. */
static long name(int fd, const void *addr, uint64_t len, const union addr *seen)
{
	long res = sock_call(CALL_BIND, fd, addr, len, 93, 94, 95);

	sock_event("bind");
	expect_int("res", res);
	expect_int("fd", fd);
	if (seen)
		expect_addr("addr", seen);
	expect_end();
	return res;
}

static void named(int fd, const union addr *at, socklen_t len)
{
	trace_need(!name(fd, at, len, at), "bind");
}

static void names(void)
{
	union addr *at = sock_space(4096);
	char text[32];
	socklen_t len;

	*at = addr_in("127.59.21.35", 0);
	named(made(AF_INET, SOCK_STREAM), at, sizeof(at->in));
	*at = addr_in6("::1", 0);
	named(made(AF_INET6, SOCK_DGRAM), at, sizeof(at->in6));
	*at = addr_un("name", &len);
	named(made(AF_UNIX, SOCK_DGRAM), at, len);
	trace_need(name(made(AF_UNIX, SOCK_DGRAM), at, len, at) < 0, "the name is taken");
	unlink("name");
	snprintf(text, sizeof(text), "@socket %d %d", getpid(), way);
	*at = addr_un(text, &len);
	named(made(AF_UNIX, SOCK_STREAM), at, len);
	memset(at, 0, sizeof(*at));
	at->any.sa_family = AF_UNIX; /* the kernel names it */
	named(made(AF_UNIX, SOCK_STREAM), at, sizeof(sa_family_t));
	memset(at->un.sun_path, 'n', sizeof(at->un.sun_path));
	named(made(AF_UNIX, SOCK_STREAM), at, sizeof(at->un));
	at->un.sun_path[sizeof(at->un.sun_path)] = '\0';
	unlink(at->un.sun_path);
	memset(at, 0, sizeof(*at));
	at->any.sa_family = AF_NETLINK;
	trace_need(!name(made(AF_NETLINK, SOCK_RAW), at, sizeof(struct sockaddr_nl), NULL),
		   "netlink");
}

static void no_names(void)
{
	union addr *at = sock_space(4096), seen;
	int fd = made(AF_INET, SOCK_STREAM), file = open("file", O_CREAT | O_RDWR, 0600);
	char *edge = sock_edge();

	seen = *at = addr_in("203.0.113.7", 80);
	name(fd, at, sizeof(at->in), at); /* not ours */
	name(-1, at, sizeof(at->in), at);
	name(file, at, sizeof(at->in), at);
	name(fd, NULL, 0, NULL);
	name(fd, NULL, sizeof(at->in), NULL);
	name(fd, edge, sizeof(at->in), NULL);
	name(fd, edge - 8, sizeof(at->in), NULL);
	name(fd, memcpy(edge - sizeof(at->in), at, sizeof(at->in)), sizeof(at->in), at);
	name(fd, at, 0, NULL);
	name(fd, at, 200, at);
	name(fd, at, 0x10000, NULL);
	seen.in.sin_addr.s_addr = 0;
	name(fd, at, 4, &seen);
	at->any.sa_family = 99;
	name(fd, at, sizeof(at->in), NULL);
	close(file);
	unlink("file");
}

/* ---- socketpair ---- */

/* Labels of the two, NULL if there are none. */
static void pair(uint64_t domain, uint64_t type, int proto, int *fd, const char *one,
		 const char *other)
{
	long res = sock_call(CALL_SOCKETPAIR, domain, type, proto, fd, 94, 95);

	trace_need(!res == !!one, "socketpair");
	sock_event("socketpair");
	expect_int("res", res);
	expect_int("fd1", one ? fd[0] : -1);
	expect_int("fd2", one ? fd[1] : -1);
	expect_json("source", "{\"identity\":\"%s\"}", one ? label(one) : "0");
	expect_json("peer", "{\"identity\":\"%s\"}", other ? label(other) : "0");
	expect_kind(domain, type, proto);
	expect_end();
}

static void connect_to(int fd, const union addr *to, socklen_t len, const char *from_label,
		       const char *to_label)
{
	trace_need(!sock_call(CALL_CONNECT, fd, to, len), "connect");
	sock_event("connect");
	expect_int("res", 0);
	expect_int("fd", fd);
	expect_addr("addr", to);
	expect_unix_tuple(label(from_label), label(to_label), to->un.sun_path);
	expect_end();
}

static void pairs(void)
{
	union addr *to = sock_space(4096);
	int *fd = sock_space(4096);
	socklen_t len;

	pair(AF_UNIX, SOCK_STREAM, 0, fd, "stream 1", "stream 2");
	pair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 1, fd, "stream 3", "stream 4");
	pair(0xabc00000001, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd, "packet 1", "packet 2");
	/* The same two when one connects to the other by its name. */
	pair(AF_UNIX, SOCK_DGRAM, 0, fd, "datagram 1", "datagram 2");
	*to = addr_un("pair", &len);
	named(fd[1], to, len);
	connect_to(fd[0], to, len, "datagram 1", "datagram 2");
	unlink("pair");

	pair(AF_INET, SOCK_STREAM, 0, fd, NULL, NULL);
	pair(AF_UNIX, SOCK_STREAM, -1, fd, NULL, NULL);
	pair(AF_UNIX, -1, 0, fd, NULL, NULL);
	pair(AF_UNIX, SOCK_STREAM, 0, NULL, NULL, NULL);
	pair(AF_UNIX, SOCK_STREAM, 0, (int *)(sock_edge() - 4), NULL, NULL);
}

/* ---- listen, accept, shutdown ---- */

static long hear(int fd, uint64_t backlog)
{
	long res = sock_call(CALL_LISTEN, fd, backlog, 92, 93, 94, 95);

	sock_event("listen");
	expect_int("res", res);
	expect_int("fd", fd);
	expect_int("backlog", (int32_t)backlog);
	expect_end();
	return res;
}

static void no_listeners(void)
{
	hear(-1, 5);
	hear(made(AF_INET, SOCK_DGRAM), INT_MAX);
	hear(made(AF_UNIX, SOCK_STREAM), INT_MIN);
	hear(made(AF_INET, SOCK_STREAM), 0xabc00000003);
	hear(made(AF_INET, SOCK_STREAM), -1);
	hear(made(AF_INET, SOCK_STREAM), 0);
}

/* The caller adds what follows the descriptor. */
static long take(int is_plain, int fd)
{
	long got = is_plain ? sock_call(CALL_ACCEPT, fd, 0, 0, SOCK_CLOEXEC)
			    : sock_call(CALL_ACCEPT4, fd, 0, 0, SOCK_CLOEXEC);

	sock_event(is_plain ? "accept" : "accept4");
	expect_int("fd", got);
	if (!is_plain)
		expect_int("flags", 0x1000);
	return got;
}

static void taken(int is_plain, int fd, unsigned int backlog)
{
	long got = take(is_plain, fd);
	union addr from, to;

	if (got >= 0) {
		from = addr_of_peer(got);
		to = addr_of(got);
		expect_tuple(&from, &to);
	}
	expect_int("queuepct", 0);
	expect_int("queuelen", 0);
	expect_u64("queuemax", got < 0 ? 0 : backlog);
	expect_end();
}

static void accepted(int is_plain)
{
	union addr *at = sock_space(4096), own;
	int fd = made(AF_INET, SOCK_STREAM), client = made(AF_INET, SOCK_STREAM);

	*at = addr_in("127.59.21.35", 0);
	named(fd, at, sizeof(at->in));
	trace_need(!hear(fd, 9), "listen");
	*at = addr_of(fd);
	trace_need(!sock_call(CALL_CONNECT, client, at, sizeof(at->in)), "connect");
	sock_event("connect");
	expect_int("res", 0);
	expect_int("fd", client);
	expect_addr("addr", at);
	own = addr_of(client);
	expect_tuple(&own, at);
	expect_end();
	taken(is_plain, fd, 9);
	taken(is_plain, client, 0);
	taken(is_plain, -1, 0);
}

static void end(int fd, uint64_t how, const char *text)
{
	long res = sock_call(CALL_SHUTDOWN, fd, how, 92, 93, 94, 95);

	sock_event("shutdown");
	expect_int("res", res);
	expect_int("fd", fd);
	if (text)
		expect_str("how", text);
	else
		expect_int("how", 255);
	expect_end();
}

static void ends(void)
{
	int *fd = sock_space(4096);

	pair(AF_UNIX, SOCK_STREAM, 0, fd, "stream 5", "stream 6");
	end(fd[0], SHUT_RD, "SHUT_RD");
	end(fd[0], SHUT_WR, "SHUT_WR");
	end(fd[1], 0xabc00000000 | SHUT_RDWR, "SHUT_RDWR");
	end(fd[1], 3, NULL);
	end(fd[1], 0x100, NULL);
	end(-1, -1, NULL);
	end(made(AF_INET, SOCK_STREAM), SHUT_WR, "SHUT_WR");
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "socket socketpair bind connect listen accept accept4 shutdown");
	trace_need(!chdir(trace_dir()), trace_dir());
	for (way = WAY_64; way <= WAY_SOCKETCALL; way++) {
		sock_take(way);
		families();
		pairs();
		names();
		no_names();
		no_listeners();
		accepted(0);
		accepted(1);
		ends();
	}
	return trace_end();
}
