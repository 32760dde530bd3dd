/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * backend.h - call, user memory and output of core/fill/interface.h, for the module. Runs
 * inside tracepoints with preemption off: nothing here may sleep, take a lock or fault a
 * page in.
 */
#ifndef FCD_KMOD_BACKEND_H
#define FCD_KMOD_BACKEND_H

struct fcd {
	struct fcd_consumer *consumer;
	struct fcd_cpu *cpu;
	struct pt_regs *regs;
	struct linux_binprm *bprm;
	const struct kernel_siginfo *info;
	int sig;
	s64 ret;
	u64 free; /* bytes that the ring had */
	u32 ring, turn;
	bool compat;
	struct fcd_out out;
};

#include "core/fill/plain.h"
#include "core/fill/numbers.h"
#define FCD_REG32(regs, name) ((regs)->name)
#include "core/fill/regs.h"

/* ---- the call ---- */

FCD_FN s64 ret(struct fcd *c)
{
	return c->ret;
}

FCD_FN u32 snaplen(struct fcd *c)
{
	return c->consumer->snaplen;
}

FCD_FN u64 hash_key(struct fcd *c, int i)
{
	return c->consumer->hash_key[i];
}

FCD_FN bool is_compat(struct fcd *c)
{
	return c->compat;
}

FCD_FN u32 call_nr(struct fcd *c)
{
	return c->compat ? ia32_nr(c->regs->orig_ax, c->regs->bx) : (u32)c->regs->orig_ax;
}

FCD_FN u32 caller_nr(struct fcd *c)
{
	return c->regs->orig_ax;
}

FCD_FN u32 turn(struct fcd *c)
{
	return c->turn;
}

/* Argument of a 32-bit call; those of some lie in an array of the caller. */
static noinline u64 arg32(struct pt_regs *regs, u32 i)
{
	int array = ia32_array(regs->orig_ax);
	u32 v = 0;

	if (array < 0)
		return regs_arg32(regs, i);
	if (copy_from_user_nofault(&v, compat_ptr(regs_arg32(regs, array) + 4 * i), sizeof(v)))
		v = 0;
	return v;
}

FCD_FN u64 arg(struct fcd *c, int i)
{
	return c->compat ? arg32(c->regs, i) : regs_arg(c->regs, i);
}

/* ---- user memory ---- */

FCD_FN void count_fault(struct fcd *c)
{
	c->cpu->block->faults++;
}

FCD_FN int peek_user(struct fcd *c, void *dst, u64 uptr, u32 len)
{
	return copy_from_user_nofault(dst, (const void __user *)uptr, len) ? -EFAULT : 0;
}

FCD_FN long peek_user_str(struct fcd *c, void *dst, u64 uptr, u32 max)
{
	long len;

	pagefault_disable();
	len = strncpy_from_user(dst, (const void __user *)uptr, max);
	pagefault_enable();
	return len;
}

/* ---- kernel memory that another CPU may free meanwhile: garbage then, but no fault ---- */

#define PEEK(place)                                                                                \
	({                                                                                         \
		__typeof__(place) v_;                                                              \
		if (copy_from_kernel_nofault(&v_, &(place), sizeof(v_)))                           \
			memset(&v_, 0, sizeof(v_));                                                \
		v_;                                                                                \
	})

/* At most `len` bytes, up to where they cannot be read; a NUL behind them. */
FCD_FN void peek_bytes(char *dst, const char *src, u32 len)
{
	u32 first = min_u32(PAGE_SIZE - offset_in_page(src), len);

	if (copy_from_kernel_nofault(dst, src, first))
		first = len = 0;
	if (first < len && !memchr(dst, 0, first) &&
	    !copy_from_kernel_nofault(dst + first, src + first, len - first))
		first = len;
	dst[first] = 0;
}

/* ---- an event around a filler ---- */

#define ENVELOPE sizeof(struct fcd_envelope)
/* More than the parts of fixed size of any event of variable size. */
#define VARIABLE_LEAST 2048

/* Take a ring and find room. False: dropped and counted. */
FCD_FN bool event_begin(struct fcd *c, u32 fixed, u32 nparams, bool is_priority)
{
	struct fcd_consumer *k = c->consumer;
	struct fcd_block *b;
	u32 cpu = raw_smp_processor_id(), l;
	u64 need = ENVELOPE + (fixed ? fixed : VARIABLE_LEAST);

	c->cpu = smp_load_acquire(&k->by_cpu[cpu]);
	if (!c->cpu) {
		atomic64_inc(&k->no_ring);
		return false;
	}
	b = c->cpu->block;
	l = is_priority ? ring_take_priority(b, k->bytes, need) : ring_take(b);
	/* Not before: what is produced and not ended is in a ring that is busy. */
	b->produced++;
	if (l == FCD_KMOD_RINGS) {
		b->drop_nested++;
		return false;
	}
	c->free = ring_free(b, l, k->bytes[l], need);
	if (!c->free) {
		b->prod[l].drop_full++;
		ring_leave(b, l);
		return false;
	}
	c->ring = l;
	out_begin(c, (u8 *)b + k->place[l] + (b->prod[l].head & (k->bytes[l] - 1)) + ENVELOPE,
		  2 * nparams, min_u32(c->free - ENVELOPE, FCD_EVENT_MAX));
	return true;
}

/* It did not fit: because of the ring, or of the limit of all events. */
static noinline void event_drop(struct fcd *c)
{
	struct fcd_ring_prod *p = &c->cpu->block->prod[c->ring];

	if (c->free < FCD_RECORD_MAX)
		p->drop_full++;
	else
		p->drop_too_big++;
	ring_leave(c->cpu->block, c->ring);
}

/* The clock last: an event that an interrupt held up is not late for the merge. */
FCD_FN void event_end(struct fcd *c, u32 type, u32 nparams)
{
	struct fcd_event *e = (void *)c->out.event;
	struct fcd_envelope *env = (void *)(c->out.event - ENVELOPE);
	u32 bytes = c->out.pos;

	if (c->out.is_cut) {
		event_drop(c);
		return;
	}
	*env = (struct fcd_envelope){
		.bytes = bytes + ENVELOPE,
		.kind = FCD_EVENT,
		.flags = c->compat ? FCD_COMPAT : 0,
		.cpu = c->cpu->cpu,
		.tgid = current->tgid,
	};
	e->tid = current->pid;
	e->bytes = bytes;
	e->type = type;
	e->nparams = nparams;
	e->ts_ns = ktime_get_boot_fast_ns();
	ring_publish(c->consumer, c->cpu->block, c->ring, bytes + ENVELOPE);
}

#endif
