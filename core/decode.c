/* SPDX-License-Identifier: MIT */
/* decode.c - an event's bytes as typed parameters, checked against the schema. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "abi/engine.h"
#include "core/decode.h"

/* Up to and with the first NUL. */
static bool is_string(const uint8_t *data, uint32_t len)
{
	return len && memchr(data, 0, len) == data + len - 1;
}

static bool is_strings(const uint8_t *data, uint32_t len)
{
	return len && data[len - 1] == 0;
}

/* A family byte, then what it asks for. */
static bool is_sockaddr(const uint8_t *data, uint32_t len)
{
	switch (data[0]) {
	case AF_INET:
		return len == 1 + 4 + 2;
	case AF_INET6:
		return len == 1 + 16 + 2;
	case AF_UNIX:
		return is_string(data + 1, len - 1);
	default:
		return false;
	}
}

static bool is_socktuple(const uint8_t *data, uint32_t len)
{
	switch (data[0]) {
	case AF_INET:
		return len == 1 + 2 * (4 + 2);
	case AF_INET6:
		return len == 1 + 2 * (16 + 2);
	case AF_UNIX:
		return len > 1 + 8 + 8 && is_string(data + 17, len - 17);
	default:
		return false;
	}
}

static bool is_fdlist(const uint8_t *data, uint32_t len)
{
	uint16_t count;

	if (len < sizeof(count))
		return false;
	memcpy(&count, data, sizeof(count));
	return len == sizeof(count) + 10U * count;
}

/* Has a value that is there the shape of its type? */
static bool is_value(const struct fcd_param_info *info, const uint8_t *data, uint32_t len)
{
	switch (info->type) {
	case FCD_T_CHARBUF:
	case FCD_T_FSPATH:
	case FCD_T_FSRELPATH:
		return is_string(data, len);
	case FCD_T_CHARBUFARRAY:
	case FCD_T_CHARBUF_PAIR_ARRAY:
		return is_strings(data, len);
	case FCD_T_BYTEBUF:
		return info->format != FCD_F_STRINGS || is_strings(data, len);
	case FCD_T_SOCKADDR:
		return is_sockaddr(data, len);
	case FCD_T_SOCKTUPLE:
		return is_socktuple(data, len);
	case FCD_T_FDLIST:
		return is_fdlist(data, len);
	default:
		return len == fcd_type_width(info->type);
	}
}

static bool is_dyn(const struct fcd_param_info *info, const uint8_t *data, uint32_t len)
{
	const struct fcd_param_info *variant;

	if (data[0] >= info->variants_count)
		return false;
	variant = &info->variants[data[0]];
	if (len == 1) /* nothing after the index: only where the length may vary */
		return !fcd_type_width(variant->type);
	return is_value(variant, data + 1, len - 1);
}

bool fcd_value_fits(const struct fcd_param_info *info, const uint8_t *data, uint32_t len)
{
	return info->type == FCD_T_DYN ? is_dyn(info, data, len) : is_value(info, data, len);
}

static uint32_t length_at(const uint8_t *lengths, uint32_t i, uint32_t width)
{
	uint32_t wide;
	uint16_t narrow;

	if (width == sizeof(wide)) {
		memcpy(&wide, lengths + i * sizeof(wide), sizeof(wide));
		return wide;
	}
	memcpy(&narrow, lengths + i * sizeof(narrow), sizeof(narrow));
	return narrow;
}

/* event has v->bytes bytes; the lengths and what they cover must fill them exactly. */
static int decode_params(const uint8_t *event, struct fcd_view *v)
{
	uint32_t width = v->info->flags & FCD_EF_LARGE_PAYLOAD ? 4 : 2;
	uint32_t left = v->bytes - FCD_EVENT_HEADER;
	const uint8_t *lengths = event + FCD_EVENT_HEADER, *data = lengths + v->nparams * width;

	if (v->nparams * width > left)
		return -EPROTO;
	left -= v->nparams * width;
	for (uint32_t i = 0; i < v->nparams; i++) {
		const struct fcd_param_info *info = &v->info->params[i];
		uint32_t len = length_at(lengths, i, width);

		if (len > left)
			return -EPROTO;
		if (len && !fcd_value_fits(info, data, len))
			return -EPROTO;
		v->param[i] = (struct fcd_param){ info, data, len };
		data += len;
		left -= len;
	}
	return left ? -EPROTO : 0;
}

int fcd_decode(const void *event, size_t len, struct fcd_view *out)
{
	struct fcd_event header;
	struct fcd_view v;
	int err;

	if (len < sizeof(header))
		return -EPROTO;
	memcpy(&header, event, sizeof(header));
	if (header.bytes < sizeof(header) || header.bytes > len)
		return -EPROTO;
	v.info = fcd_event_info(header.type);
	if (!v.info)
		return -ENOENT;
	if (header.nparams != v.info->nparams)
		return -EPROTO;
	v.ts_ns = header.ts_ns;
	v.tid = header.tid;
	v.bytes = header.bytes;
	v.nparams = header.nparams;
	err = decode_params(event, &v);
	if (err)
		return err;
	memcpy(out, &v, offsetof(struct fcd_view, param) + v.nparams * sizeof(v.param[0]));
	return 0;
}

int fcd_generic_nr(const void *event, size_t len)
{
	static const uint16_t want[2] = { 2, 2 }; /* lengths of ID and nativeID */
	const uint8_t *lengths = (const uint8_t *)event + FCD_EVENT_HEADER;
	uint16_t nr;

	if (len < FCD_EVENT_HEADER + 8 || memcmp(lengths, want, sizeof(want)))
		return -1;
	memcpy(&nr, lengths + 6, sizeof(nr));
	return nr < FCD_SYSCALLS_MAX ? nr : -1;
}

const struct fcd_param *fcd_view_param(const struct fcd_view *v, const char *name)
{
	for (uint32_t i = 0; i < v->nparams; i++)
		if (!strcmp(v->param[i].info->name, name))
			return &v->param[i];
	return NULL;
}

static bool is_signed(uint32_t type)
{
	switch (type) {
	case FCD_T_INT8:
	case FCD_T_INT16:
	case FCD_T_INT32:
	case FCD_T_INT64:
	case FCD_T_ERRNO:
	case FCD_T_FD:
	case FCD_T_PID:
	case FCD_T_FD32:
	case FCD_T_PID32:
		return true;
	default:
		return false;
	}
}

int64_t fcd_param_int(const struct fcd_param *p)
{
	uint32_t width = fcd_type_width(p->info->type);
	uint32_t unused = 64 - 8 * width;
	uint64_t v = 0;

	if (!p->len || !width || width > sizeof(v))
		return 0;
	memcpy(&v, p->data, width);
	return is_signed(p->info->type) ? (int64_t)(v << unused) >> unused : (int64_t)v;
}

const char *fcd_param_text(const struct fcd_param *p)
{
	return p->len ? (const char *)p->data : "";
}
