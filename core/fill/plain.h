/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * plain.h - output, parts and user memory of interface.h for backends that write plain memory:
 * all but BPF. Such a backend has `struct fcd_out out` in its struct fcd, provides
 *
 *	int peek_user(c, dst, uptr, len)	all of it, or -EFAULT
 *	long peek_user_str(c, dst, uptr, max)	bytes before the NUL; max: there is none in
 *						max bytes; or -EFAULT
 *	void count_fault(c)
 *
 * of which the first two are never asked for NULL, and then includes this file.
 */
#ifndef FCD_FILL_PLAIN_H
#define FCD_FILL_PLAIN_H

FCD_FN int peek_user(struct fcd *c, void *dst, u64 uptr, u32 len);
FCD_FN long peek_user_str(struct fcd *c, void *dst, u64 uptr, u32 max);
FCD_FN void count_fault(struct fcd *c);

#define FCD_PART(name, params, args) FCD_FN u32 name(struct fcd *c params)
#define FCD_PURE		     FCD_FN

#define bound(v, max)                                                                              \
	({                                                                                         \
		u64 b_ = (v);                                                                      \
		b_ < (max) ? b_ : (max);                                                           \
	})

/* ---- output ---- */

/* Begin an event at p whose parameters' lengths take `lens` bytes. */
FCD_FN void out_begin(struct fcd *c, void *p, u32 lens, u32 limit)
{
	c->out = (struct fcd_out){ .event = p, .pos = FCD_EVENT_HEADER + lens, .limit = limit };
}

/* Where the next len bytes go; NULL: they do not fit. */
FCD_FN u8 *out_take(struct fcd *c, u32 len)
{
	u8 *at = c->out.event + c->out.pos;

	if (c->out.pos > c->out.limit || len > c->out.limit - c->out.pos) {
		c->out.is_cut = true;
		return NULL;
	}
	c->out.pos += len;
	return at;
}

FCD_FN void out_mem(struct fcd *c, const void *p, u32 len)
{
	u8 *at = out_take(c, len);

	if (at)
		memcpy(at, p, len);
}

FCD_FN void out_int(struct fcd *c, u64 v, u32 width)
{
	out_mem(c, &v, width);
}

FCD_FN void out_len(struct fcd *c, u32 idx, u32 len)
{
	u16 l = len;

	memcpy(c->out.event + FCD_EVENT_HEADER + 2 * idx, &l, sizeof(l));
}

FCD_FN void out_open(struct fcd *c)
{
	c->out.start = c->out.pos;
}

FCD_FN u32 out_size(struct fcd *c)
{
	return c->out.pos - c->out.start;
}

FCD_FN void out_close(struct fcd *c, u32 idx)
{
	out_len(c, idx, out_size(c));
}

FCD_FN void out_kstr(struct fcd *c, const char *p, u32 max)
{
	out_mem(c, p, strnlen(p, max - 1));
	out_int(c, 0, 1);
}

FCD_FN u32 out_ustr(struct fcd *c, u64 uptr, u32 max)
{
	u8 *at = c->out.event + c->out.pos;
	u32 room = c->out.pos < c->out.limit ? min_u32(c->out.limit - c->out.pos, max) : 0;
	long len;

	if (!uptr)
		return 0;
	len = room ? peek_user_str(c, at, uptr, room) : 0;
	if (len < 0) {
		count_fault(c);
		return 0;
	}
	if (len >= room) {
		c->out.is_cut |= room < max;
		len = (long)room - 1;
	}
	if (len < 0)
		return 0;
	at[len] = 0;
	c->out.pos += len + 1;
	return len + 1;
}

FCD_FN u32 out_ubuf(struct fcd *c, u64 uptr, u32 len)
{
	u8 *at;

	if (!uptr || !len)
		return 0;
	at = out_take(c, len);
	if (!at)
		return 0;
	if (!peek_user(c, at, uptr, len))
		return len;
	c->out.pos -= len;
	count_fault(c);
	return 0;
}

FCD_FN u32 out_ubuf_nul(struct fcd *c, u64 uptr, u32 len)
{
	len = out_ubuf(c, uptr, len);
	if (len)
		c->out.event[c->out.pos - 1] = 0;
	return len;
}

/* ---- user memory ---- */

FCD_FN int user_read(struct fcd *c, void *dst, u64 uptr, u32 len)
{
	if (uptr && !peek_user(c, dst, uptr, len))
		return 0;
	memset(dst, 0, len);
	if (uptr)
		count_fault(c);
	return -EFAULT;
}

#define user_read_max(c, dst, uptr, len, max) user_read(c, dst, uptr, bound(len, max))

#endif
