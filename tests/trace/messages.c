/* SPDX-License-Identifier: MIT */
/* messages.c - several messages in one call, sendmmsg and recvmmsg: an event for each. */
#include "message.h"

#include <unistd.h>

#define EVENTS	 16 /* as many of one call */
#define MESSAGES 20

#define CONTROL 60000 /* bytes of control messages, at most */

static char text[4096], room[MESSAGES][100], controls[MESSAGES][64];
static char headers[MESSAGES * 64], many[CONTROL + 1];
static char *edge;
static union addr names[MESSAGES];

struct way {
	const char *type;
	enum sock_call call;
	int is_out;
};

static const struct way sends = { "sendmmsg", CALL_SENDMMSG, 1 };
static const struct way receives = { "recvmmsg", CALL_RECVMMSG, 0 };

/* Where a message goes from, and to; NULL: it has no tuple. */
struct ends {
	const union addr *from, *to;
};

static void tell(const struct way *w, uint64_t fd, const char *at, const struct message *m,
		 const struct ends *ends)
{
	uint32_t done = message_done(at), control = m->control ? message_control_len(at) : 0;

	either_event(w->type);
	expect_int("res", done);
	expect_int("fd", (int32_t)fd);
	expect_u64("size", w->is_out ? pieces_sum(m->p, m->n) : done);
	if (w->is_out || done)
		expect_pieces(m->p, m->n, done ? done : SNAPLEN);
	if (ends)
		expect_tuple(ends->from, ends->to);
	if (!w->is_out)
		expect_bytes("msgcontrol", m->control, control < CONTROL ? control : CONTROL);
	expect_end();
}

/* One event, of no message, for a call that handled none. */
static long several(const struct way *w, uint64_t fd, const struct message *m, int n, int flags,
		    const struct ends *ends)
{
	static char vec[MESSAGES][16 * 8];
	char *at = headers, *to = at;
	long res;

	for (int i = 0; i < n; i++)
		to = store(message_store(to, vec[i], &m[i]), 0, WORD);
	res = sock_call(w->call, fd, ADDR(at), n, flags);
	if (res > 0) {
		for (int i = 0; i < res && i < EVENTS; i++)
			tell(w, fd, at + i * MMSG_BYTES, &m[i], &ends[i]);
		return res;
	}
	either_event(w->type);
	expect_int("res", res);
	expect_int("fd", (int32_t)fd);
	expect_u64("size", 0);
	expect_end();
	return res;
}

static void unreadable(const struct way *w, uint64_t fd)
{
	static const char *const at[] = { NULL, (char *)8 };
	long res;

	for (int i = 0; i < 3; i++) {
		res = sock_call(w->call, fd, ADDR(i < 2 ? at[i] : edge - 10), 1);
		either_event(w->type);
		expect_int("res", res);
		expect_int("fd", (int32_t)fd);
		expect_u64("size", 0);
		expect_end();
	}
}

static int bound(const union addr *at, socklen_t len, union addr *own)
{
	int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	trace_need(fd >= 0, "socket");
	trace_need(!bind(fd, &at->any, len), "bind");
	*own = addr_of(fd);
	return fd;
}

/* Message i: of i pieces and no more than 5, to one or the other. */
static void fill_out(struct message *m, struct piece p[][8], const union addr *to, socklen_t len)
{
	for (int i = 0; i < MESSAGES; i++) {
		for (int k = 0; k < 5; k++)
			p[i][k] = (struct piece){ text + 50 * i + 7 * k, 3 * i + k, 0 };
		m[i] = (struct message){ &to[i % 2], len, p[i], i % 6, NULL, 0 };
	}
}

static void fill_in(struct message *m, struct piece p[][8], socklen_t len)
{
	for (int i = 0; i < MESSAGES; i++) {
		p[i][0] = (struct piece){ room[i], 30, 0 };
		p[i][1] = (struct piece){ room[i] + 40, 60, 0 };
		m[i] = (struct message){ i % 3 ? &names[i] : NULL, len, p[i], 2, controls[i],
					 sizeof(controls[i]) };
	}
}

/* The second message goes where the kernel has noted how long the first one's control messages are. */
static void overwritten(int sender, int receiver, const struct ends *ends)
{
	static const uint64_t len[] = { CONTROL - 1, CONTROL, CONTROL + 1, -1 };
	const struct piece to[] = { { room[0], 50, 0 }, { headers + 5 * WORD, WORD, 0 } };
	const struct message in[] = { { NULL, 0, &to[0], 1, many, 64 },
				      { NULL, 0, &to[1], 1, NULL, 0 } };

	memset(many, 'm', sizeof(many));
	for (size_t i = 0; i < sizeof(len) / sizeof(*len); i++) {
		trace_need(send(sender, text, 9, 0) == 9, "send");
		trace_need(send(sender, &len[i], WORD, 0) == WORD, "send");
		several(&receives, receiver, in, 2, 0, ends);
	}
}

/* The receiver is told the time to live of each, in a control message. */
static void datagrams(const union addr *any, socklen_t len, const union addr *no_one, int level,
		      int option)
{
	static struct message out[MESSAGES], in[MESSAGES];
	static struct piece p[MESSAGES][8], q[MESSAGES][8];
	static union addr to[2];
	union addr from;
	int fd[2] = { bound(any, len, &to[0]), bound(any, len, &to[1]) };
	int sender = bound(any, len, &from), one = 1;
	struct ends sent[MESSAGES], got[MESSAGES];

	trace_need(!setsockopt(fd[0], level, option, &one, sizeof(one)), "setsockopt");
	fill_out(out, p, to, len);
	fill_in(in, q, len);
	for (int i = 0; i < MESSAGES; i++) {
		sent[i] = (struct ends){ &from, &to[i % 2] };
		got[i] = (struct ends){ in[i].name ? &from : no_one, &to[0] };
	}
	trace_need(several(&sends, sender, out, 3, 0, sent) == 3, "sendmmsg");
	trace_need(several(&sends, sender, out, MESSAGES, 0, sent) == MESSAGES, "sendmmsg");
	several(&sends, sender, out + 1, 1, 0, sent + 1);
	several(&receives, fd[0], in, 1, 0, got);
	several(&receives, fd[0], in, 4, 0, got);
	several(&receives, fd[0], in, MESSAGES, 0, got); /* as many as there are */
	several(&receives, fd[0], in, 5, 0, got);	 /* there is none */
	for (int i = 0; i < MESSAGES; i++)
		out[i].name = &to[0];
	for (int i = 0; i < MESSAGES; i++)
		sent[i].to = &to[0];
	several(&sends, sender, out, MESSAGES, 0, sent);
	several(&receives, fd[0], in, MESSAGES, 0, got);
	unreadable(&sends, sender);
	unreadable(&receives, fd[0]);
	several(&sends, sender, out, 0, 0, NULL);
	several(&receives, fd[0], in, 0, 0, NULL);
	out[2].p = (struct piece[]){ { edge, 10, 1 } };
	out[2].n = 1;
	several(&sends, sender, out, 4, 0, sent); /* two of them go */
	several(&sends, sender, out + 2, 2, 0, sent);
	several(&sends, 7ull << 32 | (uint32_t)-3, out, 2, 0, NULL);
	several(&receives, -3, in, 2, 0, NULL);
	trace_need(!connect(sender, &to[0].any, len), "connect");
	overwritten(sender, fd[0], (struct ends[]){ { no_one, &to[0] }, { no_one, &to[0] } });
	close(sender);
	close(fd[0]);
	close(fd[1]);
}

static void all(void)
{
	union addr any = addr_in("127.0.0.1", 0), no_one = addr_in("0.0.0.0", 0);
	union addr any6 = addr_in6("::1", 0), no_one6 = addr_in6("::", 0);

	datagrams(&any, sizeof(any.in), &no_one, IPPROTO_IP, IP_RECVTTL);
	datagrams(&any6, sizeof(any6.in6), &no_one6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "sendmmsg recvmmsg");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 0xd0 + i % 251;
	edge = either_edge();
	by_each_way(all);
	return trace_end();
}
