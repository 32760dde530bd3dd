/* SPDX-License-Identifier: MIT */
/* connect.c - connections made, begun and refused, in every family that events describe. */
#include "expect.h"
#include "net.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EINPROGRESS_RESULT (-115)

/* Sockets stay open to the end, or the next one could get the identity of the last. */
static int new_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	trace_need(fd >= 0, "socket");
	return fd;
}

/* seen: what the address reads as, NULL if it has no value. The caller adds the tuple. */
static long begin(int fd, const void *addr, socklen_t len, const union addr *seen)
{
	long res = call(SYS_connect, fd, addr, len);

	expect_event("connect");
	expect_int("res", res);
	expect_int("fd", fd);
	if (seen)
		expect_addr("addr", seen);
	return res;
}

static void refused(int fd, const void *addr, socklen_t len, const union addr *seen)
{
	trace_need(begin(fd, addr, len, seen) < 0, "a connection that is refused");
	expect_end();
}

static void inet(int fd, const union addr *to, socklen_t len)
{
	union addr from;
	long res = begin(fd, to, len, to);

	trace_need(!res || res == EINPROGRESS_RESULT, "a connection");
	from = addr_of(fd);
	expect_tuple(&from, to);
	expect_end();
}

static void streams(void)
{
	union addr any = addr_in("127.59.21.35", 0), own = addr_in("127.0.21.34", 0), to;
	int fd = new_socket(AF_INET, SOCK_STREAM), unheard;

	listener(&any, sizeof(any.in), 0, 8, &to);
	inet(fd, &to, sizeof(to.in));
	refused(fd, &to, sizeof(to.in), &to); /* it is connected */
	fd = new_socket(AF_INET, SOCK_STREAM);
	trace_need(!bind(fd, &own.any, sizeof(own.in)), "bind");
	inet(fd, &to, sizeof(to));
	inet(new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), &to, sizeof(to.in));

	unheard = new_socket(AF_INET, SOCK_STREAM); /* bound, but it does not listen */
	trace_need(!bind(unheard, &any.any, sizeof(any.in)), "bind");
	to = addr_of(unheard);
	refused(new_socket(AF_INET, SOCK_STREAM), &to, sizeof(to.in), &to);
}

static void streams6(void)
{
	union addr any = addr_in6("::", 0), to, mapped;

	listener(&any, sizeof(any.in6), 0, 8, &to);
	mapped = addr_in6("::ffff:127.0.0.2", ntohs(to.in6.sin6_port));
	to = addr_in6("::1", ntohs(to.in6.sin6_port));
	inet(new_socket(AF_INET6, SOCK_STREAM), &to, sizeof(to.in6));
	inet(new_socket(AF_INET6, SOCK_STREAM), &mapped, sizeof(to.in6));
}

static void datagrams(void)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), fd6 = new_socket(AF_INET6, SOCK_DGRAM);
	union addr to = addr_in("127.0.0.3", 53), to6 = addr_in6("::1", 53), from, given;

	inet(fd, &to, sizeof(to.in));
	inet(fd6, &to6, sizeof(to6.in6));
	/* No family ends it: the remote end is what was given, but it is no address to show. */
	for (int i = 0; i < 2; i++) {
		given = i ? addr_in("127.1.2.3", 7788) : addr_in("0.0.0.0", 0);
		to = given;
		to.any.sa_family = AF_UNSPEC;
		trace_need(!begin(fd, &to, sizeof(to.in), NULL), "AF_UNSPEC");
		from = addr_of(fd);
		expect_tuple(&from, &given);
		expect_end();
	}
	given = addr_in6("2001:db8::7", 7788);
	to6 = given;
	to6.any.sa_family = AF_UNSPEC;
	trace_need(!begin(fd6, &to6, sizeof(to6.in6), NULL), "AF_UNSPEC");
	from = addr_of(fd6);
	expect_tuple(&from, &given);
	expect_end();
}

/* ---- unix ---- */

static void unix_to(int fd, const char *name, const char *from, const char *to, const char *bound)
{
	socklen_t len;
	union addr addr = addr_un(name, &len);

	trace_need(!begin(fd, &addr, len, &addr), name);
	expect_unix_tuple(from, to, bound);
	expect_end();
}

static void bind_unix(int type, const char *name)
{
	socklen_t len;
	union addr addr = addr_un(name, &len), out;
	int fd;

	if (type == SOCK_STREAM) {
		listener(&addr, len, 0, 8, &out);
		return;
	}
	fd = new_socket(AF_UNIX, type);
	trace_need(!bind(fd, &addr.any, len), name);
}

static void unix_streams(void)
{
	int named = new_socket(AF_UNIX, SOCK_STREAM), client = new_socket(AF_UNIX, SOCK_STREAM);
	socklen_t len;
	union addr own = addr_un("client", &len);
	char name[32];

	trace_need(!bind(named, &own.any, len), "bind client");
	bind_unix(SOCK_STREAM, "server");
	trace_need(!symlink("server", "link"), "symlink");
	unix_to(named, "server", "stream 1", "accepted 1", "server");
	unix_to(client, "link", "stream 2", "accepted 2", "server");
	snprintf(name, sizeof(name), "@trace %d", getpid());
	bind_unix(SOCK_STREAM, name);
	unix_to(new_socket(AF_UNIX, SOCK_STREAM), name, "stream 3", "accepted 3", name + 1);
	unlink("server");
	unlink("link");
	unlink("client");
}

/* The longest path has no NUL where it is bound, and one more byte in the event. */
static void unix_long_path(void)
{
	union addr addr = { .un = { .sun_family = AF_UNIX } };
	int server = new_socket(AF_UNIX, SOCK_STREAM);
	char path[109];

	memset(path, 'p', 108);
	path[108] = '\0';
	memcpy(addr.un.sun_path, path, 108);
	trace_need(!bind(server, &addr.any, sizeof(addr.un)) && !listen(server, 1), "bind 108");
	trace_need(!begin(new_socket(AF_UNIX, SOCK_STREAM), &addr, sizeof(addr.un), &addr),
		   "connect 108");
	expect_unix_tuple("stream 4", "accepted 4", path);
	expect_end();
	unlink(path);
}

static void unix_end(int fd, const char *path, size_t len, const char *shown)
{
	union addr end = { .un = { .sun_family = AF_UNSPEC } };

	memcpy(end.un.sun_path, path, len);
	if (path[0] == '@')
		end.un.sun_path[0] = '\0';
	trace_need(!begin(fd, &end, sizeof(end.un), NULL), "AF_UNSPEC");
	expect_unix_tuple("datagram", "0", shown);
	expect_end();
}

static void unix_datagrams(void)
{
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	static const struct {
		const char *path, *shown;
	} ends[] = { { "", "" }, { "ghost", "ghost" }, { "@ghost", "ghost" }, { NULL, NULL } };
	char longest[109] = "";

	bind_unix(SOCK_DGRAM, "first");
	bind_unix(SOCK_DGRAM, "second");
	unix_to(fd, "first", "datagram", "first", "first");
	unix_to(new_socket(AF_UNIX, SOCK_DGRAM), "first", "other", "first", "first");
	unix_to(fd, "second", "datagram", "second", "second");
	/* No family ends it: there is no peer, and the path is what was given. */
	for (int i = 0; ends[i].path; i++)
		unix_end(fd, ends[i].path, strlen(ends[i].path), ends[i].shown);
	memset(longest, 'l', 108);
	unix_end(fd, longest, 108, longest);
	unlink("first");
	unlink("second");
}

/* ---- what is no connection ---- */

static void addresses(int fd)
{
	union addr to = addr_in("127.0.0.1", 9), seen = to, no_family = to;
	static char big[256];

	refused(fd, NULL, 0, NULL);
	refused(fd, NULL, sizeof(to.in), NULL);
	refused(fd, trace_edge(), sizeof(to.in), NULL);
	refused(fd, trace_edge() - 8, sizeof(to.in), NULL);
	refused(fd, &to, 0, NULL);
	memcpy(big, &to, sizeof(to));
	refused(fd, big, 200, &to);
	/* What is not given counts as zero. */
	seen.in.sin_addr.s_addr = 0;
	refused(fd, &to, 4, &seen);
	seen.in.sin_port = 0;
	refused(fd, &to, 1, &seen);
	no_family.any.sa_family = 99;
	refused(fd, &no_family, sizeof(to.in), NULL);
}

static void unix_refused(void)
{
	socklen_t len;
	union addr to = addr_un("none", &len), unnamed = { .un = { .sun_family = AF_UNIX } };
	union addr seen = { .un = { .sun_family = AF_UNIX } };
	int fd = new_socket(AF_UNIX, SOCK_STREAM), file = open("file", O_CREAT | O_RDWR, 0600);

	refused(fd, &to, len, &to);
	refused(fd, &unnamed, sizeof(sa_family_t), &unnamed);
	/* An abstract name ends at its first NUL, whatever its length says. */
	memcpy(unnamed.un.sun_path, "\0ab\0cd", 6);
	refused(fd, &unnamed, offsetof(struct sockaddr_un, sun_path) + 6, &unnamed);
	/* More than a path may have. */
	memset(unnamed.un.sun_path, 'q', sizeof(unnamed) - sizeof(sa_family_t));
	memset(seen.un.sun_path, 'q', sizeof(seen.un.sun_path));
	refused(fd, &unnamed, 128, &seen);
	to = addr_un("file", &len);
	refused(fd, &to, len, &to);
	refused(file, &to, len, &to);
	refused(-1, &to, len, &to);
	close(file);
	unlink("file");
}

static void other_family(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	trace_need(!begin(new_socket(AF_NETLINK, SOCK_RAW), &to, sizeof(to), NULL), "netlink");
	expect_end();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "connect");
	trace_need(!chdir(trace_dir()), trace_dir());
	streams();
	streams6();
	datagrams();
	unix_streams();
	unix_long_path();
	unix_datagrams();
	addresses(new_socket(AF_INET, SOCK_STREAM));
	unix_refused();
	other_family();
	return trace_end();
}
