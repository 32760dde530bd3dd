/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * event.bpf.h - an event being written: begin, find it again, end.
 *
 * A function that is not static the verifier looks at once; a static one anew for each call on each
 * path. All that many fillers have in common is therefore in such functions. They may take and
 * return numbers only: an event's place is passed as one, bytes from the block's begin to its
 * envelope, a multiple of 8, and the number of its ring in the low bits.
 */
#ifndef FCD_BPF_EVENT_H
#define FCD_BPF_EVENT_H

#define ENVELOPE	  sizeof(struct fcd_envelope)
#define PLACE_RING(place) ((place) & (PROBE_RINGS_ROOM - 1))

/* Fixed-size parts of one event, which nobody checks, take less than this. */
#define FIXED_ROOM 1024

struct fcd {
	struct task_struct *task;
	struct pt_regs *regs;
	void *ctx;
	s64 ret;
	u64 place;
	struct block *b;
	struct probe_frame *f; /* of an event of variable size, else NULL */
	u8 *rec;	       /* the event; its envelope is before it */
	u32 pos;	       /* of an event of fixed size: a constant */
	u32 start;
	u64 two[2]; /* its arguments, if is_each */
	u32 turn;
	u64 compat; /* of a 32-bit caller, regs as a number: what a global function takes; else 0 */
	bool is_each; /* a constant: of several events of one call, each in its own function */
	bool is_hot;  /* a constant: everything is looked at, and runs, in one function */
};

FCD_FN bool is_compat(struct fcd *c)
{
	return c->f ? c->f->compat : c->compat;
}

/* Begin an event that needs `need` bytes at once: take a ring, find room. 0: dropped and counted. */
FCD_FN u64 event_open_here(u64 need, u32 is_priority)
{
	struct block *own = block_get();
	struct fcd_block *b;
	u64 left;
	u32 l;

	if (!own) {
		__sync_fetch_and_add(&state.no_ring, 1);
		return 0;
	}
	b = &own->shared;
	l = is_priority ? ring_take_priority(b, need) : ring_take(b);
	/* Not before: what is produced and not ended is in a ring that is busy. */
	b->produced++;
	if (l >= PROBE_RINGS) {
		b->drop_nested++;
		return 0;
	}
	left = ring_free(b, l, need);
	if (!left) {
		b->prod[PROBE_RING(l)].drop_full++;
		WRITE_ONCE(b->prod[PROBE_RING(l)].busy, 0);
		return 0;
	}
	own->own.frame[PROBE_RING(l)].free = left;
	return (config.ring_offset[PROBE_RING(l)] +
		(b->prod[PROBE_RING(l)].head & config.ring_mask[PROBE_RING(l)])) |
	       l;
}

__noinline u64 event_open_once(u64 need, u32 is_priority)
{
	return event_open_here(need, is_priority);
}

FCD_FN u64 event_open(struct fcd *c, u64 need, u32 is_priority)
{
	return c->is_hot ? event_open_here(need, is_priority) : event_open_once(need, is_priority);
}

/* Where it is written. False: never, but who can know. */
FCD_FN bool event_at(struct fcd *c, u64 place)
{
	u64 at = place & ~(u64)(PROBE_RINGS_ROOM - 1);

	c->place = place;
	c->b = block_get();
	if (!at || at > config.offset_max || !c->b)
		return false;
	c->rec = (u8 *)c->b + at + ENVELOPE;
	return true;
}

/* It may grow, and how far. */
FCD_FN void event_grows(struct fcd *c)
{
	u64 left;

	c->f = &c->b->own.frame[PLACE_RING(c->place)];
	left = c->f->free;
	left = (left < FCD_RECORD_MAX ? left : FCD_RECORD_MAX) - ENVELOPE;
	c->f->limit = left - FIXED_ROOM;
	c->f->bad = 0;
	c->f->compat = c->compat;
}

/* One that grows, in a function of its own. */
FCD_FN bool event_resume(struct fcd *c, u64 place)
{
	if (!event_at(c, place))
		return false;
	c->f = &c->b->own.frame[PLACE_RING(place)];
	c->task = current_task();
	return true;
}

/* FCD_PART of core/fill/interface.h: what it is given, and the place. */
#define FCD_PART(name, params, args)                                                               \
	FCD_FN u32 body_##name(struct fcd *c params);                                              \
	__noinline u32 part_##name(u64 place params)                                               \
	{                                                                                          \
		struct fcd cc = {};                                                                \
		if (!event_resume(&cc, place))                                                     \
			return 0;                                                                  \
		return body_##name(&cc args);                                                      \
	}                                                                                          \
	FCD_FN u32 name(struct fcd *c params)                                                      \
	{                                                                                          \
		return c->is_hot ? body_##name(c args) : part_##name(c->place args);               \
	}                                                                                          \
	FCD_FN u32 body_##name(struct fcd *c params)

/* Header and envelope; by casts, for a store through a packed struct is one per byte. */
FCD_FN void event_head(struct fcd *c, u64 who, u32 type, u32 nparams)
{
	*(u64 *)(c->rec - 16) = (who & 0xffffffff00000000ull) | c->b->shared.cpu;
	*(u64 *)(c->rec - 8) = 0;
	*(u64 *)(c->rec + 8) = (u32)who;
	*(u16 *)(c->rec + 20) = type;
	*(u32 *)(c->rec + 22) = nparams;
}

/*
 * End it. The clock last: its fence overlaps with the stores, and an event that an
 * interrupt held up is not late for the merge.
 */
FCD_FN void event_end(struct fcd *c, u32 bytes)
{
	*(u64 *)(c->rec - 24) = (bytes + ENVELOPE) | (u64)FCD_EVENT << 32 |
				(is_compat(c) ? (u64)FCD_COMPAT << 48 : 0);
	*(u32 *)(c->rec + 16) = bytes;
	*(volatile u64 *)c->rec = bpf_ktime_get_boot_ns();
	ring_publish(&c->b->shared, PLACE_RING(c->place), bytes + ENVELOPE);
}

/* Of variable size: it may not have fitted, because of the ring, or of the limit of all events. */
FCD_FN void event_end_grown(struct fcd *c)
{
	struct fcd_ring_prod *p = &c->b->shared.prod[PLACE_RING(c->place)];
	u32 bytes = c->f->pos;

	if (!c->f->bad && bytes <= FCD_EVENT_MAX) {
		event_end(c, bytes);
		return;
	}
	if (c->f->free < FCD_RECORD_MAX)
		p->drop_full++;
	else
		p->drop_too_big++;
	WRITE_ONCE(p->busy, 0);
}

__noinline int event_close_once(u64 place, u32 bytes, u32 compat)
{
	struct fcd cc = { .compat = compat };

	if (event_at(&cc, place))
		event_end(&cc, bytes);
	return 0;
}

__noinline int event_close_grown_once(u64 place)
{
	struct fcd cc = {};

	if (event_resume(&cc, place))
		event_end_grown(&cc);
	return 0;
}

/* bytes: of an event of fixed size, else 0. */
FCD_FN void event_close(struct fcd *c, u32 bytes)
{
	if (c->is_hot && bytes)
		event_end(c, bytes);
	else if (c->is_hot)
		event_end_grown(c);
	else if (bytes)
		event_close_once(c->place, bytes, c->compat != 0);
	else
		event_close_grown_once(c->place);
}

#endif
