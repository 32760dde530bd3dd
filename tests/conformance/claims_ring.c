// SPDX-License-Identifier: MIT
/* claims_ring.c - rings: described, filled, read, waited for, stopped, taken back. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "tests/conformance/host.h"
#include "tests/conformance/left.h"
#include "tests/conformance/load.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

#define TIMES_ROUND 3
#define WAKES	    300
#define WAKE_MS	    10000
#define END_MS	    10000
#define BULK	    32 /* bulky events at once: half of the smallest ring that engines have */

static struct host host;
static struct load load;

static struct fcd_interest kill_and_openat(void)
{
	return interest_in(NR_KILL, NR_OPENAT, -1);
}

static void begin(void)
{
	const struct fcd_interest wanted = kill_and_openat();

	host_run(&host, &wanted);
	load_start(&load, &host);
}

static void finish(void)
{
	load_end(&load, &host);
	host_end(&host);
}

/* ---- described ---- */

/* Elements of any size: nothing is written beyond one, or beyond the last. */
static void describe_into(uint32_t stride, uint32_t max, uint32_t count)
{
	size_t bytes = (size_t)stride * count, element;
	uint8_t *out = malloc(bytes + 1);
	int n;

	memset(out, 0x5a, bytes);
	n = host.ops.rings(host.e, (void *)out, stride, max);
	require(n == (int)count, "rings returned %d and then %u", (int)count, (unsigned)n);
	for (size_t i = (size_t)stride * max; i < bytes; i++)
		require(out[i] == 0x5a, "room for %u slots, and more was written", max);
	for (size_t i = 0; i < max; i++) {
		for (element = sizeof(struct fcd_ring_desc); element < stride; element++)
			require(out[i * stride + element] == 0x5a,
				"slot %zu: more was written than is known", i);
	}
	free(out);
}

static void slots_fit_any_array(void)
{
	uint32_t count;

	begin();
	count = (uint32_t)host.ops.rings(host.e, NULL, sizeof(struct fcd_ring_desc), 0);
	require(count, "no ring, though a program runs");
	for (uint32_t max = 0; max <= count; max += 1 + max / 2) {
		describe_into(8, max, count);
		describe_into(sizeof(struct fcd_ring_desc), max, count);
		describe_into(sizeof(struct fcd_ring_desc) + 40, max, count);
	}
	finish();
}

/* ---- filled ---- */

/* The ring that was written most. */
static const struct slot *fullest(void)
{
	const struct slot *found = NULL;

	for (uint32_t i = 0; i < host.slots_count; i++) {
		const struct slot *s = &host.slots[i];

		if (s->desc.block && (!found || FCD_LOAD(&s->reader.prod->head) >
							FCD_LOAD(&found->reader.prod->head)))
			found = s;
	}
	require(found, "no ring");
	return found;
}

static void a_ring_goes_round(void)
{
	const struct slot *s;

	begin();
	do {
		load_some(&load, &host, true, BULK);
		s = fullest();
	} while (FCD_LOAD(&s->reader.prod->head) < TIMES_ROUND * s->desc.bytes + 1);
	finish();
}

static uint64_t drops(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < host.slots_count; i++)
		if (host.slots[i].desc.block)
			sum += FCD_LOAD(&host.slots[i].reader.prod->drop_full);
	return sum;
}

static void a_full_ring_loses_and_counts(void)
{
	uint64_t read;

	begin();
	host.is_idle = true;
	while (!drops())
		load_some(&load, &host, true, BULK);
	read = host.read;
	host.is_idle = false;
	host_read(&host);
	require(host.read > read, "a ring is full, and there is no event in it");
	read = host.read;
	load_some(&load, &host, false, BULK);
	host_read(&host);
	require(host.read > read, "a ring that was full records no more");
	finish();
}

/* ---- stopped ---- */

static void check_still(const uint64_t *heads, const char *what)
{
	for (uint32_t i = 0; i < host.slots_count; i++)
		require(!host.slots[i].desc.block ||
				heads[i] == FCD_LOAD(&host.slots[i].reader.prod->head),
			"the head of slot %u moved after stop, %s", i, what);
}

static void nothing_moves_after_stop(void)
{
	static uint64_t heads[SLOTS_MAX];
	uint64_t produced;

	begin();
	load_noise(&load, &host);
	host.is_idle = true;
	load_some(&load, &host, false, 100);
	host_stop(&host);
	for (uint32_t i = 0; i < host.slots_count; i++)
		if (host.slots[i].desc.block) {
			heads[i] = FCD_LOAD(&host.slots[i].reader.prod->head);
			require(!FCD_LOAD(&host.slots[i].reader.prod->busy),
				"slot %u is busy after stop", i);
		}
	produced = host_produced(&host);
	if (load.pid)
		load_make(&load, &host, LOAD_KILL, 1, 1000);
	host_serve(&host, -1, 20);
	check_still(heads, "before it was drained");
	host.keeps_ended = true;
	host_read(&host);
	host_serve(&host, -1, 20);
	check_still(heads, "when there was room again");
	require(host_produced(&host) == produced, "events were begun after stop");
	require(host.read, "nothing was there to drain");
	host_check_ledger(&host);
	host_close(&host);
	load_end(&load, NULL);
}

/* ---- waited for ---- */

static void set_asleep(uint64_t asleep)
{
	for (uint32_t i = 0; i < host.slots_count; i++)
		if (host.slots[i].desc.block)
			FCD_STORE(&host.slots[i].desc.consumer->asleep, asleep);
	fcd_fence();
}

/* Is all read that was published? */
static bool is_all_read(void)
{
	for (uint32_t i = 0; i < host.slots_count; i++)
		if (host.slots[i].desc.block &&
		    FCD_LOAD_ACQUIRE(&host.slots[i].reader.prod->head) != host.slots[i].reader.pos)
			return false;
	return true;
}

/* Sleep until something is there, and take it. The call that wakes is asked for once we sleep. */
static void sleep_once(uint32_t round, bool *is_asked)
{
	struct pollfd wake = { .fd = host.ops.poll_fd(host.e), .events = POLLIN };

	set_asleep(1);
	if (is_all_read()) {
		if (!*is_asked)
			load_ask(&load, LOAD_KILL, round, 1);
		*is_asked = true;
		require(poll(&wake, 1, WAKE_MS) == 1, "round %u: nobody woke the host", round);
		host.ops.woken(host.e);
	}
	set_asleep(0);
	host_look(&host);
	host_read(&host);
}

static void a_sleeper_is_woken(void)
{
	begin();
	for (uint32_t i = 1; i <= WAKES; i++) {
		bool is_asked = suite.is_generator;
		uint64_t read = host.read;

		while (load.pid ? !host.kills[i] : host.read == read)
			sleep_once(i, &is_asked);
		if (load.pid)
			load_made(&load, &host);
	}
	finish();
}

static void who_does_not_sleep_is_not_woken(void)
{
	struct pollfd wake = { .events = POLLIN }, done = { .events = POLLIN };
	uint64_t end;

	begin();
	wake.fd = host.ops.poll_fd(host.e);
	done.fd = load.from;
	host_serve(&host, -1, 20); /* whoever came was told of */
	end = host_produced(&host) + 100;
	if (load.pid) {
		load_ask(&load, LOAD_KILL, 1, 100);
		poll(&done, 1, -1);
	} else {
		while (host_produced(&host) < end)
			poll(NULL, 0, 1);
	}
	require(!poll(&wake, 1, 0), "nobody sleeps, and poll_fd's descriptor is readable");
	if (load.pid)
		load_made(&load, &host);
	finish();
}

/* ---- taken back ---- */

static uint32_t wait_for_end(void)
{
	uint64_t end_ns = records_now_ns() + END_MS * 1000000ULL;

	while (records_now_ns() < end_ns) {
		host_serve(&host, -1, 1);
		for (uint32_t i = 0; i < host.slots_count; i++)
			if (host.slots[i].desc.block && host.slots[i].desc.flags & FCD_RING_ENDED)
				return i;
	}
	fail("it has `retire`, and within %d ms no ring ended", END_MS);
}

static void one_ring_ends(void)
{
	struct fcd_ring_desc slot[SLOTS_MAX];
	uint32_t ended;

	host.keeps_ended = true;
	load_start(&load, &host);
	load_some(&load, &host, false, 100);
	load_end(&load, &host);
	ended = wait_for_end();
	host_look(&host); /* it stays until it is retired */
	require(host.slots[ended].desc.flags & FCD_RING_ENDED, "slot %u ended no more", ended);
	host.keeps_ended = false;
	host_read(&host);
	memset(slot, 0, sizeof(slot));
	host.ops.rings(host.e, slot, sizeof(slot[0]), SLOTS_MAX);
	require(!slot[ended].block || !(slot[ended].flags & FCD_RING_ENDED),
		"slot %u was retired, and its ring is still there", ended);
	host_look(&host);
}

static void a_ring_that_ended_is_taken_back(void)
{
	const struct fcd_interest wanted = kill_and_openat();
	struct left before;

	host_load(&host);
	if (!host.ops.retire)
		skip("its rings stay until close");
	host_open(&host);
	host_configure(&host, &wanted);
	host_start(&host);
	for (int i = 0; i <= LEFT_ROUNDS; i++) {
		if (i == 1)
			left_look(&before);
		one_ring_ends();
	}
	left_check(&before, "rings that came, ended and were retired");
	host_end(&host);
}

const struct claim ring_claims[] = {
	{ "slots", "rings are described into any array, and as abi/ring.h has them",
	  slots_fit_any_array },
	{ "wrap", "a ring that is read goes round: each record fits the schema, times are in order",
	  a_ring_goes_round },
	{ "full", "a ring that is not read loses what has no room and counts it, then goes on",
	  a_full_ring_loses_and_counts },
	{ "stop", "after stop no head moves; what was published is there, the ledger adds up",
	  nothing_moves_after_stop },
	{ "wake", "a host that sleeps is woken by the next event, each time", a_sleeper_is_woken },
	{ "no-wake", "a host that does not sleep is not woken", who_does_not_sleep_is_not_woken },
	{ "retire", "a ring that ended is kept until it is retired, and then gone",
	  a_ring_that_ended_is_taken_back },
	{ 0 },
};
