/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* message.h - messages: sendto, recvfrom, and those with a struct msghdr. */

/* The descriptor of a call that was done; else one that has no tuple. */
FCD_FN s32 socket_if(struct fcd *c, bool is_done)
{
	return is_done ? (s32)arg(c, 0) : -1;
}

FILL(sendto, SOCKET_SENDTO_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_out(c, ret(c), arg(c, 2)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_OUT, arg(c, 4));
}

FILL(recvfrom, SOCKET_RECVFROM_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_in(c, ret(c)));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_IN, arg(c, 4));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
}

/* struct msghdr. */
struct fcd_msg {
	u64 name, name_len, vec, count, control, control_len, flags;
};

#define MSG_WORDS 7
#define MSG_BYTES (8 * MSG_WORDS)

/* Where message i of an array begins. */
FCD_FN u64 msg_at(struct fcd *c, u64 array, u32 i)
{
	return array + i * (is_compat(c) ? 4 * MSG_WORDS + 4 : MSG_BYTES + 8);
}

/* Zeros, and an error, if it cannot be read. In place: old kernels add up the stacks of functions. */
FCD_FN int msg_get(struct fcd *c, struct fcd_msg *m, u64 at)
{
	u32 h[MSG_WORDS];
	int err;

	if (!is_compat(c))
		return user_read(c, m, at, sizeof(*m));
	err = user_read(c, h, at, sizeof(h));
	*m = (struct fcd_msg){ h[0], h[1], h[2], h[3], h[4], h[5], h[6] };
	return err;
}

/* The message of this turn and its bytes, which the kernel has noted behind it; or none. */
FCD_FN u32 msg_of_turn(struct fcd *c, struct fcd_msg *m)
{
	u64 at = ret(c) > 0 ? msg_at(c, arg(c, 1), turn(c)) : 0;
	u32 done = 0;

	msg_get(c, m, at);
	if (at)
		user_read(c, &done, at + (is_compat(c) ? 4 * MSG_WORDS : MSG_BYTES), 4);
	return done;
}

/* Of control messages, so that an event of them is not too big: the caller can change the length. */
#define CONTROL_LEN 60000

/* Those that arrived. */
#define P_CONTROL(name, m) P_BUF(name, (m).control, min_u32((m).control_len, CONTROL_LEN))

FILL(sendmsg, SOCKET_SENDMSG_X)
{
	struct fcd_msg m;
	int err = msg_get(c, &m, arg(c, 1));

	P_RET(res);
	P_VEC(data, m.vec, m.count, snap_out(c, ret(c), -1));
	P(fd, arg(c, 0));
	if (err)
		P_EMPTY(size);
	else
		P(size, vec_sum(c, m.vec, m.count));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_OUT, m.name);
}

FILL(recvmsg, SOCKET_RECVMSG_X)
{
	struct fcd_msg m;

	msg_get(c, &m, ret(c) >= 0 ? arg(c, 1) : 0);
	P_RET(res);
	P(size, ret(c) > 0 ? ret(c) : 0);
	P_VEC(data, m.vec, m.count, snap_in(c, ret(c)));
	P_TUPLE(tuple, socket_if(c, ret(c) >= 0), DIR_IN, m.name);
	P_CONTROL(msgcontrol, m);
	P(fd, arg(c, 0));
}

/* As many events as messages; one of none, if there are none. */
FILL_EACH(sendmmsg, SOCKET_SENDMMSG_X, ret(c))
{
	struct fcd_msg m;
	u32 done = msg_of_turn(c, &m);

	P(res, ret(c) > 0 ? done : ret(c));
	P(fd, arg(c, 0));
	P(size, vec_sum(c, m.vec, m.count));
	P_VEC(data, m.vec, m.count, snap_out(c, done, -1));
	P_TUPLE(tuple, socket_if(c, ret(c) > 0), DIR_OUT, m.name);
}

FILL_EACH(recvmmsg, SOCKET_RECVMMSG_X, ret(c))
{
	struct fcd_msg m;
	u32 done = msg_of_turn(c, &m);

	P(res, ret(c) > 0 ? done : ret(c));
	P(fd, arg(c, 0));
	P(size, done);
	P_VEC(data, m.vec, m.count, snap_in(c, done));
	P_TUPLE(tuple, socket_if(c, ret(c) > 0), DIR_IN, m.name);
	P_CONTROL(msgcontrol, m);
}
