// SPDX-License-Identifier: MIT
/* claims_interest.c - what is wanted is recorded, all of it and nothing else. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "tests/conformance/host.h"
#include "tests/conformance/load.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

#define CALLS  400 /* of each kind in each phase */
#define PHASES 24

static struct host host;
static struct load load;
static struct fcd_interest nothing = { .size = sizeof(nothing) };

/* ---- counting ---- */

/* Of n calls from `first` on each was recorded, or counted as lost since `lost_before`. */
static void claim_all(const uint8_t *calls, uint32_t first, uint32_t n, uint64_t lost_before,
		      const char *what)
{
	uint32_t seen = records_count(calls, first, n);
	uint64_t lost = host_lost(&host) - lost_before;

	require(seen + lost >= n, "%s: %u calls were made, %u are recorded, %lu counted as lost",
		what, n, seen, (unsigned long)lost);
}

static void claim_none(const uint8_t *calls, uint32_t first, uint32_t n, const char *what)
{
	uint32_t seen = records_count(calls, first, n);

	require(!seen, "%s: %u of %u calls are recorded, nobody wants them", what, seen, n);
}

/* n calls of each kind: what is recorded of them is what `kill` and `close` say. */
static void claim_phase(uint32_t first, uint32_t n, bool kill, bool close, const char *what)
{
	uint64_t lost = host_lost(&host);

	if (suite.is_generator) {
		if (kill || close) /* each record is checked for what is wanted */
			load_some(&load, &host, false, n);
		return;
	}
	load_make(&load, &host, LOAD_KILL, first, n);
	load_make(&load, &host, LOAD_CLOSE, first, n);
	host_read(&host);
	(kill ? claim_all(host.kills, first, n, lost, what)
	      : claim_none(host.kills, first, n, what));
	(close ? claim_all(host.closes, first, n, lost, what)
	       : claim_none(host.closes, first, n, what));
}

/* ---- claims ---- */

static void interest_from_before_start_holds(void)
{
	struct fcd_interest wanted = interest_in(NR_OPENAT, -1);

	host_load(&host);
	host_open(&host);
	host_configure(&host, &wanted);
	wanted = interest_in(NR_KILL, -1);
	host_configure(&host, &wanted);
	memset(&wanted, 0xff, sizeof(wanted)); /* it is the host's */
	load_start(&load, &host);
	if (!suite.is_generator)
		load_some(&load, &host, false, CALLS);
	require(!host_produced(&host), "it records before start");
	host_start(&host);
	claim_phase(1, CALLS, true, false, "configured before start");
	load_end(&load, &host);
	host_end(&host);
}

static void nothing_is_wanted_before_configure(void)
{
	host_load(&host);
	host_open(&host);
	host_start(&host);
	load_start(&load, &host);
	claim_phase(1, CALLS, false, false, "started without an interest");
	host_serve(&host, -1, 20);
	require(!host_produced(&host), "started without an interest it records");
	load_end(&load, &host);
	host_end(&host);
}

static void interest_changes_while_events_come(void)
{
	struct fcd_interest wanted;
	uint32_t i;

	host_run(&host, &nothing);
	load_start(&load, &host);
	load_noise(&load, &host);
	for (i = 0; i < PHASES; i++) {
		bool kill = i & 1, close = i % 3 == 0;

		wanted = nothing;
		if (kill)
			wanted.syscalls[NR_KILL / 64] |= 1ULL << NR_KILL % 64;
		if (close)
			wanted.syscalls[NR_CLOSE / 64] |= 1ULL << NR_CLOSE % 64;
		host_configure(&host, &wanted);
		claim_phase(1 + i * CALLS, CALLS, kill, close, "after a change");
	}
	host_configure(&host, &nothing);
	load_end(&load, &host);
	host_end(&host);
}

static uint64_t heads(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < host.slots_count; i++)
		if (host.slots[i].desc.block)
			sum += FCD_LOAD(&host.slots[i].reader.prod->head);
	return sum;
}

static void nothing_wanted_costs_nothing(void)
{
	const struct fcd_interest all = interest_in(NR_KILL, NR_CLOSE, NR_OPENAT, -1);
	uint64_t produced, head;

	host_run(&host, &all);
	load_start(&load, &host);
	load_some(&load, &host, false, CALLS);
	host_configure(&host, &nothing);
	/* What was on its way comes to its end before a call that begins now. */
	claim_phase(1, 1, false, false, "nothing is wanted");
	host_look(&host);
	head = heads();
	produced = host_produced(&host);
	claim_phase(2, CALLS, false, false, "nothing is wanted");
	host_serve(&host, -1, 20);
	require(head == heads() && produced == host_produced(&host),
		"nothing is wanted, and %lu events were begun",
		(unsigned long)(host_produced(&host) - produced));
	load_end(&load, &host);
	host_end(&host);
}

/* ---- wrong, older, newer ---- */

static void refuse(const struct fcd_interest *i, const char *what)
{
	int ret;

	host.err = (struct fcd_err){ 0 };
	ret = host.ops.configure(host.e, i, &host.err);
	host_refused(&host, ret, what);
	require(ret == -EINVAL, "%s returned %d, not -EINVAL", what, ret);
}

static void refuse_wrong_interests(void)
{
	struct fcd_interest wrong = interest_in(NR_CLOSE, -1);

	wrong.tracepoints = 1ULL << 63;
	refuse(&wrong, "configure with a tracepoint that nobody knows");
	wrong = interest_in(NR_CLOSE, -1);
	wrong.size = 16;
	refuse(&wrong, "configure with half an interest");
}

static void a_refused_interest_changes_nothing(void)
{
	struct fcd_interest kill = interest_in(NR_KILL, -1);

	host_load(&host);
	host_open(&host);
	host_configure(&host, &kill);
	refuse_wrong_interests();
	host_start(&host);
	load_start(&load, &host);
	claim_phase(1, CALLS, true, false, "refused before start");
	refuse_wrong_interests();
	claim_phase(1 + CALLS, CALLS, true, false, "refused after start");
	load_end(&load, &host);
	host_end(&host);
}

static void a_newer_hosts_interest_is_taken(void)
{
	struct {
		struct fcd_interest known;
		uint8_t more[40];
	} newer;
	int ret;

	memset(&newer, 0x5a, sizeof(newer));
	newer.known = interest_in(NR_KILL, -1);
	host_run(&host, &nothing);
	load_start(&load, &host);
	newer.known.size = sizeof(newer);
	ret = host.ops.configure(host.e, &newer.known, &host.err);
	require(!ret, "configure returned %d: %s", ret, host.err.text);
	host.interest = newer.known;
	claim_phase(1, CALLS, true, false, "a newer host's interest");
	load_end(&load, &host);
	host_end(&host);
}

/* Is everything from `from` to the end still as memset left it? */
static bool is_untouched(const void *at, size_t from, size_t bytes)
{
	for (; from < bytes; from++)
		if (((const uint8_t *)at)[from] != 0x5a)
			return false;
	return true;
}

static void numbers_fit_any_host(void)
{
	struct {
		struct fcd_engine_stats known;
		uint8_t more[40];
	} stats;
	uint32_t size;

	host_run(&host, &nothing);
	for (size = sizeof(stats.known); size >= 8; size -= 8) {
		memset(&stats, 0x5a, sizeof(stats));
		stats.known.size = size;
		require(!host.ops.stats(host.e, &stats.known), "stats failed");
		require(is_untouched(&stats, size, sizeof(stats)),
			"stats wrote beyond the %u bytes that the host has", size);
	}
	memset(&stats, 0, sizeof(stats));
	stats.known.size = sizeof(stats);
	require(!host.ops.stats(host.e, &stats.known), "stats failed for a newer host");
	require(!stats.known.no_ring && !stats.known.missed, "losses before the first event");
	require(!(stats.known.flags & ~(uint32_t)FCD_STATS_SEES_HOST), "stats has flags 0x%x",
		stats.known.flags);
	host_end(&host);
}

/* ---- the host's own sign of life ---- */

static void call_as_host(uint32_t n)
{
	while (n--)
		syscall(FCD_CANARY_CALL);
	host_look(&host);
	host_read(&host);
}

static void the_hosts_canary_is_seen(void)
{
	const struct fcd_interest canary = interest_in(FCD_CANARY_CALL, -1);
	struct fcd_engine_stats stats = { .size = sizeof(stats) };

	host_run(&host, &canary);
	require(!host.ops.stats(host.e, &stats), "stats failed");
	if (!(stats.flags & FCD_STATS_SEES_HOST))
		skip("it does not say that it sees the host");
	call_as_host(CALLS);
	require(host.canaries + host_lost(&host) >= CALLS,
		"the host made the call %d times, %u are recorded", CALLS, host.canaries);
	host_configure(&host, &nothing);
	host.canaries = 0;
	call_as_host(CALLS);
	require(!host.canaries, "nobody wants the host's call, %u are recorded", host.canaries);
	host_end(&host);
}

const struct claim interest_claims[] = {
	{ "before-start", "what was configured before start is recorded from start on",
	  interest_from_before_start_holds },
	{ "no-interest", "started without an interest it records nothing",
	  nothing_is_wanted_before_configure },
	{ "changes",
	  "while events come the interest changes: each call that begins after configure "
	  "returned is recorded if it is wanted, and only then",
	  interest_changes_while_events_come },
	{ "nothing-wanted", "an empty interest: no event is begun, no head moves",
	  nothing_wanted_costs_nothing },
	{ "wrong-interest", "an interest that it does not know is -EINVAL and the old one holds",
	  a_refused_interest_changes_nothing },
	{ "newer-interest", "a newer host's longer interest is taken",
	  a_newer_hosts_interest_is_taken },
	{ "stats-size",
	  "stats writes what the host has room for, no unknown flags, no early losses",
	  numbers_fit_any_host },
	{ "canary",
	  "it says that it sees the host: the host's FCD_CANARY_CALL is recorded if wanted",
	  the_hosts_canary_is_seen },
	{ 0 },
};
