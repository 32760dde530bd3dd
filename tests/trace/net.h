/* SPDX-License-Identifier: MIT */
/* net.h - sockets, and how events show their ends. */
#ifndef TRACE_NET_H
#define TRACE_NET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

union addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage space;
};

/* Loopback addresses; the port in host order. */
union addr addr_in(const char *ip, unsigned int port);
union addr addr_in6(const char *ip, unsigned int port);
/* A path, or with a leading '@' an abstract name. *len: of the address. */
union addr addr_un(const char *path, socklen_t *len);

/* What getsockname and getpeername say. */
union addr addr_of(int fd);
union addr addr_of_peer(int fd);

/* Bind (port 0: any) and listen; the address that came of it. */
int listener(const union addr *at, socklen_t len, int type_flags, int backlog, union addr *out);

/* SOCKADDR: the path without a name's NUL, ip and port. */
void expect_addr(const char *name, const union addr *addr);
/* SOCKTUPLE of internet sockets. */
void expect_tuple(const union addr *from, const union addr *to);
/*
 * SOCKTUPLE of unix sockets. Labels stand for identities, which nobody outside the kernel knows:
 * what has the same label must have the same one, another label another. "0" is none.
 */
void expect_unix_tuple(const char *from, const char *to, const char *path);

#endif
