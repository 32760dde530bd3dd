/* SPDX-License-Identifier: MIT */
/*
 * sockway.h - the calls of sockets, in each way in which they can be made. What they point to is
 * below 4 GiB, for all ways.
 */
#ifndef TRACE_SOCKWAY_H
#define TRACE_SOCKWAY_H

#include <stdint.h>
#include "net.h"

enum sock_way { WAY_64, WAY_32, WAY_SOCKETCALL };

/* As socketcall numbers them. */
enum sock_call {
	CALL_SOCKET = 1,
	CALL_BIND,
	CALL_CONNECT,
	CALL_LISTEN,
	CALL_ACCEPT, /* WAY_32: socketcall, too, for it has no number */
	CALL_GETSOCKNAME,
	CALL_GETPEERNAME,
	CALL_SOCKETPAIR,
	CALL_SEND, /* socketcall only, as the next */
	CALL_RECV,
	CALL_SENDTO,
	CALL_RECVFROM,
	CALL_SHUTDOWN,
	CALL_SETSOCKOPT,
	CALL_GETSOCKOPT,
	CALL_SENDMSG,
	CALL_RECVMSG,
	CALL_ACCEPT4,
	CALL_RECVMMSG,
	CALL_SENDMMSG,
	CALLS
};

/* Before the first call, and to go over to another; skips if the kernel has no such way. */
void sock_take(enum sock_way to);

#define SOCK_ALL(nr, a, b, c, d, e, f, ...)                                                        \
	sock_make(nr, (const uint64_t[]){ (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),             \
					  (uint64_t)(d), (uint64_t)(e), (uint64_t)(f) })
#define sock_call(...) SOCK_ALL(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
long sock_make(enum sock_call nr, const uint64_t args[6]);
/* Begin its event. */
void sock_event(const char *type);

/* Memory of ours, zeroed. */
void *sock_space(size_t bytes);
/* Two pages, the second of which cannot be touched: the boundary. */
char *sock_edge(void);
/* socketcall itself; its words are at `at`. */
long sock_multiplexed(uint32_t code, const void *at);

#endif
