// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engines/fake/fake.h"

#define NUMBER(at, key, value, low, high, text)                                                    \
	[at] = { .size = sizeof(struct fcd_option_info),                                           \
		 .type = FCD_OPTION_NUMBER,                                                        \
		 .name = key,                                                                      \
		 .fallback = value,                                                                \
		 .min = low,                                                                       \
		 .max = high,                                                                      \
		 .help = text }
#define TEXT(at, key, value, about)                                                                \
	[at] = { .size = sizeof(struct fcd_option_info),                                           \
		 .type = FCD_OPTION_TEXT,                                                          \
		 .name = key,                                                                      \
		 .fallback = value,                                                                \
		 .help = about }
#define BOOL(at, key, value, about)                                                                \
	[at] = { .size = sizeof(struct fcd_option_info),                                           \
		 .type = FCD_OPTION_BOOL,                                                          \
		 .name = key,                                                                      \
		 .fallback = value,                                                                \
		 .help = about }
#define EVERY(at, key, text) NUMBER(at, key, "0", 0, UINT32_MAX, text)

static const struct fcd_option_info option[FAKE_OPTIONS] = {
	NUMBER(FAKE_RINGS, "rings", "2", 1, FAKE_RINGS_MAX, "rings, each as of a CPU of its own"),
	NUMBER(FAKE_RATE, "rate", "1000", 0, 1000000000,
	       "events per second over all rings; 0: as fast as the rings are read"),
	NUMBER(FAKE_COUNT, "count", "0", 0, UINT64_MAX, "events of each ring; 0: no end"),
	BOOL(FAKE_END, "end", "false",
	     "a ring that brought its count ends, and another follows it"),
	TEXT(FAKE_MIX, "mix", "openat:3,read:8,write:4,close:3,execve:1,kill:1,procexit:1",
	     "kinds of events with their weights, as in \"openat:3,read\""),
	NUMBER(FAKE_SEED, "seed", "1", 0, UINT64_MAX, "the same seed makes the same events"),
	NUMBER(FAKE_RING_BYTES, "ring_bytes", "1048576", 1 << 16, 1 << 30,
	       "bytes of a ring, a power of two"),
	BOOL(FAKE_CLAIMS_HOST, "claims_host", "false",
	     "say that the host's own calls are seen, as an engine says that is dead"),
	EVERY(FAKE_FULL, "full", "every n-th event finds its ring full; 0: none"),
	EVERY(FAKE_NESTED, "nested", "every n-th event finds all rings busy; 0: none"),
	EVERY(FAKE_TOO_BIG, "too_big", "every n-th event is larger than an event can be; 0: none"),
	EVERY(FAKE_NO_RING, "no_ring", "every n-th event is on a CPU without a ring; 0: none"),
	EVERY(FAKE_MISSED, "missed", "every n-th event is one that no probe saw; 0: none"),
	EVERY(FAKE_LATE, "late", "every n-th event is published 50 ms out of order; 0: none"),
	EVERY(FAKE_BROKEN, "broken", "the n-th event and its ring are malformed; 0: none"),
	EVERY(FAKE_STUCK_BUSY, "stuck_busy",
	      "the ring of the n-th event says that it is being written, for ever; 0: none"),
};

const struct fcd_option_info *fake_options(uint32_t *count, uint32_t *stride)
{
	*count = FAKE_OPTIONS;
	*stride = sizeof(option[0]);
	return option;
}

int fake_fail(struct fcd_err *err, int code, const char *hint, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	return code;
}

/* One "name" or "name:weight" of `mix`. */
static int mix_item(struct fake_settings *s, const char *item, size_t len, struct fcd_err *err)
{
	size_t name = strcspn(item, ":,");
	unsigned long weight = 1;
	char *end = (char *)item + len;
	uint32_t i;

	if (name < len)
		weight = strtoul(item + name + 1, &end, 10);
	for (i = 0; i < FAKE_KINDS; i++) {
		if (strlen(fake_kind_name[i]) == name && !memcmp(fake_kind_name[i], item, name))
			break;
	}
	if (i == FAKE_KINDS || end != item + len || weight < 1 || weight > FAKE_DECK)
		return fake_fail(err, -EINVAL,
				 "openat, read, write, close, execve, kill, procexit, each with "
				 "\":1\" to \":1024\" behind it or nothing",
				 "engines.fake.mix: \"%.*s\" is not a kind of event", (int)len,
				 item);
	s->weight[i] = weight;
	return 0;
}

static int mix_read(struct fake_settings *s, const char *text, struct fcd_err *err)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		int ret = mix_item(s, text, len, err);

		if (ret || !text[len])
			return ret;
		text += len + 1;
	}
}

int fake_settings_read(struct fake_settings *out, const struct fcd_options *options,
		       struct fcd_err *err)
{
	struct fake_settings s = { 0 };
	uint32_t i;
	int ret;

	if (!options || options->count != FAKE_OPTIONS)
		return fake_fail(err, -EINVAL, NULL, "the host gave other options than ours");
	for (i = 0; i < FAKE_OPTIONS; i++)
		s.number[i] = fcd_options_at(options, i)->number;
	if (s.number[FAKE_RING_BYTES] & (s.number[FAKE_RING_BYTES] - 1))
		return fake_fail(err, -EINVAL, "65536, 131072, 262144, ...",
				 "engines.fake.ring_bytes is not a power of two");
	ret = mix_read(&s, fcd_options_at(options, FAKE_MIX)->text, err);
	if (!ret)
		*out = s;
	return ret;
}
