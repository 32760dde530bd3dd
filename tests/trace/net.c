/* SPDX-License-Identifier: MIT */
#include "net.h"
#include "expect.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

union addr addr_in(const char *ip, unsigned int port)
{
	union addr a = { .in = { .sin_family = AF_INET, .sin_port = htons(port) } };

	trace_need(inet_pton(AF_INET, ip, &a.in.sin_addr) == 1, ip);
	return a;
}

union addr addr_in6(const char *ip, unsigned int port)
{
	union addr a = { .in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) } };

	trace_need(inet_pton(AF_INET6, ip, &a.in6.sin6_addr) == 1, ip);
	return a;
}

union addr addr_un(const char *path, socklen_t *len)
{
	union addr a = { .un = { .sun_family = AF_UNIX } };

	snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s", path);
	*len = offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] != '@');
	if (path[0] == '@')
		a.un.sun_path[0] = '\0';
	return a;
}

union addr addr_of(int fd)
{
	union addr a = { 0 };
	socklen_t len = sizeof(a);

	trace_need(!getsockname(fd, &a.any, &len), "getsockname");
	return a;
}

union addr addr_of_peer(int fd)
{
	union addr a = { 0 };
	socklen_t len = sizeof(a);

	trace_need(!getpeername(fd, &a.any, &len), "getpeername");
	return a;
}

int listener(const union addr *at, socklen_t len, int type_flags, int backlog, union addr *out)
{
	int fd = socket(at->any.sa_family, SOCK_STREAM | type_flags, 0);

	trace_need(fd >= 0, "socket");
	trace_need(!bind(fd, &at->any, len), "bind");
	trace_need(!listen(fd, backlog), "listen");
	*out = addr_of(fd);
	return fd;
}

/* 1.2.3.4:80, [::1]:80 */
static const char *end_text(const union addr *a, char *out, size_t cap)
{
	char ip[INET6_ADDRSTRLEN];

	if (a->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->in6.sin6_addr, ip, sizeof(ip));
		snprintf(out, cap, "[%s]:%u", ip, ntohs(a->in6.sin6_port));
	} else {
		inet_ntop(AF_INET, &a->in.sin_addr, ip, sizeof(ip));
		snprintf(out, cap, "%s:%u", ip, ntohs(a->in.sin_port));
	}
	return out;
}

void expect_addr(const char *name, const union addr *addr)
{
	const char *path = addr->un.sun_path;
	char text[160];

	if (addr->any.sa_family == AF_UNIX)
		snprintf(text, sizeof(text), "unix:%s", path[0] ? path : path + 1);
	else
		end_text(addr, text, sizeof(text));
	expect_str(name, text);
}

void expect_tuple(const union addr *from, const union addr *to)
{
	char a[80], b[80];

	expect_json("tuple", "\"%s->%s\"", end_text(from, a, sizeof(a)),
		    end_text(to, b, sizeof(b)));
}

void expect_unix_tuple(const char *from, const char *to, const char *path)
{
	expect_json("tuple", "{\"unix\":[\"%s\",\"%s\",\"%s\"]}", from, to, path);
}
