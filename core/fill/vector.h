/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* vector.h - data that lies in several pieces, struct iovec, of both widths. */
#ifndef FCD_FILL_VECTOR_H
#define FCD_FILL_VECTOR_H

#define VEC_MAX 32 /* elements that are looked at */

struct fcd_iovec {
	u64 base, len;
};

FCD_FN u32 vec_width(struct fcd *c)
{
	return is_compat(c) ? 8 : 16;
}

FCD_FN int vec_get(struct fcd *c, struct fcd_iovec *v, u64 at)
{
	u32 half[2];
	int err;

	if (!is_compat(c))
		return user_read(c, v, at, sizeof(*v));
	err = user_read(c, half, at, sizeof(half));
	v->base = half[0];
	v->len = half[1];
	return err;
}

/* The kernel takes a vector that it can read as a whole, or none of it. */
FCD_FN bool vec_is_readable(struct fcd *c, u64 vec, u32 count)
{
	struct fcd_iovec last;

	return vec && count && !vec_get(c, &last, vec + (u64)(count - 1) * vec_width(c));
}

/* The data of one element, at most `left` bytes. 0: it has some, but it cannot be read. */
FCD_PART(out_vec_one, FCD_ARGS(u64 at, u32 left), FCD_ARGS(at, left))
{
	struct fcd_iovec v;

	if (vec_get(c, &v, at))
		return 0;
	return !v.len || out_ubuf(c, v.base, min_u32(v.len, left));
}

/* The first `limit` bytes, up to where they cannot be read. */
FCD_PART(out_vec, FCD_ARGS(u64 vec, u32 count, u32 limit), FCD_ARGS(vec, count, limit))
{
	out_open(c);
	if (!limit || !vec_is_readable(c, vec, count))
		return 0;
	for (u32 i = 0; i < VEC_MAX; i++) {
		u32 left = limit - bound(out_size(c), limit);

		if (i >= count || !left || !out_vec_one(c, vec + i * vec_width(c), left))
			break;
	}
	return 0;
}

/* How many bytes the elements have room for. */
FCD_PART(vec_sum, FCD_ARGS(u64 vec, u32 count), FCD_ARGS(vec, count))
{
	u32 sum = 0;

	if (!vec_is_readable(c, vec, count))
		return 0;
	for (u32 i = 0; i < VEC_MAX; i++) {
		struct fcd_iovec v;

		if (i >= count || vec_get(c, &v, vec + i * vec_width(c)))
			break;
		sum += v.len;
	}
	return sum;
}

#endif
