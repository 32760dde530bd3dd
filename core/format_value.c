/* SPDX-License-Identifier: MIT */
/* format_value.c - one value of an event as JSON or text. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include "core/format_value.h"

static void quote(struct fcd_text *t, bool json)
{
	if (json)
		fcd_text_char(t, '"');
}

/* ---- numbers ---- */

static void put_hex(struct fcd_text *t, bool json, uint64_t v)
{
	quote(t, json);
	fcd_text_hex(t, v);
	quote(t, json);
}

void fcd_format_u64(struct fcd_text *t, bool json, uint64_t v)
{
	if (json && v > FCD_JSON_EXACT)
		put_hex(t, json, v);
	else
		fcd_text_u64(t, v);
}

void fcd_format_i64(struct fcd_text *t, bool json, int64_t v)
{
	if (json && (v > (int64_t)FCD_JSON_EXACT || v < -(int64_t)FCD_JSON_EXACT))
		put_hex(t, json, (uint64_t)v);
	else
		fcd_text_i64(t, v);
}

static void put_octal(struct fcd_text *t, bool json, uint64_t v)
{
	quote(t, json);
	fcd_text_octal(t, v);
	quote(t, json);
}

static void put_number(struct fcd_text *t, bool json, const struct fcd_param *p, bool is_signed)
{
	uint64_t mask = ~0ULL >> (64 - 8 * fcd_type_width(p->info->type));
	int64_t v = fcd_param_int(p);

	if (p->info->format == FCD_F_HEX)
		put_hex(t, json, (uint64_t)v & mask);
	else if (p->info->format == FCD_F_OCT)
		put_octal(t, json, (uint64_t)v & mask);
	else if (is_signed)
		fcd_format_i64(t, json, v);
	else
		fcd_format_u64(t, json, (uint64_t)v);
}

/* ---- what the system call returned, descriptors ---- */

/* NULL: no such error. The kernel's own restart codes are seen at a call's exit too. */
static const char *error_name(int64_t error)
{
	static const char *const restart[] = {
		"ERESTARTSYS", "ERESTARTNOINTR",	"ERESTARTNOHAND",
		"ENOIOCTLCMD", "ERESTART_RESTARTBLOCK",
	};

	if (error >= 512 && error < 517)
		return restart[error - 512];
	return error > 0 && error < 512 ? strerrorname_np((int)error) : NULL;
}

static void put_result(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	int64_t v = fcd_param_int(p);
	const char *name = v < 0 && v > -4096 && !json ? error_name(-v) : NULL;

	if (name) {
		fcd_text_char(t, '-');
		fcd_text_str(t, name);
	} else if (v < 0) {
		fcd_format_i64(t, json, v);
	} else {
		put_number(t, json, p, true);
	}
}

static void put_fd(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	if (!json && fcd_param_int(p) == AT_FDCWD)
		fcd_text_str(t, "AT_FDCWD");
	else
		put_number(t, json, p, true);
}

static void put_signal(struct fcd_text *t, bool json, uint32_t sig)
{
	const char *name = sig ? sigabbrev_np((int)sig) : NULL;

	if (!name) {
		fcd_text_u64(t, sig);
		return;
	}
	quote(t, json);
	fcd_text_str(t, "SIG");
	fcd_text_str(t, name);
	quote(t, json);
}

/* ---- names ---- */

static const char *value_name(const struct fcd_values *values, uint64_t v)
{
	for (uint32_t i = 0; values && i < values->count; i++)
		if (values->at[i].value == v)
			return values->at[i].name;
	return NULL;
}

/* The table begins with values of several bits, so those are taken first. */
static void put_names(struct fcd_text *t, const struct fcd_values *values, uint64_t v)
{
	const char *zero = value_name(values, 0);
	bool first = true;

	if (!v) {
		fcd_text_str(t, zero ? zero : "0");
		return;
	}
	for (uint32_t i = 0; values && v && i < values->count; i++) {
		uint32_t bits = values->at[i].value;

		if (!bits || (v & bits) != bits)
			continue;
		if (!first)
			fcd_text_char(t, '|');
		fcd_text_str(t, values->at[i].name);
		v &= ~(uint64_t)bits;
		first = false;
	}
	if (!v)
		return;
	if (!first)
		fcd_text_char(t, '|');
	fcd_text_hex(t, v);
}

static void put_flags(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	quote(t, json);
	put_names(t, p->info->values, (uint64_t)fcd_param_int(p));
	quote(t, json);
}

static void put_enum(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	uint64_t v = (uint64_t)fcd_param_int(p);
	const char *name = value_name(p->info->values, v);

	if (!name) {
		fcd_text_u64(t, v);
		return;
	}
	quote(t, json);
	fcd_text_str(t, name);
	quote(t, json);
}

/* ---- strings ---- */

static void put_string(struct fcd_text *t, bool json, const void *s, size_t n)
{
	if (json)
		fcd_text_json(t, s, n);
	else
		fcd_text_plain(t, s, n);
}

static void put_strings(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	const char *s = (const char *)p->data, *end = s + p->len;

	fcd_text_char(t, '[');
	while (s < end) {
		size_t n = strlen(s);

		put_string(t, json, s, n);
		s += n + 1;
		if (s < end)
			fcd_text_char(t, json ? ',' : ' ');
	}
	fcd_text_char(t, ']');
}

/* ---- addresses ---- */

static void put_ipv4(struct fcd_text *t, const uint8_t *ip)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			fcd_text_char(t, '.');
		fcd_text_u64(t, ip[i]);
	}
}

static void put_ipv6(struct fcd_text *t, const uint8_t *ip)
{
	char s[INET6_ADDRSTRLEN];

	fcd_text_str(t, inet_ntop(AF_INET6, ip, s, sizeof(s)) ? s : "?");
}

/* Address and port; returns what follows. */
static const uint8_t *put_end(struct fcd_text *t, uint8_t family, const uint8_t *p)
{
	uint16_t port;

	if (family == AF_INET) {
		put_ipv4(t, p);
		p += 4;
	} else {
		fcd_text_char(t, '[');
		put_ipv6(t, p);
		fcd_text_char(t, ']');
		p += 16;
	}
	memcpy(&port, p, sizeof(port));
	fcd_text_char(t, ':');
	fcd_text_u64(t, port);
	return p + sizeof(port);
}

/* Within quotes if it is JSON. */
static void put_path(struct fcd_text *t, bool json, const char *path)
{
	if (json)
		fcd_text_json_part(t, path, strlen(path));
	else if (*path)
		fcd_text_plain(t, path, strlen(path));
}

static void put_sockaddr(struct fcd_text *t, bool json, const uint8_t *p)
{
	quote(t, json);
	if (p[0] == AF_UNIX) {
		fcd_text_str(t, "unix:");
		put_path(t, json, (const char *)p + 1);
	} else {
		put_end(t, p[0], p + 1);
	}
	quote(t, json);
}

/* The sender's or client's socket is the second of the two. */
static void put_unix_tuple(struct fcd_text *t, bool json, const uint8_t *p)
{
	uint64_t ids[2];

	memcpy(ids, p, sizeof(ids));
	fcd_text_str(t, "unix:");
	fcd_text_hex(t, ids[1]);
	fcd_text_str(t, "->");
	fcd_text_hex(t, ids[0]);
	p += sizeof(ids);
	if (*p)
		fcd_text_char(t, ':');
	put_path(t, json, (const char *)p);
}

static void put_socktuple(struct fcd_text *t, bool json, const uint8_t *p)
{
	quote(t, json);
	if (p[0] == AF_UNIX) {
		put_unix_tuple(t, json, p + 1);
	} else {
		const uint8_t *to = put_end(t, p[0], p + 1);

		fcd_text_str(t, "->");
		put_end(t, p[0], to);
	}
	quote(t, json);
}

static void put_ip(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	quote(t, json);
	(p->info->type == FCD_T_IPV4ADDR ? put_ipv4 : put_ipv6)(t, p->data);
	quote(t, json);
}

/* ---- lists ---- */

static void put_fdlist(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	const uint8_t *at = p->data + 2, *end = p->data + p->len;
	uint16_t flags;
	int64_t fd;

	fcd_text_char(t, '[');
	for (; at < end; at += sizeof(fd) + sizeof(flags)) {
		memcpy(&fd, at, sizeof(fd));
		memcpy(&flags, at + sizeof(fd), sizeof(flags));
		if (at > p->data + 2)
			fcd_text_char(t, json ? ',' : ' ');
		fcd_text_str(t, json ? "{\"fd\":" : "");
		fcd_format_i64(t, json, fd);
		fcd_text_str(t, json ? ",\"flags\":\"" : ":");
		put_names(t, p->info->values, flags);
		fcd_text_str(t, json ? "\"}" : "");
	}
	fcd_text_char(t, ']');
}

static void put_time(struct fcd_text *t, bool json, uint64_t ns)
{
	quote(t, json);
	fcd_text_time(t, ns);
	quote(t, json);
}

static void put_dyn(struct fcd_text *t, bool json, const struct fcd_param *p)
{
	struct fcd_param inner = { &p->info->variants[p->data[0]], p->data + 1, p->len - 1 };
	uint32_t type = inner.info->type;

	fcd_format_value(t, json, &inner, type == FCD_T_ERRNO || type == FCD_T_FD);
}

/* ---- by type ---- */

/* NOLINTNEXTLINE(readability-function-size): a flat switch */
void fcd_format_value(struct fcd_text *t, bool json, const struct fcd_param *p, bool is_result)
{
	if (!p->len) {
		fcd_text_str(t, json ? "null" : "-");
		return;
	}
	switch (p->info->type) {
	case FCD_T_ERRNO:
	case FCD_T_FD:
	case FCD_T_PID:
	case FCD_T_INT64:
		if (is_result)
			put_result(t, json, p);
		else if (p->info->type == FCD_T_FD)
			put_fd(t, json, p);
		else
			put_number(t, json, p, true);
		break;
	case FCD_T_INT8:
	case FCD_T_INT16:
	case FCD_T_INT32:
	case FCD_T_FD32:
	case FCD_T_PID32:
		put_number(t, json, p, true);
		break;
	case FCD_T_FLAGS8:
	case FCD_T_FLAGS16:
	case FCD_T_FLAGS32:
		put_flags(t, json, p);
		break;
	case FCD_T_ENUMFLAGS8:
	case FCD_T_ENUMFLAGS16:
	case FCD_T_ENUMFLAGS32:
		put_enum(t, json, p);
		break;
	case FCD_T_CHARBUF:
	case FCD_T_FSPATH:
	case FCD_T_FSRELPATH:
		put_string(t, json, p->data, p->len - 1);
		break;
	case FCD_T_CHARBUFARRAY:
	case FCD_T_CHARBUF_PAIR_ARRAY:
		put_strings(t, json, p);
		break;
	case FCD_T_BYTEBUF:
		if (p->info->format == FCD_F_STRINGS)
			put_strings(t, json, p);
		else
			put_string(t, json, p->data, p->len);
		break;
	case FCD_T_SIGTYPE:
		put_signal(t, json, p->data[0]);
		break;
	case FCD_T_SIGSET:
		put_hex(t, json, (uint64_t)fcd_param_int(p));
		break;
	case FCD_T_PORT:
		fcd_text_u64(t, (uint64_t)fcd_param_int(p));
		break;
	case FCD_T_MODE:
		put_octal(t, json, (uint64_t)fcd_param_int(p));
		break;
	case FCD_T_ABSTIME:
		put_time(t, json, (uint64_t)fcd_param_int(p));
		break;
	case FCD_T_SOCKADDR:
		put_sockaddr(t, json, p->data);
		break;
	case FCD_T_SOCKTUPLE:
		put_socktuple(t, json, p->data);
		break;
	case FCD_T_IPV4ADDR:
	case FCD_T_IPV6ADDR:
		put_ip(t, json, p);
		break;
	case FCD_T_FDLIST:
		put_fdlist(t, json, p);
		break;
	case FCD_T_DYN:
		put_dyn(t, json, p);
		break;
	default: /* the unsigned numbers */
		put_number(t, json, p, false);
	}
}
