/* SPDX-License-Identifier: MIT */
/* accept4.c - both ends of connections, the listener's queue, and what cannot accept. */
#include "expect.h"
#include "net.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* SOCK_NONBLOCK and SOCK_CLOEXEC as file_flags. */
static int flags_number(int flags)
{
	return (flags & SOCK_NONBLOCK ? 0x40 : 0) | (flags & SOCK_CLOEXEC ? 0x1000 : 0);
}

/* The caller adds the tuple. */
static long begin(int fd, void *addr, void *len, int flags)
{
	long res = call(SYS_accept4, fd, addr, len, flags);

	expect_event("accept4");
	expect_int("fd", res);
	expect_int("flags", flags_number(flags));
	return res;
}

static void expect_queue(unsigned int waiting, unsigned int max)
{
	expect_int("queuepct", max ? waiting * 100 / max : 0);
	expect_u64("queuelen", waiting);
	expect_u64("queuemax", max);
	expect_end();
}

static void refused(int fd, void *addr, void *len, int flags)
{
	trace_need(begin(fd, addr, len, flags) < 0, "an accept that fails");
	expect_queue(0, 0);
}

/* ---- internet ---- */

/* Of a listener it says how many connections wait, and how many may. */
static struct tcp_info queue_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	trace_need(!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), "TCP_INFO");
	return info;
}

/* From another address than that of the listener, if there is one. */
static int connect_inet(const union addr *to, socklen_t len)
{
	int fd = socket(to->any.sa_family, SOCK_STREAM, 0);
	union addr from = addr_in("127.0.21.34", 0);
	long res;

	if (to->any.sa_family == AF_INET)
		trace_need(!bind(fd, &from.any, sizeof(from.in)), "bind");
	res = call(SYS_connect, fd, to, len);
	from = addr_of(fd);
	trace_need(!res, "connect");
	expect_event("connect");
	expect_int("res", 0);
	expect_int("fd", fd);
	expect_addr("addr", to);
	expect_tuple(&from, to);
	expect_end();
	return fd;
}

static void accept_inet(int fd, int flags)
{
	union addr from, to;
	struct tcp_info queue;
	long got = begin(fd, NULL, NULL, flags);

	trace_need(got >= 0, "accept4");
	from = addr_of_peer(got);
	to = addr_of(got);
	queue = queue_of(fd);
	expect_tuple(&from, &to);
	expect_queue(queue.tcpi_unacked, queue.tcpi_sacked);
}

static void inet(const union addr *at, socklen_t len, int backlog)
{
	union addr to;
	int fd = listener(at, len, SOCK_NONBLOCK, backlog, &to);

	refused(fd, NULL, NULL, 0); /* nobody is there */
	for (int i = 0; i < 3; i++)
		connect_inet(&to, len);
	/* The last packet of a handshake is not waited for by connect. */
	while (queue_of(fd).tcpi_unacked < 3)
		sched_yield();
	accept_inet(fd, SOCK_CLOEXEC | SOCK_NONBLOCK);
	accept_inet(fd, SOCK_CLOEXEC);
	refused(fd, NULL, NULL, 1);
	close(0);
	accept_inet(fd, 0); /* as descriptor 0 */
	refused(fd, NULL, NULL, SOCK_NONBLOCK);
}

/* One waits, one may. */
static void full_queue(const union addr *at, socklen_t len)
{
	union addr to;
	int fd = listener(at, len, 0, 1, &to);

	connect_inet(&to, len);
	connect_inet(&to, len);
	while (queue_of(fd).tcpi_unacked < 2)
		sched_yield();
	accept_inet(fd, 0);
}

/* ---- unix ---- */

static void unix_pair(const char *path, const char *client_path, const char *from, const char *to)
{
	socklen_t len, own_len;
	union addr addr = addr_un(path, &len), own, out;
	int fd = listener(&addr, len, 0, 7, &out), client = socket(AF_UNIX, SOCK_STREAM, 0);
	const char *bound = path + (path[0] == '@');

	if (client_path) {
		own = addr_un(client_path, &own_len);
		trace_need(!bind(client, &own.any, own_len), client_path);
	}
	trace_need(!call(SYS_connect, client, &addr, len), path);
	expect_event("connect");
	expect_int("res", 0);
	expect_int("fd", client);
	expect_addr("addr", &addr);
	expect_unix_tuple(from, to, bound);
	expect_end();

	len = sizeof(out);
	trace_need(begin(fd, &out, &len, SOCK_CLOEXEC) >= 0, path);
	expect_unix_tuple(from, to, bound);
	expect_queue(0, 7); /* these wait in another queue, which events do not count */
}

static void unix_streams(void)
{
	char name[32];

	snprintf(name, sizeof(name), "@trace %d", getpid());
	unix_pair("server", NULL, "client 1", "server 1");
	unix_pair("server 2", "client", "client 2", "server 2");
	unix_pair(name, NULL, "client 3", "server 3");
	unlink("server");
	unlink("server 2");
	unlink("client");
}

/* ---- what cannot accept ---- */

static void nothing_to_accept(void)
{
	union addr any = addr_in("127.0.0.1", 0), to;
	int fd = listener(&any, sizeof(any.in), 0, 1, &to);

	connect_inet(&to, sizeof(to.in));
	refused(fd, (void *)-8, (void *)-8, 0);
	refused(socket(AF_INET, SOCK_STREAM, 0), NULL, NULL, SOCK_CLOEXEC);
	refused(socket(AF_INET, SOCK_DGRAM, 0), NULL, NULL, 0);
	refused(socket(AF_UNIX, SOCK_STREAM, 0), NULL, NULL, 0);
	fd = open("/dev/null", O_RDWR);
	refused(fd, NULL, NULL, 0);
	close(fd);
	refused(fd, NULL, NULL, SOCK_NONBLOCK);
	refused(-1, NULL, NULL, -1);
}

int main(int argc, char **argv)
{
	union addr any = addr_in("127.0.0.1", 0), any6 = addr_in6("::1", 0);

	trace_begin(argc, argv, "accept4 connect");
	trace_need(!chdir(trace_dir()), trace_dir());
	inet(&any, sizeof(any.in), 8);
	inet(&any6, sizeof(any6.in6), INT_MAX);
	full_queue(&any, sizeof(any.in));
	unix_streams();
	nothing_to_accept();
	return trace_end();
}
