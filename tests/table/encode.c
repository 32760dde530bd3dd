/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "encode.h"

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint32_t sample_width(uint32_t type)
{
	switch (type) {
	case FCD_T_INT8:
	case FCD_T_UINT8:
	case FCD_T_FLAGS8:
	case FCD_T_ENUMFLAGS8:
	case FCD_T_SIGTYPE:
		return 1;
	case FCD_T_INT16:
	case FCD_T_UINT16:
	case FCD_T_FLAGS16:
	case FCD_T_ENUMFLAGS16:
	case FCD_T_SYSCALLID:
	case FCD_T_PORT:
		return 2;
	case FCD_T_INT32:
	case FCD_T_UINT32:
	case FCD_T_FLAGS32:
	case FCD_T_ENUMFLAGS32:
	case FCD_T_UID:
	case FCD_T_GID:
	case FCD_T_MODE:
	case FCD_T_SIGSET:
	case FCD_T_FD32:
	case FCD_T_PID32:
	case FCD_T_IPV4ADDR:
		return 4;
	case FCD_T_INT64:
	case FCD_T_UINT64:
	case FCD_T_ERRNO:
	case FCD_T_FD:
	case FCD_T_PID:
	case FCD_T_RELTIME:
	case FCD_T_ABSTIME:
		return 8;
	case FCD_T_IPV6ADDR:
		return 16;
	default:
		return 0;
	}
}

static void add(struct sample *s, const void *p, uint32_t n)
{
	memcpy(s->bytes + s->len, p, n);
	s->len += n;
}

static void add_int(struct sample *s, uint64_t v, uint32_t width)
{
	add(s, &v, width); /* little-endian */
}

static void add_random(struct sample *s, uint64_t seed, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		add_int(s, mix(seed + i), 1);
}

/* Letters, spaces, quotes, a control character, UTF-8; with its NUL. */
static void add_string(struct sample *s, uint64_t seed)
{
	static const char *const words[] = {
		"",
		"/etc/hosts",
		"a b",
		"say \"x\"",
		"tab\there",
		"back\\slash",
		"caf\xc3\xa9",
		("\xe2\x82\xac"
		 "5"),
		"\xf0\x9f\x90\xa7",
		"-",
		"new\nline",
		"\x1b[31m",
	};
	const char *word = words[mix(seed) % (sizeof(words) / sizeof(words[0]))];

	add(s, word, (uint32_t)strlen(word) + 1);
}

/* Each kind of number: small, negative, extreme, any. */
static void add_number(struct sample *s, uint64_t seed, uint32_t width)
{
	uint64_t v = mix(seed), unused = 64 - 8 * width;

	switch (v >> 60 & 3) {
	case 0:
		v &= 0x7f;
		break;
	case 1:
		v = -(v & 0x7f);
		break;
	case 2:
		v = v & 1 ? ~0ULL >> unused >> 1 : 1ULL << (63 - unused);
		break;
	}
	add_int(s, v, width);
	s->num = (int64_t)(v << unused) >> unused;
}

/* kind 0: IPv4, 1: IPv6, 2: unix. ends: 1 of an address, 2 of a tuple. */
static void add_address(struct sample *s, uint64_t seed, uint32_t ends)
{
	uint32_t kind = seed % 3;

	add_int(s, kind == 0 ? 2 : kind == 1 ? 10 : 1, 1);
	if (kind == 2) {
		if (ends == 2)
			add_random(s, seed, 16);
		add_string(s, seed);
		return;
	}
	for (uint32_t i = 0; i < ends; i++) {
		add_random(s, seed + 100 * i, kind == 0 ? 4 : 16);
		add_int(s, mix(seed + i), 2);
	}
}

static void add_fdlist(struct sample *s, uint64_t seed)
{
	uint32_t count = seed % 5;

	add_int(s, count, 2);
	for (uint32_t i = 0; i < count; i++) {
		add_int(s, mix(seed + i) % 1000 - 1, 8);
		add_int(s, mix(seed - i) & 0xfff, 2);
	}
}

static void add_value(struct sample *s, const struct fcd_param_info *info, uint64_t seed)
{
	switch (info->type) {
	case FCD_T_CHARBUF:
	case FCD_T_FSPATH:
	case FCD_T_FSRELPATH:
		add_string(s, seed);
		break;
	case FCD_T_BYTEBUF:
		if (info->format != FCD_F_STRINGS) {
			add_random(s, seed, 1 + seed % 60);
			break;
		}
		/* fall through */
	case FCD_T_CHARBUFARRAY:
	case FCD_T_CHARBUF_PAIR_ARRAY:
		for (uint32_t i = 0; i <= seed % 4; i++)
			add_string(s, seed + i);
		break;
	case FCD_T_SOCKADDR:
		add_address(s, seed, 1);
		break;
	case FCD_T_SOCKTUPLE:
		add_address(s, seed, 2);
		break;
	case FCD_T_FDLIST:
		add_fdlist(s, seed);
		break;
	case FCD_T_IPV6ADDR:
		add_random(s, seed, 16);
		break;
	default:
		add_number(s, seed, sample_width(info->type));
	}
}

void sample_make(struct sample *s, const struct fcd_param_info *info, uint64_t seed)
{
	uint32_t variant;

	s->len = 0;
	s->num = 0;
	if (info->type != FCD_T_DYN) {
		add_value(s, info, seed);
		return;
	}
	variant = (uint32_t)(seed % info->variants_count);
	add_int(s, variant, 1);
	add_value(s, &info->variants[variant], seed);
}

void samples_make(struct sample *s, const struct fcd_event_info *info, uint64_t seed)
{
	for (uint32_t i = 0; i < info->nparams; i++)
		sample_make(&s[i], &info->params[i], seed * 131 + info->id * 7 + i);
}

static size_t event_size(const struct fcd_event_info *info, const struct sample *params)
{
	size_t size = 26 + info->nparams * (info->flags & FCD_EF_LARGE_PAYLOAD ? 4 : 2);

	for (uint32_t i = 0; i < info->nparams; i++)
		size += params[i].len;
	return size;
}

static void event_write(uint8_t *at, const struct fcd_event_info *info, const struct sample *params,
			size_t size)
{
	uint32_t width = info->flags & FCD_EF_LARGE_PAYLOAD ? 4 : 2;
	/* 2026-11-24T16:20:00.123456789Z */
	uint64_t ts = 1795537200123456789ULL, tid = 4242;
	uint8_t *data = at + 26 + info->nparams * width;
	uint32_t bytes = (uint32_t)size, count = info->nparams;

	memcpy(at, &ts, 8);
	memcpy(at + 8, &tid, 8);
	memcpy(at + 16, &bytes, 4);
	memcpy(at + 20, &info->id, 2);
	memcpy(at + 22, &count, 4);
	for (uint32_t i = 0; i < count; i++) {
		memcpy(at + 26 + i * width, &params[i].len, width);
		memcpy(data, params[i].bytes, params[i].len);
		data += params[i].len;
	}
}

uint8_t *encode_event(const struct fcd_event_info *info, const struct sample *params, size_t *len)
{
	uint8_t *at;

	*len = event_size(info, params);
	at = malloc(*len);
	event_write(at, info, params, *len);
	return at;
}

struct fcd_envelope *encode_record(const struct fcd_event_info *info, const struct sample *params,
				   size_t *len)
{
	size_t size = event_size(info, params);
	struct fcd_envelope *e = calloc(1, sizeof(*e) + size);

	*len = sizeof(*e) + size;
	e->bytes = (uint32_t)*len;
	e->kind = FCD_EVENT;
	e->cpu = 1;
	e->tgid = 4200;
	e->seq = 81230;
	event_write((uint8_t *)(e + 1), info, params, size);
	return e;
}
