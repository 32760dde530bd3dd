/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * ring.bpf.h - the BPF writer of abi/ring.h: claim, write in place, publish.
 *
 * Everything is bounded by a mask or a comparison right where it is used, so
 * nothing in the shared pages is trusted. `busy` needs no atomic operation: only
 * what interrupts us on this CPU competes for it, and that ends before we go on.
 * Publishing is one locked addition, which every kernel since 5.10 accepts and which is
 * the full barrier between our head and the reader's `asleep`.
 */
#ifndef FCD_BPF_RING_H
#define FCD_BPF_RING_H

#define READ_ONCE(x)	 (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))

struct block {
	struct fcd_block shared;
	struct probe_private own;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); /* CPUs; the engine knows */
	__type(key, u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(map_flags, BPF_F_MMAPABLE);
			__uint(max_entries, 1);
			__uint(key_size, 4);
			__uint(value_size, FCD_PAGE); /* the engine knows */
		});
} blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

FCD_FN struct block *block_get_here(void)
{
	u32 cpu = bpf_get_smp_processor_id(), zero = 0;
	void *inner = bpf_map_lookup_elem(&blocks, &cpu);

	return inner ? bpf_map_lookup_elem(inner, &zero) : 0;
}

FCD_ONCE struct block *block_get(void)
{
	return block_get_here();
}

/* Busy from now on, unless it was. */
FCD_FN bool ring_claim(struct fcd_block *b, u32 l)
{
	if (READ_ONCE(b->prod[l].busy))
		return false;
	WRITE_ONCE(b->prod[l].busy, 1);
	return true;
}

/* The first ring that is not busy, and busy from now on; PROBE_RINGS: none. */
FCD_FN u32 ring_take(struct fcd_block *b)
{
	if (ring_claim(b, PROBE_MAIN))
		return PROBE_MAIN;
	return ring_claim(b, PROBE_NESTED) ? PROBE_NESTED : PROBE_RINGS;
}

/*
 * Room for `need` bytes in ring l? Returns the bytes that are free, 0: not enough.
 * The consumer's tail is only ever subtracted: a wrong one costs events, nothing else. It is
 * looked at while less is known to be free than the largest record takes: a record may turn
 * out to be larger than was needed at its begin.
 */
FCD_FN u64 ring_free(struct fcd_block *b, u32 l, u64 need)
{
	struct fcd_ring_prod *p = &b->prod[PROBE_RING(l)];
	u64 bytes = config.ring_mask[PROBE_RING(l)] + 1, used = p->head - p->tail_seen;

	if (used > bytes - FCD_RECORD_MAX) {
		p->tail_seen = READ_ONCE(b->cons[PROBE_RING(l)].tail);
		used = p->head - p->tail_seen;
	}
	if (used > bytes - need)
		return 0;
	return bytes - used;
}

FCD_FN bool ring_claim_room(struct fcd_block *b, u32 l, u64 need)
{
	if (!ring_claim(b, l))
		return false;
	if (ring_free(b, l, need))
		return true;
	WRITE_ONCE(b->prod[l].busy, 0);
	return false;
}

/*
 * For a priority event: of its own ring, main and nested the first that is not busy and has
 * room. If none has, the first that is not busy, where the event is lost and counted.
 */
FCD_FN u32 ring_take_priority(struct fcd_block *b, u64 need)
{
	if (ring_claim_room(b, PROBE_PRIORITY, need))
		return PROBE_PRIORITY;
	if (ring_claim_room(b, PROBE_MAIN, need))
		return PROBE_MAIN;
	if (ring_claim_room(b, PROBE_NESTED, need))
		return PROBE_NESTED;
	return ring_claim(b, PROBE_PRIORITY) ? PROBE_PRIORITY : ring_take(b);
}

FCD_FN void ring_publish(struct fcd_block *b, u32 l, u64 bytes)
{
	struct fcd_ring_prod *p = &b->prod[PROBE_RING(l)];

	p->published++;
	__sync_fetch_and_add(&p->head, FCD_RECORD_STEP(bytes));
	WRITE_ONCE(p->busy, 0);
	if (READ_ONCE(b->asleep)) {
		u64 one = 1;

		WRITE_ONCE(b->asleep, 0);
		b->wakes++;
		bpf_ringbuf_output(&wake, &one, sizeof(one), BPF_RB_FORCE_WAKEUP);
	}
}

#endif
