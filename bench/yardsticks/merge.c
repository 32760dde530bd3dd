// SPDX-License-Identifier: MIT
/*
 * merge [RINGS] - the limit for "rings to one ordered ring to one reader" in two threads: a heap
 * over RINGS sorted sources of 80-byte records, one copy into a shared ring, a reader that looks
 * at each record. The writer waits for a reader that is half a ring behind: nothing is lost.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_BYTES  (8ull << 20)
#define BYTES	    80ull
#define RECORDS	    30000000ull
#define IN_A_SOURCE ((1ull << 20) / BYTES)
#define BATCH	    64
#define BURST	    16 /* a CPU runs alone for a while, as real ones do */

static unsigned char ring[RING_BYTES + BYTES];
static _Alignas(64) _Atomic uint64_t head;
static _Alignas(64) _Atomic uint64_t tail;

struct source {
	uint64_t ts, at;
	unsigned char *records;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *reader(void *arg)
{
	uint64_t at = 0, sum = 0, ts;

	pin(1);
	while (at < RECORDS * BYTES) {
		uint64_t end = atomic_load_explicit(&head, memory_order_acquire);

		if (at == end)
			__builtin_ia32_pause();
		for (; at < end; at += BYTES) {
			const unsigned char *r = ring + (at & (RING_BYTES - 1));

			memcpy(&ts, r, sizeof(ts));
			sum += ts + r[20] + r[70];
		}
		atomic_store_explicit(&tail, at, memory_order_release);
	}
	*(uint64_t *)arg = sum;
	return NULL;
}

/* The time of the source's next record, laps included. */
static uint64_t next_ts(const struct source *s, unsigned int rings)
{
	uint64_t ts;

	memcpy(&ts, s->records + s->at % IN_A_SOURCE * BYTES, sizeof(ts));
	return ts + s->at / IN_A_SOURCE * IN_A_SOURCE * rings;
}

static void sift(struct source *heap, unsigned int n)
{
	struct source top = heap[0];
	unsigned int k = 0, child;

	while ((child = 2 * k + 1) < n) {
		if (child + 1 < n && heap[child + 1].ts < heap[child].ts)
			child++;
		if (heap[child].ts >= top.ts)
			break;
		heap[k] = heap[child];
		k = child;
	}
	heap[k] = top;
}

static void merge(struct source *heap, unsigned int rings)
{
	uint64_t at = 0;

	for (uint64_t n = 0; n < RECORDS; n++) {
		if (n % BATCH == 0)
			while (at - atomic_load_explicit(&tail, memory_order_acquire) >
			       RING_BYTES / 2)
				__builtin_ia32_pause();
		memcpy(ring + (at & (RING_BYTES - 1)),
		       heap->records + heap->at % IN_A_SOURCE * BYTES, BYTES);
		at += BYTES;
		if (n % BATCH == BATCH - 1 || n == RECORDS - 1)
			atomic_store_explicit(&head, at, memory_order_release);
		heap->at++;
		heap->ts = next_ts(heap, rings);
		sift(heap, rings);
	}
}

static struct source *sources(unsigned int rings)
{
	struct source *s = calloc(rings, sizeof(*s));

	for (unsigned int i = 0; s && i < rings; i++) {
		s[i].records = calloc(IN_A_SOURCE, BYTES);
		for (uint64_t k = 0; s[i].records && k < IN_A_SOURCE; k++) {
			uint64_t ts = k / BURST * BURST * rings + i * BURST + k % BURST;

			memcpy(s[i].records + k * BYTES, &ts, sizeof(ts));
		}
		if (!s[i].records)
			return NULL;
		s[i].ts = i * BURST;
	}
	return s;
}

int main(int argc, char **argv)
{
	unsigned int rings = argc > 1 ? strtoul(argv[1], NULL, 10) : 8;
	struct source *heap = sources(rings ? rings : 1);
	struct timespec from, to;
	pthread_t thread;
	uint64_t sum = 0;
	double ns;

	if (!heap || pthread_create(&thread, NULL, reader, &sum))
		return perror("merge"), 1;
	pin(0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	merge(heap, rings ? rings : 1);
	pthread_join(thread, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
	printf("%u rings: %.1f M events/s, %.1f ns each\n", rings, RECORDS / ns * 1e3,
	       ns / RECORDS);
	return !sum;
}
