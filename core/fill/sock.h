/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* sock.h - SOCKADDR and SOCKTUPLE. */
#ifndef FCD_FILL_SOCK_H
#define FCD_FILL_SOCK_H

/* A sockaddr of any family: what follows the family lies where sockaddr_in and _in6 have it. */
struct fcd_user_addr {
	u16 family, port; /* port in network order */
	u8 b[124];	  /* in: address at 0; in6: at 4; un: path begins in port */
};

#define ROTL(v, n) ((v) << (n) | (v) >> (64 - (n)))

/* SipHash-2-4 of one word. */
FCD_PURE u64 siphash_word(u64 k0, u64 k1, u64 m)
{
	u64 v0 = k0 ^ 0x736f6d6570736575ull, v1 = k1 ^ 0x646f72616e646f6dull;
	u64 v2 = k0 ^ 0x6c7967656e657261ull, v3 = k1 ^ 0x7465646279746573ull ^ m;

#pragma GCC unroll 8
	for (int i = 0; i < 8; i++) {
		v0 += v1, v1 = ROTL(v1, 13) ^ v0, v0 = ROTL(v0, 32);
		v2 += v3, v3 = ROTL(v3, 16) ^ v2;
		v0 += v3, v3 = ROTL(v3, 21) ^ v0;
		v2 += v1, v1 = ROTL(v1, 17) ^ v2, v2 = ROTL(v2, 32);
		if (i == 1) { /* after the message, its length */
			v0 ^= m;
			m = 8ull << 56;
			v3 ^= m;
		}
		if (i == 3) { /* finish */
			v0 ^= m;
			v2 ^= 0xff;
		}
	}
	return v0 ^ v1 ^ v2 ^ v3;
}

/*
 * Who a unix socket is: a keyed hash of the kernel's address. Subscribers may compare two of
 * them; the address itself would help to attack the kernel.
 */
FCD_FN u64 unix_id(struct fcd *c, u64 address)
{
	return address ? siphash_word(hash_key(c, 0), hash_key(c, 1), address) : 0;
}

/* SOCKADDR from user memory. Bytes past len count as zero, as in the kernel's own buffer. */
FCD_PART(out_addr, FCD_ARGS(u64 uptr, u32 len), FCD_ARGS(uptr, len))
{
	struct fcd_user_addr a = { 0 };

	if (!uptr || !len || user_read_max(c, &a, uptr, len, sizeof(a)))
		return 0;
	if (a.family == SOCK_INET) {
		out_int(c, SOCK_INET, 1);
		out_mem(c, a.b, 4);
		out_int(c, __builtin_bswap16(a.port), 2);
	} else if (a.family == SOCK_INET6) {
		out_int(c, SOCK_INET6, 1);
		out_mem(c, a.b + 4, 16);
		out_int(c, __builtin_bswap16(a.port), 2);
	} else if (a.family == SOCK_UNIX) {
		const char *path = (const char *)&a + sizeof(a.family);

		out_int(c, SOCK_UNIX, 1);
		out_kstr(c, path + bound(!path[0], 1), UNIX_PATH_LEN);
	}
	return 0;
}

FCD_FN void out_end(struct fcd *c, const u8 *ip, u16 port, u16 family)
{
	if (family == SOCK_INET)
		out_mem(c, ip, 4);
	else
		out_mem(c, ip, 16);
	out_int(c, port, 2);
}

/* Remote end of an unconnected socket: from the address that the caller gave. */
FCD_FN void tuple_remote(struct fcd *c, struct fcd_sock *s, u64 uptr)
{
	struct {
		u16 family, port;
		u8 b[24];
	} a;

	if (!uptr || s->remote_port)
		return;
	if (s->family == SOCK_INET) {
		user_read(c, &a, uptr, 16);
		__builtin_memcpy(s->remote, a.b, 4);
	} else {
		user_read(c, &a, uptr, 28);
		__builtin_memcpy(s->remote, a.b + 4, 16);
	}
	s->remote_port = __builtin_bswap16(a.port);
}

FCD_FN void tuple_inet(struct fcd *c, const struct fcd_sock *s, int dir)
{
	out_int(c, s->family, 1);
	if (dir == DIR_OUT) {
		out_end(c, s->local, s->local_port, s->family);
		out_end(c, s->remote, s->remote_port, s->family);
	} else {
		out_end(c, s->remote, s->remote_port, s->family);
		out_end(c, s->local, s->local_port, s->family);
	}
}

/* The path of a sockaddr_un; an abstract name is behind a NUL. */
FCD_FN void out_user_unix_path(struct fcd *c, u64 uptr)
{
	u64 path = uptr + 2;
	u8 first;

	user_read(c, &first, path, sizeof(first));
	if (!out_ustr(c, path + !first, UNIX_PATH_LEN - !first))
		out_int(c, 0, 1);
}

/* The receiving end first, whatever the consumer calls it; the path is the receiver's. */
FCD_FN void tuple_unix(struct fcd *c, const struct fcd_sock *s, int dir, u64 uptr)
{
	u64 own = unix_id(c, s->id), peer = unix_id(c, s->peer_id);

	out_int(c, SOCK_UNIX, 1);
	out_int(c, dir == DIR_OUT ? peer : own, 8);
	out_int(c, dir == DIR_OUT ? own : peer, 8);
	if (dir == DIR_OUT && !s->has_peer && uptr)
		out_user_unix_path(c, uptr);
	else
		out_unix_path(c, s, dir == DIR_OUT);
}

FCD_PART(out_tuple, FCD_ARGS(s32 fd, int dir, u64 uptr), FCD_ARGS(fd, dir, uptr))
{
	struct fcd_sock s;

	if (sock_get(c, fd, &s))
		return 0;
	if (s.family == SOCK_UNIX) {
		tuple_unix(c, &s, dir, uptr);
	} else if (s.family == SOCK_INET || s.family == SOCK_INET6) {
		tuple_remote(c, &s, uptr);
		tuple_inet(c, &s, dir);
	}
	return 0;
}

#endif
