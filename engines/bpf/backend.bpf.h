/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* backend.bpf.h - call, output and user memory of core/fill/interface.h, for BPF programs. */
#ifndef FCD_BPF_BACKEND_H
#define FCD_BPF_BACKEND_H

#include "engines/bpf/kernel.bpf.h"
#include "engines/bpf/event.bpf.h"

/*
 * A value that the verifier sees as at most max. Without the asm clang proves
 * the bound itself from another copy of the value and drops the comparison.
 */
#define bound(v, max)                                                                              \
	({                                                                                         \
		u64 b_ = (v);                                                                      \
		asm volatile("" : "+r"(b_));                                                       \
		if (b_ > (max))                                                                    \
			b_ = (max);                                                                \
		asm volatile("" : "+r"(b_));                                                       \
		b_;                                                                                \
	})

/* ---- the call ---- */

FCD_FN s64 ret(struct fcd *c)
{
	return c->ret;
}

FCD_FN u32 snaplen(struct fcd *c)
{
	return config.snaplen;
}

FCD_FN u64 hash_key(struct fcd *c, int i)
{
	return config.hash_key[i];
}

/* Of registers that are only a number: see arg32(). */
#define FCD_REG32(regs, name) BPF_PROBE_READ(regs, name)
#include "core/fill/regs.h"

/* Argument of a 32-bit call; those of some lie in an array of the caller. */
__noinline u64 arg32(u64 at, u32 i)
{
	struct pt_regs *regs = (void *)at;
	int array = ia32_array(FCD_REG32(regs, orig_ax));
	u32 v = 0;

	if (array < 0)
		return regs_arg32(regs, i);
	bpf_probe_read_user(&v, 4, (void *)(u64)(regs_arg32(regs, array) + 4 * i));
	return v;
}

FCD_FN u64 arg(struct fcd *c, int i)
{
	if (c->is_each)
		return c->two[i & 1];
	return is_compat(c) ? arg32(c->compat, i) : regs_arg(c->regs, i);
}

#define MASK 0xffff

/* ---- output ---- */

/*
 * The position of a variable event is kept in the map, not in a register: what
 * comes from memory is an unknown number each time, so that the paths through
 * a loop are equal to the verifier after each turn. In a register it would
 * follow each path's own range, a million instructions for 32 turns. The same
 * holds for the ring that was taken and for the width of the caller.
 */
FCD_FN u32 pos(struct fcd *c)
{
	return c->f ? c->f->pos : c->pos;
}

FCD_FN void pos_add(struct fcd *c, s32 n)
{
	if (c->f)
		c->f->pos += n;
	else
		c->pos += n;
}

FCD_FN u8 *out_at(struct fcd *c)
{
	return c->rec + (c->f ? c->f->pos & MASK : c->pos);
}

/* Where the next `width` bytes of fixed size go. */
FCD_FN u8 *out_take(struct fcd *c, u32 width)
{
	u64 at = c->f ? c->f->pos : c->pos;

	if (c->f)
		c->f->pos = at + width;
	else
		c->pos = at + width;
	return c->rec + (c->f ? at & MASK : at);
}

/* Bytes that a variable part may take, at most max. */
FCD_FN u64 out_room(struct fcd *c, u64 max)
{
	u64 at = c->f->pos, limit = c->f->limit;

	if (at >= limit)
		return 0;
	return bound(limit - at < max ? limit - at : max, MASK);
}

FCD_FN void out_int(struct fcd *c, u64 v, u32 width)
{
	u8 *p = out_take(c, width);

	if (width == 1)
		*p = v;
	else if (width == 2)
		*(u16 *)p = v;
	else if (width == 4)
		*(u32 *)p = v;
	else
		*(u64 *)p = v;
}

FCD_FN void out_len(struct fcd *c, u32 idx, u32 len)
{
	*(u16 *)(c->rec + FCD_EVENT_HEADER + 2 * idx) = len;
}

FCD_FN void out_open(struct fcd *c)
{
	c->start = pos(c);
}

FCD_FN u32 out_size(struct fcd *c)
{
	return pos(c) - c->start;
}

FCD_FN void out_close(struct fcd *c, u32 idx)
{
	out_len(c, idx, out_size(c));
}

FCD_FN void out_mem(struct fcd *c, const void *p, u32 len)
{
	__builtin_memcpy(out_take(c, len), p, len);
}

FCD_FN void out_kstr(struct fcd *c, const void *p, u32 max)
{
	u64 n = out_room(c, max);
	long len = n ? bpf_probe_read_kernel_str(out_at(c), n, p) : 0;

	if (len > 0)
		pos_add(c, len);
	if (n < max && len >= (long)n)
		c->f->bad = 1;
}

/* The same of an address that was read, which is a number to the verifier. */
FCD_PART(out_name, FCD_ARGS(u64 p, u32 max), FCD_ARGS(p, max))
{
	out_kstr(c, (void *)p, max);
	return 0;
}

/* NULL is asked for first everywhere: a read of it is a real page fault, microseconds. */
FCD_PART(out_ustr, FCD_ARGS(u64 uptr, u32 max), FCD_ARGS(uptr, max))
{
	u64 n = out_room(c, max);
	u8 *dst = out_at(c);
	long len;

	if (!uptr)
		return 0;
	if (!n) {
		c->f->bad = 1;
		return 0;
	}
	len = bpf_probe_read_user_str(dst, n, (void *)uptr);
	if (len < 0) {
		c->b->shared.faults++;
		return 0;
	}
	if (!len) { /* "" gives 0 on older kernels, 1 on newer */
		*dst = 0;
		len = 1;
	}
	if (n < max && len >= (long)n)
		c->f->bad = 1;
	pos_add(c, len);
	return len;
}

FCD_PART(out_ubuf, FCD_ARGS(u64 uptr, u32 want), FCD_ARGS(uptr, want))
{
	u64 n = out_room(c, want);

	if (!uptr || !want)
		return 0;
	if (n < want) {
		c->f->bad = 1;
		return 0;
	}
	if (bpf_probe_read_user(out_at(c), n, (void *)uptr)) {
		c->b->shared.faults++;
		return 0;
	}
	pos_add(c, n);
	return n;
}

FCD_FN u32 out_ubuf_nul(struct fcd *c, u64 uptr, u32 len)
{
	len = out_ubuf(c, uptr, len);
	if (len)
		c->rec[(pos(c) - 1) & MASK] = 0;
	return len;
}

/* ---- user memory ---- */

/* dst is zero already: a memset of variable length cannot be had. */
FCD_FN int user_read_zeroed(struct fcd *c, void *dst, u64 uptr, u32 len)
{
	if (!uptr)
		return -EFAULT;
	if (!bpf_probe_read_user(dst, len, (void *)uptr)) /* zeroes dst when it fails */
		return 0;
	c->b->shared.faults++;
	return -EFAULT;
}

FCD_FN int user_read(struct fcd *c, void *dst, u64 uptr, u32 len)
{
	if (!uptr)
		__builtin_memset(dst, 0, len);
	return user_read_zeroed(c, dst, uptr, len);
}

#define user_read_max(c, dst, uptr, len, max) user_read_zeroed(c, dst, uptr, bound(len, max))

#endif
