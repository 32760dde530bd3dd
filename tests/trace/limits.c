/* SPDX-License-Identifier: MIT */
/* limits.c - resource limits asked for, set and refused. */
#include "either.h"
#include "expect.h"

#include <limits.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH (5ull << 32)

enum { SETRLIMIT32 = 75, OLD_GETRLIMIT32 = 76, UGETRLIMIT32 = 191, PRLIMIT32 = 340 };

/* How a 32-bit caller has them. */
struct narrow {
	uint32_t cur, max;
};

static const char *const resources[] = {
	"RLIMIT_CPU",	   "RLIMIT_FSIZE", "RLIMIT_DATA",   "RLIMIT_STACK",
	"RLIMIT_CORE",	   "RLIMIT_RSS",   "RLIMIT_NPROC",  "RLIMIT_NOFILE",
	"RLIMIT_MEMLOCK",  "RLIMIT_AS",	   "RLIMIT_LOCKS",  "RLIMIT_SIGPENDING",
	"RLIMIT_MSGQUEUE", "RLIMIT_NICE",  "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
};

static void expect_resource(uint32_t resource)
{
	expect_str("resource", resource < 16 ? resources[resource] : "RLIMIT_UNKNOWN");
	expect_end();
}

static void expect_limit(const char *cur, const char *max, const struct rlimit *l)
{
	expect_int(cur, l->rlim_cur);
	expect_int(max, l->rlim_max);
}

static const struct rlimit none = { 0, 0 }, unknown = { -1, -1 };
static char *edge;

/* What fits exactly before memory that cannot be touched. */
static void *last(size_t bytes)
{
	return edge - bytes;
}

/* A limit as the caller wrote it, or the kernel did. */
static struct rlimit stored(const void *at)
{
	const struct narrow *n = at;

	if (!is_32bit)
		return *(const struct rlimit *)at;
	return (struct rlimit){ n->cur == UINT32_MAX ? RLIM_INFINITY : n->cur,
				n->max == UINT32_MAX ? RLIM_INFINITY : n->max };
}

static void *limit_at_edge(void)
{
	return last(is_32bit ? sizeof(struct narrow) : sizeof(struct rlimit));
}

static void get(uint32_t nr32, uint64_t resource, void *at)
{
	long res = either(SYS_getrlimit, nr32, resource, (uintptr_t)at, 91, 92);
	struct rlimit l = unknown;

	if (!res)
		l = stored(at);
	either_event("getrlimit");
	expect_int("res", res);
	expect_limit("cur", "max", &l);
	expect_resource(resource);
}

static void set(uint64_t resource, const void *at, int is_readable)
{
	struct rlimit l = is_readable ? stored(at) : none;
	long res = either(SYS_setrlimit, SETRLIMIT32, resource, (uintptr_t)at, 91, 92);

	either_event("setrlimit");
	expect_int("res", res);
	expect_limit("cur", "max", &l);
	expect_resource(resource);
}

static void *write_limit(uint64_t cur, uint64_t max)
{
	void *at = limit_at_edge();

	if (is_32bit)
		*(struct narrow *)at = (struct narrow){ cur, max };
	else
		*(struct rlimit *)at = (struct rlimit){ cur, max };
	return at;
}

/* The struct of this call is the same for all callers. to: NULL if it cannot be read. */
static void both(uint64_t pid, uint64_t resource, const void *new, const struct rlimit *to,
		 void *old)
{
	struct rlimit want = to ? *to : none, had = unknown;
	long res = either(SYS_prlimit64, PRLIMIT32, pid, resource, (uintptr_t) new, (uintptr_t)old);

	if (!res)
		had = old ? *(struct rlimit *)old : none;
	either_event("prlimit");
	expect_int("res", res);
	expect_limit("newcur", "newmax", &want);
	expect_limit("oldcur", "oldmax", &had);
	expect_int("arg_pid", (int)pid);
	expect_resource(resource);
}

static void one_call(void)
{
	for (uint32_t i = 0; i < 17; i++)
		get(UGETRLIMIT32, i, limit_at_edge());
	get(OLD_GETRLIMIT32, RLIMIT_NOFILE, limit_at_edge());
	get(OLD_GETRLIMIT32, RLIMIT_RTTIME, limit_at_edge());
	get(UGETRLIMIT32, HIGH | RLIMIT_STACK, limit_at_edge());
	get(UGETRLIMIT32, -1, limit_at_edge());
	get(UGETRLIMIT32, 255, limit_at_edge());
	get(UGETRLIMIT32, RLIMIT_CORE, NULL);
	get(UGETRLIMIT32, RLIMIT_CORE, edge - 4);
	set(RLIMIT_CORE, write_limit(0x90000000, -1), 1);
	set(RLIMIT_FSIZE, write_limit(-1, -1), 1);
	set(RLIMIT_RTTIME, write_limit(0x80000000, 0xfffffffe), 1);
	set(RLIMIT_NOFILE, write_limit(20, 10), 1);
	set(HIGH | 16, write_limit(1, 2), 1);
	set(RLIMIT_CORE, NULL, 0);
	set(RLIMIT_CORE, edge - 4, 0);
	get(UGETRLIMIT32, RLIMIT_CORE, limit_at_edge());
	get(UGETRLIMIT32, RLIMIT_FSIZE, limit_at_edge());
}

static void two_in_one(void)
{
	struct rlimit *to = last(sizeof(*to)), *had = last(2 * sizeof(*to));

	*to = (struct rlimit){ 0x123456789, RLIM_INFINITY };
	both(0, RLIMIT_CORE, to, to, had);
	*to = (struct rlimit){ 7, RLIM_INFINITY };
	both(HIGH | getpid(), RLIMIT_CORE, to, to, NULL);
	both(0, HIGH | RLIMIT_CORE, NULL, NULL, to);
	both(0, RLIMIT_AS, NULL, NULL, NULL);
	*to = (struct rlimit){ 3, 2 };
	both(0, RLIMIT_NOFILE, to, to, had);
	both(-1, RLIMIT_RSS, NULL, NULL, NULL);
	both(INT_MAX, RLIMIT_RSS, to, to, had);
	both(0, 16, to, to, had);
	both(0, RLIMIT_CORE, edge - 8, NULL, had);
	both(0, RLIMIT_CORE, NULL, NULL, edge - 8);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "getrlimit setrlimit prlimit64");
	edge = either_edge();
	by_both(one_call);
	by_both(two_in_one);
	return trace_end();
}
