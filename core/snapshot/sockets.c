// SPDX-License-Identifier: MIT
/* What /proc/PID/net says of sockets, found by inode. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include "core/snapshot/internal.h"

struct table {
	const char *name;
	uint16_t family, type, protocol;
	void (*parse)(struct snap_sockets *s, const struct table *table, const char *line);
};

static struct snap_socket *add(struct snap_sockets *s, const struct table *table)
{
	size_t cap = s->cap ? 2 * s->cap : 256;
	struct snap_socket *at = s->at;

	if (s->count == s->cap) {
		at = realloc(s->at, cap * sizeof(*at));
		if (!at)
			return NULL;
		s->at = at;
		s->cap = cap;
	}
	at += s->count++;
	*at = (struct snap_socket){ .family = table->family,
				    .type = table->type,
				    .protocol = table->protocol };
	return at;
}

/* Words of 32 bits, each as this machine's number. */
static void parse_address(uint8_t *out, const char *hex)
{
	unsigned int word;

	for (; sscanf(hex, "%8x", &word) == 1; hex += 8, out += sizeof(word))
		memcpy(out, &word, sizeof(word));
}

static void parse_inet(struct snap_sockets *s, const struct table *table, const char *line)
{
	unsigned int local_port, remote_port, state;
	char local[33], remote[33];
	struct snap_socket *so;
	unsigned long ino;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
		   local, &local_port, remote, &remote_port, &state, &ino) != 6)
		return;
	so = ino ? add(s, table) : NULL;
	if (!so)
		return;
	parse_address(so->local, local);
	parse_address(so->remote, remote);
	so->local_port = (uint16_t)local_port;
	so->remote_port = (uint16_t)remote_port;
	so->state = (uint16_t)state;
	so->ino = ino;
}

/*
 * A name may hold a newline, so that what follows looks like another socket's line: whoever binds
 * such a name can give a socket that has none another one.
 */
static void parse_unix(struct snap_sockets *s, const struct table *table, const char *line)
{
	unsigned int flags, type, state;
	struct snap_socket *so;
	unsigned long ino;
	int used = 0;

	if (sscanf(line, "%*x: %*x %*x %x %x %x %lu%n", &flags, &type, &state, &ino, &used) != 4)
		return;
	so = ino ? add(s, table) : NULL;
	if (!so)
		return;
	so->ino = ino;
	so->type = (uint16_t)type;
	so->state = TCP_CLOSE;
	if (flags & 0x10000) /* __SO_ACCEPTCON */
		so->state = TCP_LISTEN;
	else if (state == 3) /* SS_CONNECTED */
		so->state = TCP_ESTABLISHED;
	if (line[used] != ' ')
		return;
	line += used + 1;
	so->name = (uint32_t)s->names.len;
	so->name_bytes = (uint32_t)strcspn(line, "\n");
	fcd_text_add(&s->names, line, so->name_bytes);
}

static void parse_netlink(struct snap_sockets *s, const struct table *table, const char *line)
{
	struct snap_socket *so;
	unsigned int protocol;
	unsigned long ino;

	if (sscanf(line, "%*x %u %*u %*x %*u %*u %*u %*u %*u %lu", &protocol, &ino) != 2)
		return;
	so = ino ? add(s, table) : NULL;
	if (so) {
		so->protocol = (uint16_t)protocol;
		so->ino = ino;
	}
}

static void parse_packet(struct snap_sockets *s, const struct table *table, const char *line)
{
	struct snap_socket *so;
	unsigned long ino;

	if (sscanf(line, "%*x %*u %*u %*x %*u %*u %*u %*u %lu", &ino) != 1)
		return;
	so = ino ? add(s, table) : NULL;
	if (so)
		so->ino = ino;
}

static const struct table tables[] = {
	{ "net/tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP, parse_inet },
	{ "net/tcp6", AF_INET6, SOCK_STREAM, IPPROTO_TCP, parse_inet },
	{ "net/udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP, parse_inet },
	{ "net/udp6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, parse_inet },
	{ "net/icmp", AF_INET, SOCK_DGRAM, IPPROTO_ICMP, parse_inet },
	{ "net/icmp6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6, parse_inet },
	{ "net/raw", AF_INET, SOCK_RAW, 0, parse_inet },
	{ "net/raw6", AF_INET6, SOCK_RAW, 0, parse_inet },
	{ "net/unix", AF_UNIX, 0, 0, parse_unix },
	{ "net/netlink", AF_NETLINK, 0, 0, parse_netlink },
	{ "net/packet", AF_PACKET, 0, 0, parse_packet },
};

static void read_table(struct snap_sockets *s, int process_fd, const struct table *table)
{
	int fd = openat(process_fd, table->name, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t cap = 0;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (getline(&line, &cap, f) > 0)
		table->parse(s, table, line); /* the heading is no socket */
	free(line);
	fclose(f);
}

static int compare(const void *a, const void *b)
{
	const struct snap_socket *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

void snap_sockets_drop(struct snap_sockets *s)
{
	free(s->at);
	fcd_text_free(&s->names);
	*s = (struct snap_sockets){ 0 };
}

void snap_sockets_read(struct snap_sockets *s, int process_fd, uint64_t netns)
{
	size_t i;

	if (s->is_read && s->netns == netns)
		return;
	snap_sockets_drop(s);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		read_table(s, process_fd, &tables[i]);
	if (s->count)
		qsort(s->at, s->count, sizeof(*s->at), compare);
	s->netns = netns;
	s->is_read = true;
}

const struct snap_socket *snap_sockets_find(const struct snap_sockets *s, uint64_t ino)
{
	const struct snap_socket key = { .ino = ino };

	return s->count ? bsearch(&key, s->at, s->count, sizeof(*s->at), compare) : NULL;
}
