/* SPDX-License-Identifier: MIT */
/* sock.h - sockets of core/fill/interface.h: copies of the thread's, and sock_diag(7). */
#ifndef FCD_TRACE_SOCK_H
#define FCD_TRACE_SOCK_H

#ifndef PIDFD_THREAD /* Linux 6.9 */
#define PIDFD_THREAD O_EXCL
#endif

/*
 * A unix socket is known by its inode. The end of a connection that accept() makes has none
 * before it is accepted, so both sides know it by the other end's, with this bit.
 */
#define ACCEPTED (1ull << 63)

union sock_addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	char bytes[sizeof(struct sockaddr_un) + 2]; /* a path may have no NUL */
};

static void sock_forget(struct fcd *c)
{
	if (c->sock >= 0)
		close(c->sock);
	c->sock = -1;
}

/* A copy of nothing but a socket: to close one of some other file may do things. */
static int sock_copy(struct fcd *c, s32 fd)
{
	const char *link = path_in(&c->facts, "fd/%d", fd);
	char what[16] = "";
	int of, copy;

	if (fd < 0 || readlink(link, what, sizeof(what) - 1) < 0 || strncmp(what, "socket:[", 8))
		return -1;
	of = (int)syscall(SYS_pidfd_open, c->thread->tid, PIDFD_THREAD);
	if (of < 0)
		of = (int)syscall(SYS_pidfd_open, c->thread->pid, 0);
	if (of < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, of, fd, 0);
	close(of);
	return copy;
}

static int sock_option(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

/* ---- internet ---- */

static void addr_take(const union sock_addr *a, u8 ip[16], u16 *port)
{
	if (a->any.sa_family == SOCK_INET) {
		memcpy(ip, &a->in.sin_addr, 4);
		*port = ntohs(a->in.sin_port);
	} else if (a->any.sa_family == SOCK_INET6) {
		memcpy(ip, &a->in6.sin6_addr, 16);
		*port = ntohs(a->in6.sin6_port);
	}
}

/* Of a listener the kernel says here how many wait, and how many may. */
static void backlog_inet(int fd, struct fcd_sock *out)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (sock_option(fd, SO_ACCEPTCONN) != 1 ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	out->backlog = info.tcpi_unacked;
	out->backlog_max = info.tcpi_sacked;
}

static void sock_get_inet(int fd, struct fcd_sock *out)
{
	union sock_addr a = { 0 };
	socklen_t len = sizeof(a);

	if (!getsockname(fd, &a.any, &len))
		addr_take(&a, out->local, &out->local_port);
	len = sizeof(a);
	if (!getpeername(fd, &a.any, &len))
		addr_take(&a, out->remote, &out->remote_port);
	backlog_inet(fd, out);
}

/* ---- unix ---- */

struct diag_answer {
	u32 peer;	 /* inode; 0: none, or it has none */
	u32 backlog_max; /* of a listener */
};

static void diag_parse(const struct nlmsghdr *head, struct diag_answer *out)
{
	const struct unix_diag_msg *m = NLMSG_DATA(head);
	const struct rtattr *at = (const struct rtattr *)(m + 1);
	int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == UNIX_DIAG_PEER)
			memcpy(&out->peer, RTA_DATA(at), sizeof(out->peer));
		if (at->rta_type == UNIX_DIAG_RQLEN)
			out->backlog_max = ((struct unix_diag_rqlen *)RTA_DATA(at))->udiag_wqueue;
	}
}

/* What the kernel says of a unix socket; zeros where it does not. */
static struct diag_answer diag_ask(u32 ino)
{
	static int fd = -1;
	struct {
		struct nlmsghdr head;
		struct unix_diag_req ask;
	} q = {
		.head = { .nlmsg_len = sizeof(q),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST },
		.ask = { .sdiag_family = AF_UNIX,
			 .udiag_ino = ino,
			 .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN,
			 .udiag_cookie = { -1u, -1u } },
	};
	union {
		struct nlmsghdr head;
		char bytes[1024];
	} a;
	struct diag_answer out = { 0 };
	ssize_t n;

	if (fd < 0)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q))
		return out;
	n = recv(fd, &a, sizeof(a), 0);
	if (n >= (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) && n >= a.head.nlmsg_len &&
	    a.head.nlmsg_type == SOCK_DIAG_BY_FAMILY)
		diag_parse(&a.head, &out);
	return out;
}

/* Has it a name, or (getpeername) its peer? */
static bool is_named(int fd, int (*name_of)(int, struct sockaddr *, socklen_t *))
{
	union sock_addr a;
	socklen_t len = sizeof(a);

	return !name_of(fd, &a.any, &len) && len > sizeof(sa_family_t);
}

enum sock_end { END_PAIR, END_CLIENT, END_ACCEPTED };

/*
 * Of a connection. An accepted end has the listener's name, and who connects seldom has one; nobody
 * can connect to what has none.
 */
static enum sock_end sock_end(struct fcd *c, s32 fd)
{
	bool is_accept = call_nr(c) == FCD_NR_accept4 || call_nr(c) == FCD_NR_accept;

	if (is_accept && fd == c->ret)
		return END_ACCEPTED;
	if (call_nr(c) != FCD_NR_connect && is_named(c->sock, getsockname))
		return END_ACCEPTED;
	return is_named(c->sock, getpeername) ? END_CLIENT : END_PAIR;
}

static void sock_get_unix(struct fcd *c, s32 fd, struct fcd_sock *out)
{
	bool is_stream = sock_option(c->sock, SO_TYPE) != SOCK_DGRAM;
	enum sock_end end = is_stream ? sock_end(c, fd) : END_PAIR;
	struct diag_answer answer;
	union sock_addr a;
	socklen_t len = sizeof(a);
	struct stat st;

	if (fstat(c->sock, &st))
		return;
	answer = diag_ask((u32)st.st_ino);
	out->id = st.st_ino;
	out->has_peer = !getpeername(c->sock, &a.any, &len);
	out->backlog_max = answer.backlog_max;
	out->peer_id = answer.peer;
	if (end == END_ACCEPTED && answer.peer)
		out->id = answer.peer | ACCEPTED;
	if (end == END_CLIENT)
		out->peer_id = out->has_peer ? out->id | ACCEPTED : 0;
}

/* ---- any ---- */

FCD_FN int sock_get(struct fcd *c, s32 fd, struct fcd_sock *out)
{
	int family;

	sock_forget(c);
	c->sock = sock_copy(c, fd);
	family = c->sock < 0 ? -1 : sock_option(c->sock, SO_DOMAIN);
	if (family < 0)
		return -1;
	*out = (struct fcd_sock){ .family = family };
	if (family == SOCK_UNIX)
		sock_get_unix(c, fd, out);
	else if (family == SOCK_INET || family == SOCK_INET6)
		sock_get_inet(c->sock, out);
	return 0;
}

/* Of the socket that was asked for last. */
FCD_FN void out_unix_path(struct fcd *c, const struct fcd_sock *s, int of_peer)
{
	union sock_addr a = { 0 };
	socklen_t len = sizeof(a.un);
	const char *path = a.bytes + offsetof(struct sockaddr_un, sun_path);

	(void)s;
	if ((of_peer ? getpeername : getsockname)(c->sock, &a.any, &len) ||
	    len <= offsetof(struct sockaddr_un, sun_path))
		path = "";
	out_kstr(c, path + !path[0] * (len > sizeof(sa_family_t)), UNIX_PATH_LEN);
}

#endif
