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

/* Where it is written. False: never, but who can know. */
FCD_FN bool event_at(struct fcd *c, struct block *b, u64 place)
{
	u64 at = place & ~(u64)(PROBE_RINGS_ROOM - 1);

	if (!b || at > config.offset_max)
		return false;
	c->place = place;
	c->b = b;
	c->rec = (u8 *)b + at + ENVELOPE;
	return true;
}

/* One that grows, in a function of its own. */
FCD_FN bool event_resume(struct fcd *c, u64 place)
{
	if (!event_at(c, block_get(), place))
		return false;
	c->f = &c->b->own.frame[PLACE_RING(place)];
	c->task = current_task();
	return true;
}

/* The place of one that needs `need` bytes at once: take a ring, find room. 0: dropped and counted. */
FCD_FN u64 event_take(struct block *own, u64 need, u32 is_priority)
{
	struct fcd_block *b = &own->shared;
	u32 l = is_priority ? ring_take_priority(b, need) : ring_take(b);
	u64 left;

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

/* Header and envelope; by casts, for a store through a packed struct is one per byte. */
FCD_FN void event_head(struct fcd *c, u64 who, u32 type, u32 nparams)
{
	*(u64 *)(c->rec - 16) = (who & 0xffffffff00000000ull) | c->b->shared.cpu;
	*(u64 *)(c->rec - 8) = 0;
	*(u64 *)(c->rec + 8) = (u32)who;
	*(u16 *)(c->rec + 20) = type;
	*(u32 *)(c->rec + 22) = nparams;
}

/* It may grow, and how far. */
FCD_FN void event_grows(struct fcd *c, u32 nparams)
{
	u64 left;

	c->f = &c->b->own.frame[PLACE_RING(c->place)];
	left = c->f->free;
	left = (left < FCD_RECORD_MAX ? left : FCD_RECORD_MAX) - ENVELOPE;
	c->f->limit = left - FIXED_ROOM;
	c->f->bad = 0;
	c->f->compat = c->compat;
	c->f->pos = FCD_EVENT_HEADER + 2 * nparams;
}

enum {
	EVENT_PRIORITY = 0x1,
	EVENT_OF_ALL = 0x2 /* also of the engine's own process: the canary's */
};

/* bytes: of an event of fixed size, else 0. False: it is not wanted, or there is no room. */
FCD_FN bool event_begin_here(struct fcd *c, u32 bytes, u32 type, u32 nparams, u32 flags)
{
	u64 who = bpf_get_current_pid_tgid(), place;
	struct block *own;

	if ((u32)(who >> 32) == state.self && !(flags & EVENT_OF_ALL))
		return false;
	own = block_get_here();
	if (!own) {
		__sync_fetch_and_add(&state.no_ring, 1);
		return false;
	}
	place = event_take(own, (bytes ? bytes : 2 * FIXED_ROOM) + ENVELOPE,
			   flags & EVENT_PRIORITY);
	if (!place || !event_at(c, own, place))
		return false;
	event_head(c, who, type, nparams);
	if (!bytes)
		event_grows(c, nparams);
	return true;
}

/* Its place, or 0. */
__noinline u64 event_begin_once(u32 bytes, u32 type, u32 nparams, u32 flags, u64 compat)
{
	struct fcd cc = { .compat = compat };

	return event_begin_here(&cc, bytes, type, nparams, flags) ? cc.place : 0;
}

FCD_FN bool event_begin(struct fcd *c, u32 bytes, u32 type, u32 nparams, u32 flags)
{
	u64 place;

	c->pos = FCD_EVENT_HEADER + 2 * nparams;
	if (c->is_hot)
		return event_begin_here(c, bytes, type, nparams, flags);
	place = event_begin_once(bytes, type, nparams, flags, c->compat);
	if (!place || !event_at(c, block_get(), place))
		return false;
	if (!bytes)
		c->f = &c->b->own.frame[PLACE_RING(place)];
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

	if (event_at(&cc, block_get(), place))
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
