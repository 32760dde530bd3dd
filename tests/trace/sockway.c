/* SPDX-License-Identifier: MIT */
#include "sockway.h"
#include "call32.h"
#include "expect.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE		4096
#define IA32_SOCKETCALL 102

static const struct {
	int nr, nr32; /* 0: none */
} number[CALLS] = {
	[CALL_SOCKET] = { SYS_socket, 359 },
	[CALL_BIND] = { SYS_bind, 361 },
	[CALL_CONNECT] = { SYS_connect, 362 },
	[CALL_LISTEN] = { SYS_listen, 363 },
	[CALL_ACCEPT] = { SYS_accept, 0 },
	[CALL_GETSOCKNAME] = { SYS_getsockname, 367 },
	[CALL_GETPEERNAME] = { SYS_getpeername, 368 },
	[CALL_SOCKETPAIR] = { SYS_socketpair, 360 },
	[CALL_SENDTO] = { SYS_sendto, 369 },
	[CALL_RECVFROM] = { SYS_recvfrom, 371 },
	[CALL_SHUTDOWN] = { SYS_shutdown, 373 },
	[CALL_SETSOCKOPT] = { SYS_setsockopt, 366 },
	[CALL_GETSOCKOPT] = { SYS_getsockopt, 365 },
	[CALL_SENDMSG] = { SYS_sendmsg, 370 },
	[CALL_RECVMSG] = { SYS_recvmsg, 372 },
	[CALL_ACCEPT4] = { SYS_accept4, 364 },
	[CALL_RECVMMSG] = { SYS_recvmmsg, 337 },
	[CALL_SENDMMSG] = { SYS_sendmmsg, 345 },
};

static enum sock_way way;
static uint32_t *words;

void *sock_space(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		       -1, 0);

	trace_need(p != MAP_FAILED, "mmap below 4 GiB");
	return p;
}

void sock_take(enum sock_way to)
{
	if (to != WAY_64)
		call32_need();
	way = to;
	words = sock_space(PAGE);
}

char *sock_edge(void)
{
	char *p = sock_space(2 * PAGE);

	trace_need(!mprotect(p + PAGE, PAGE, PROT_NONE), "mprotect");
	return p + PAGE;
}

long sock_multiplexed(uint32_t code, const void *at)
{
	return call32(IA32_SOCKETCALL, code, P32(at), 0, 0);
}

long sock_make(enum sock_call nr, const uint64_t args[6])
{
	if (way == WAY_64)
		return raw_call(number[nr].nr, args[0], args[1], args[2], args[3], args[4],
				args[5]);
	for (int i = 0; i < 6; i++)
		words[i] = args[i];
	if (way == WAY_32 && number[nr].nr32)
		return (int)call32_of_six(number[nr].nr32, words);
	return sock_multiplexed(nr, words);
}

void sock_event(const char *type)
{
	expect_event(type);
	if (way != WAY_64)
		expect_json("compat", "true");
}
