/* SPDX-License-Identifier: MIT */
/* message.c - one message sent or received: sendto, recvfrom, sendmsg, recvmsg. */
#include "message.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

static char text[4096], room[4096], control[256];
static char *edge;
static union addr name;

/* Pointers that lie there from before could be UTF-8. */
static void fill_edge(void)
{
	memcpy(edge - 128, text, 128);
}

/* The ends of what a message went through; of a socket that has none, NULL. */
struct ends {
	const union addr *from, *to;
	const char *label[3]; /* of a unix socket: from, to, path */
};

static void expect_ends(const struct ends *e)
{
	if (e && e->from)
		expect_tuple(e->from, e->to);
	else if (e)
		expect_unix_tuple(e->label[0], e->label[1], e->label[2]);
}

/* ---- sendto, recvfrom ---- */

static long send_to(uint64_t fd, const char *at, uint64_t size, int flags, const union addr *to,
		    uint32_t to_len, uint32_t readable, const struct ends *ends)
{
	const uint64_t args[] = { fd, ADDR(at), size, flags, ADDR(to), to_len };
	long res = sock_make(CALL_SENDTO, args);
	uint32_t len = res > 0 ? (uint64_t)res : size;

	if (len > SNAPLEN)
		len = SNAPLEN;
	either_event("sendto");
	expect_int("res", res);
	if (len <= readable)
		expect_bytes("data", at, len);
	expect_int("fd", (int32_t)fd);
	expect_u64("size", (uint32_t)size);
	if (res >= 0)
		expect_ends(ends);
	expect_end();
	return res;
}

static long recv_from(uint64_t fd, char *at, uint64_t size, int flags, union addr *from,
		      const struct ends *ends)
{
	static socklen_t len;
	const uint64_t args[] = { fd, ADDR(at), size, flags, ADDR(from), from ? ADDR(&len) : 0 };
	long res;

	len = sizeof(*from);
	res = sock_make(CALL_RECVFROM, args);
	either_event("recvfrom");
	expect_int("res", res);
	if (res > 0)
		expect_bytes("data", at, res < SNAPLEN ? res : SNAPLEN);
	if (res >= 0)
		expect_ends(ends);
	expect_int("fd", (int32_t)fd);
	expect_u64("size", (uint32_t)size);
	expect_end();
	return res;
}

/* ---- sendmsg, recvmsg ---- */

/* at: where the header is; m: what it says, NULL if it cannot be read. */
static long send_header(uint64_t fd, const char *at, const struct message *m, int flags,
			const struct ends *ends)
{
	const uint64_t args[] = { fd, ADDR(at), flags, 0, 0, 0 };
	long res = sock_make(CALL_SENDMSG, args);

	either_event("sendmsg");
	expect_int("res", res);
	expect_int("fd", (int32_t)fd);
	if (m) {
		expect_pieces(m->p, m->n, res > 0 ? (uint64_t)res : SNAPLEN);
		expect_u64("size", pieces_sum(m->p, m->n));
	}
	if (res >= 0)
		expect_ends(ends);
	expect_end();
	return res;
}

static long recv_header(uint64_t fd, const char *at, const struct message *m, int flags,
			const struct ends *ends)
{
	const uint64_t args[] = { fd, ADDR(at), flags, 0, 0, 0 };
	long res = sock_make(CALL_RECVMSG, args);

	either_event("recvmsg");
	expect_int("res", res);
	expect_u64("size", res > 0 ? res : 0);
	if (res > 0)
		expect_pieces(m->p, m->n, res);
	if (res >= 0) {
		expect_ends(ends);
		expect_bytes("msgcontrol", m->control, m->control ? message_control_len(at) : 0);
	}
	expect_int("fd", (int32_t)fd);
	expect_end();
	return res;
}

static char *header(const struct message *m)
{
	static char at[8 * 8], vec[16 * PIECES];

	message_store(at, vec, m);
	return at;
}

static long send_message(uint64_t fd, const struct message *m, int flags, const struct ends *ends)
{
	return send_header(fd, header(m), m, flags, ends);
}

static long recv_message(uint64_t fd, const struct message *m, int flags, const struct ends *ends)
{
	return recv_header(fd, header(m), m, flags, ends);
}

/* ---- through which sockets ---- */

static int bound(const union addr *at, socklen_t len, union addr *own)
{
	int fd = socket(at->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	trace_need(fd >= 0, "socket");
	trace_need(!bind(fd, &at->any, len), "bind");
	*own = addr_of(fd);
	return fd;
}

static const struct piece pieces[] = { { text + 10, 60, 0 }, { NULL, 0, 0 }, { text, 61, 0 } };
static const struct piece rooms[] = { { room, 50, 0 }, { room + 100, 500, 0 } };

/* From one socket that is bound to another, with and without an address. */
static void datagrams(const union addr *any, socklen_t len, const union addr *no_one)
{
	union addr from, to;
	int in = bound(any, len, &to), out = bound(any, len, &from);
	const struct ends sent = { .from = &from, .to = &to }, got = sent;
	const struct ends unknown = { .from = no_one, .to = &to };
	const struct message with = { &name, len, pieces, 3, NULL, 0 };
	const struct message without = { NULL, 0, rooms, 2, NULL, 0 };
	const struct message named = { &name, len, rooms, 2, control, sizeof(control) };

	name = to;
	send_to(out, text, 121, 0, &name, len, 121, &sent);
	send_to(7ull << 32 | (uint32_t)out, text + 1, 80, 0, &name, len, 80, &sent);
	send_to(out, edge - 81, 81, 0, &name, len, 81, &sent);
	send_to(out, NULL, 0, 0, &name, len, 0, &sent);
	recv_from(in, room, sizeof(room), 0, NULL, &unknown);
	recv_from(in, edge - 80, 80, 0, &name, &got);
	recv_from(in, room, 100, 0, &name, &got);
	recv_from(in, room, 100, 0, &name, &got); /* of no bytes */
	recv_from(in, room, 100, 0, &name, &got); /* there is none */
	name = to;
	trace_need(send_message(out, &with, 0, &sent) == 121, "sendmsg");
	trace_need(send_message(out, &with, 0, &sent) == 121, "sendmsg");
	recv_message(in, &without, 0, &unknown);
	recv_message(in, &named, 0, &got);
	recv_message(in, &named, 0, &got); /* there is none */
	name = to;
	for (int size = 0; size <= 1; size++) {
		const struct piece few[] = { { text, size, 0 } };
		const struct message m = { &name, len, few, 1, NULL, 0 };

		trace_need(send_message(out, &m, 0, &sent) == size, "sendmsg");
		recv_message(in, &without, 0, &unknown);
	}
	trace_need(!connect(out, &to.any, len), "connect");
	send_to(out, text, 9, 0, NULL, 0, 9, &sent);
	send_message(out, &(struct message){ NULL, 0, pieces, 1, NULL, 0 }, 0, &sent);
	recv_from(in, room, 100, 0, NULL, &unknown);
	recv_message(in, &(struct message){ NULL, 0, rooms, 2, NULL, 9 }, 0, &unknown);
	close(in);
	close(out);
}

/* A descriptor in a control message; returns its bytes. */
static uint32_t store_rights(int fd)
{
	char *to = store(control, 2 * 4 + WORD + sizeof(fd), WORD);

	to = store(to, SOL_SOCKET, 4);
	to = store(to, SCM_RIGHTS, 4);
	return (store(to, fd, sizeof(fd)) - control + WORD - 1) / WORD * WORD;
}

/* Sockets stay open to the end, or the next one could get the identity of the last. */
static void unix_pair(const char *a, const char *b)
{
	const struct ends there = { .label = { a, b, "" } }, back = { .label = { b, a, "" } };
	struct message m = { NULL, 0, pieces, 3, control, 0 };
	const struct message got = { NULL, 0, rooms, 2, control, sizeof(control) };
	int p[2];

	trace_need(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p), "socketpair");
	m.control_len = store_rights(p[0]);
	send_to(p[0], text, 30, 0, NULL, 0, 30, &there);
	recv_from(p[1], room, 100, 0, NULL, &there);
	send_to(p[1], text, 3, 0, NULL, 0, 3, &back);
	recv_from(p[0], room, 1, 0, NULL, &back);
	trace_need(send_message(p[0], &m, 0, &there) == 121, "sendmsg");
	memset(control, 0xee, sizeof(control));
	trace_need(recv_message(p[1], &got, 0, &there) == 121, "recvmsg");
	recv_message(p[1], &got, 0, &there); /* there is none */
	shutdown(p[0], SHUT_WR);
	recv_from(p[1], room, 100, 0, NULL, &there);
	recv_message(p[1], &got, 0, &there);
}

/* So that it takes messages from there only. */
static void connect_to_other(int fd)
{
	int other = socket(AF_UNIX, SOCK_DGRAM, 0);
	union addr at = { .any = { .sa_family = AF_UNIX } };
	socklen_t len = sizeof(at);

	trace_need(!bind(other, &at.any, sizeof(at.any.sa_family)), "bind");
	trace_need(!getsockname(other, &at.any, &len) && !connect(fd, &at.any, len), "connect");
}

/* Addresses that end without a NUL: where they can be no longer, and where memory ends. */
static void unix_unended(int out, const char *from)
{
	static union addr to;
	struct ends sent = { .label = { from, "0", NULL } };
	union addr own, *at = (union addr *)(edge - 6);
	socklen_t len;
	int in;

	for (int is_abstract = 0; is_abstract < 2; is_abstract++) {
		char shown[109] = "";

		memset(&to, 'x', sizeof(to));
		memset(shown, 'x', 108 - is_abstract);
		to.un.sun_family = AF_UNIX;
		to.un.sun_path[0] *= !is_abstract;
		sent.label[2] = shown;
		in = bound(&to, sizeof(to.un), &own);
		send_to(out, text, 5, 0, &to, sizeof(to.un), 5, &sent);
		close(in);
		if (!is_abstract)
			unlink(shown);
	}
	to = addr_un("xxxx", &len);
	in = bound(&to, len, &own);
	memcpy(at, &to, 6);
	sent.label[2] = "";
	send_to(out, text, 5, 0, at, 6, 5, &sent);
	close(in);
	unlink("xxxx");
}

/* To a path, by sockets that have no peer. */
static void unix_paths(const char *from, const char *to)
{
	struct message m = { &name, 0, pieces, 1, NULL, 0 };
	const struct ends sent = { .label = { from, "0", to } }, got = { .label = { "0", to, to } };
	int in, out = socket(AF_UNIX, SOCK_DGRAM, 0);
	union addr own;

	name = addr_un(to, &m.name_len);
	in = bound(&name, m.name_len, &own);
	send_to(out, text, 12, 0, &name, m.name_len, 12, &sent);
	send_message(out, &m, 0, &sent);
	recv_from(in, room, 100, 0, &name, &got);
	recv_from(in, room, 100, 0, NULL, &got);
	name = addr_un(to, &m.name_len);
	connect_to_other(in);
	trace_need(send_to(out, text, 12, 0, &name, m.name_len, 12, NULL) == -EPERM, "sendto");
	trace_need(send_message(out, &m, 0, NULL) == -EPERM, "sendmsg");
	unlink(to);
	unix_unended(out, from);
}

/* Out of band it is one segment after the other: the second of them cannot be read. */
static void partly(int out, const struct ends *there)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	struct piece p[] = { { NULL, 200, 0 } };

	trace_need(!getsockopt(out, IPPROTO_TCP, TCP_INFO, &info, &len), "TCP_INFO");
	p[0].at = edge - info.tcpi_snd_mss;
	trace_need(send_message(out, &(struct message){ NULL, 0, p, 1, NULL, 0 }, MSG_OOB, there) ==
			   (long)info.tcpi_snd_mss,
		   "a part is sent");
}

static void streams(void)
{
	union addr any = addr_in("127.59.21.35", 0), to, from;
	int listens = listener(&any, sizeof(any.in), 0, 8, &to), in;
	int out = socket(AF_INET, SOCK_STREAM, 0);
	const struct ends there = { .from = &from, .to = &to }, back = { .from = &to, .to = &from };
	const struct message m = { NULL, 0, rooms, 2, NULL, 0 };
	int segment = 88;

	trace_need(!setsockopt(out, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)), "MAXSEG");
	trace_need(!connect(out, &to.any, sizeof(to.in)), "connect");
	in = accept(listens, NULL, NULL);
	trace_need(in >= 0, "accept");
	from = addr_of(out);
	send_to(out, text, 3000, 0, NULL, 0, 3000, &there);
	recv_from(in, room, 100, MSG_WAITALL, NULL, &there);
	recv_message(in, &m, MSG_WAITALL, &there);
	send_to(in, text, 1, 0, NULL, 0, 1, &back);
	recv_from(out, room, 10, 0, &name, &back);
	shutdown(in, SHUT_WR);
	recv_from(out, room, 10, 0, NULL, &back);
	recv_message(out, &m, 0, &back);
	partly(out, &there);
	close(in);
	close(out);
	close(listens);
}

/* Of a family that has no tuple: a message to the kernel that asks for nothing. */
static void netlink(void)
{
	static char nothing[16] = { 16, 0, 0, 0, 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW, 0);

	trace_need(fd >= 0, "netlink");
	trace_need(send_to(fd, nothing, 16, 0, NULL, 0, 16, NULL) == 16, "netlink");
	close(fd);
}

static void failures(void)
{
	const struct message m = { NULL, 0, pieces, 3, NULL, 0 },
			     none = { NULL, 0, NULL, 0, NULL, 0 };
	static char vec[16 * PIECES];
	int p[2];
	char *at;

	trace_need(!pipe(p), "pipe");
	for (int i = 0; i < 2; i++) {
		uint64_t fd = i ? (uint64_t)p[i] : 7ull << 32 | (uint32_t)-1;

		fill_edge();
		send_to(fd, edge - 40, 40, 0, NULL, 0, 40, NULL);
		send_to(fd, edge - 40, 41, 0, NULL, 0, 40, NULL);
		send_to(fd, NULL, 40, 0, NULL, 0, 0, NULL);
		send_to(fd, text, 9ull << 32 | 7, 0, NULL, 0, 7, NULL);
		recv_from(fd, room, 9ull << 32 | 7, 0, &name, NULL);
		send_message(fd, &m, 0, NULL);
		recv_message(fd, &m, 0, NULL);
		send_header(fd, NULL, NULL, 0, NULL);
		recv_header(fd, NULL, &none, 0, NULL);
		send_header(fd, edge, NULL, 0, NULL);
		send_header(fd, edge - MSG_BYTES + 1, NULL, 0, NULL);
		at = edge - MSG_BYTES;
		message_store(at, vec, &m);
		send_header(fd, at, &m, 0, NULL);
		recv_header(fd, at, &m, 0, NULL);
		/* A vector that cannot be read as a whole. */
		store(at + 2 * WORD, ADDR(edge - VEC_WIDTH), WORD);
		send_header(fd, at, &none, 0, NULL);
	}
	close(p[0]);
	close(p[1]);
}

static void all(void)
{
	static int turns;
	union addr any = addr_in("127.0.0.1", 0), no_one = addr_in("0.0.0.0", 0);
	union addr any6 = addr_in6("::1", 0), no_one6 = addr_in6("::", 0);
	char label[4][16];

	for (int i = 0; i < 4; i++)
		snprintf(label[i], sizeof(label[i]), "socket %d", 4 * turns + i);
	turns++;
	fill_edge();
	datagrams(&any, sizeof(any.in), &no_one);
	datagrams(&any6, sizeof(any6.in6), &no_one6);
	streams();
	unix_pair(label[0], label[1]);
	unix_paths(label[2], label[3]);
	netlink();
	failures();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "sendto recvfrom sendmsg recvmsg");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 0xd0 + i % 251;
	edge = either_edge();
	trace_need(!chdir(trace_dir()), trace_dir());
	by_each_way(all);
	return trace_end();
}
