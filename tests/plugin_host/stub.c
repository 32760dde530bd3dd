// SPDX-License-Identifier: MIT
/*
 * stub.c - a source plugin to test the host with. What it does wrong is the word in its init_config;
 * what is wrong in what it exports is compiled in.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "abi/event.h"

#ifndef STUB_API
#define STUB_API "3.0.0"
#endif
#ifndef STUB_VERSION
#define STUB_VERSION "1.2.3"
#endif

#define FAR_NS 86400000000000ULL

/* The symbols that Falco looks for. */
const char *plugin_get_required_api_version(void);
const char *plugin_get_version(void);
const char *plugin_get_name(void);
const char *plugin_get_description(void);
const char *plugin_get_contact(void);
uint32_t plugin_get_id(void);
const char *plugin_get_event_source(void);
void *plugin_init(const void *in, int32_t *rc);
void plugin_destroy(void *s);
const char *plugin_get_last_error(void *s);
void *plugin_open(void *s, const char *params, int32_t *rc);
void plugin_close(void *s, void *h);
int32_t plugin_next_batch(void *s, void *h, uint32_t *count, void ***events);

/* ---- events ---- */

/*
 * In words, its parameters: N: so many bytes, s: a string, n: one without a NUL, i: one with a NUL
 * inside.
 */
struct sample {
	const char *word; /* NULL: of those that are good */
	uint16_t type;
	const char *params;
	int32_t more;  /* what its length is off */
	uint64_t time; /* what it is off */
};

#define CLONE "8 s 1 8 8 8 0 8 8 8 4 4 4 s 1 4 4 4 8 8"

static const struct sample samples[] = {
	{ NULL, 307, "8 8 s 4 4 4 8", 0, 0 },		 /* openat */
	{ NULL, 307, "8 8 0 4 4 4 8", 0, 0 },		 /* whose name could not be read */
	{ NULL, 7, "8 65000 8 4", 0, 0 },		 /* read */
	{ NULL, 7, "8", 0, 0 },				 /* as an older table has it */
	{ NULL, 223, CLONE " 8", 0, 0 },		 /* clone */
	{ NULL, 186, "0 0 0 0 0", 0, 0 },		 /* procexit */
	{ NULL, 280, "s s", 0, 0 },			 /* notification */
	{ NULL, 306, "8 s 4 4", 0, 0 },			 /* openat as it begins */
	{ NULL, 5, "8 8", 0, (uint64_t)-3600000000000 }, /* close, an hour ago */
	{ "unknown", 454, "8", 0, 0 },
	{ "far", 5000, "8", 0, 0 },
	{ "hotplug", 244, "4 4", 0, 0 },
	{ "plugin", 322, "4 8", 0, 0 },
	{ "iterator", 431, "", 0, 0 },
	{ "unused", 187, "", 0, 0 },
	{ "enter", 4, "8", 0, 0 },
	{ "no-result", 5, "", 0, 0 },
	{ "cut", 307, "8 8 s", 0, 0 },
	{ "surplus", 5, "8 8 8", 0, 0 },
	{ "width", 5, "8 4", 0, 0 },
	{ "no-nul", 307, "8 8 n 4 4 4 8", 0, 0 },
	{ "nul-inside", 307, "8 8 i 4 4 4 8", 0, 0 },
	{ "clone-cut", 223, CLONE, 0, 0 },
	{ "clone-empty", 223, CLONE " 0", 0, 0 },
	{ "short", 5, "8 8", -1, 0 },
	{ "long", 5, "8 8", 1, 0 },
	{ "no-header", 5, "8 8", -25, 0 },
	{ "future", 5, "8 8", 0, FAR_NS },
	{ "now", 5, "8 8", 0, UINT64_MAX },
};

#define SAMPLES	  (sizeof(samples) / sizeof(samples[0]))
#define EVENT_MAX 65536

struct stub {
	char word[32];
	char event[SAMPLES][EVENT_MAX];
	void *batch[SAMPLES];
	uint32_t count;
	unsigned int calls;
	int handle; /* its address is one */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Returns how many bytes. */
static uint16_t value(const char *spec, char *at)
{
	static const char text[] = "/etc/hosts", cut[] = "a\0b";

	switch (*spec) {
	case 's':
		memcpy(at, text, sizeof(text));
		return sizeof(text);
	case 'n':
		memcpy(at, text, sizeof(text) - 1);
		return sizeof(text) - 1;
	case 'i':
		memcpy(at, cut, sizeof(cut));
		return sizeof(cut);
	default:
		return (uint16_t)strtoul(spec, NULL, 10);
	}
}

static uint32_t params_count(const char *spec)
{
	uint32_t n = *spec != '\0';

	for (; *spec; spec++)
		n += *spec == ' ';
	return n;
}

static void build(char *event, const struct sample *s)
{
	struct fcd_event h = { .tid = 1, .type = s->type, .nparams = params_count(s->params) };
	char *lens = event + sizeof(h), *data = lens + 2 * (size_t)h.nparams;
	const char *spec = s->params;

	for (uint32_t i = 0; i < h.nparams; i++) {
		uint16_t len = value(spec, data);

		memcpy(lens + 2 * (size_t)i, &len, sizeof(len));
		data += len;
		spec = strchr(spec, ' ') ? strchr(spec, ' ') + 1 : spec;
	}
	h.bytes = (uint32_t)(data - event + s->more);
	h.ts_ns = s->time == UINT64_MAX ? s->time : now_ns() + s->time;
	memcpy(event, &h, sizeof(h));
}

/* The good ones, then the one that the word names. */
static void fill(struct stub *s)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		if (samples[i].word && strcmp(samples[i].word, s->word))
			continue;
		build(s->event[s->count], &samples[i]);
		s->batch[s->count] = s->event[s->count];
		s->count++;
	}
	if (!strcmp(s->word, "null"))
		s->batch[s->count++] = NULL;
}

/* ---- what Falco calls ---- */

const char *plugin_get_required_api_version(void)
{
	return STUB_API;
}

const char *plugin_get_version(void)
{
	return STUB_VERSION;
}

#ifndef STUB_NO_NAME
const char *plugin_get_name(void)
{
	return "stub";
}
#endif

const char *plugin_get_description(void)
{
	return "";
}

const char *plugin_get_contact(void)
{
	return "";
}

#ifdef STUB_ID
uint32_t plugin_get_id(void)
{
	return STUB_ID;
}
#endif

#ifdef STUB_SOURCE
const char *plugin_get_event_source(void)
{
	return STUB_SOURCE;
}
#endif

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* What was handed over changes. */
static void *scribble(void *arg)
{
	for (volatile char *tid = arg;; tid[8]++)
		sched_yield();
	return arg;
}

static void leave_thread(void *(*run)(void *arg), void *arg)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, run, arg))
		pthread_detach(thread);
}

void *plugin_init(const void *in, int32_t *rc)
{
	struct stub *s = calloc(1, sizeof(*s));
	const char *config;

	memcpy(&config, in, sizeof(config));
	*rc = !s || !strcmp(config, "init");
	if (!s || !strcmp(config, "init-null")) {
		*rc = 1;
		free(s);
		return NULL;
	}
	strncpy(s->word, config, sizeof(s->word) - 1);
	if (!strcmp(s->word, "log")) /* what only a newer host passes */
		memcpy(s->event, (const char *)in + 32, 8);
	if (!strcmp(s->word, "init-thread"))
		leave_thread(idle, NULL);
	return s;
}

void plugin_destroy(void *s)
{
	free(s);
}

const char *plugin_get_last_error(void *s)
{
	return ((struct stub *)s)->word;
}

void *plugin_open(void *state, const char *params, int32_t *rc)
{
	struct stub *s = state;

	(void)params;
	*rc = !strcmp(s->word, "open");
	if (*rc)
		return NULL;
	fill(s);
	if (!strcmp(s->word, "change"))
		leave_thread(scribble, s->event[0]);
	return &s->handle;
}

void plugin_close(void *state, void *h)
{
	struct stub *s = state;

	if (!strcmp(s->word, "open") != !h)
		abort();
	s->count = 0;
	if (!strcmp(s->word, "descriptor"))
		s->handle = open("/", O_RDONLY | O_CLOEXEC);
	if (!strcmp(s->word, "thread"))
		leave_thread(idle, NULL);
}

#ifndef STUB_NO_SOURCE
int32_t plugin_next_batch(void *state, void *h, uint32_t *count, void ***events)
{
	struct stub *s = state;

	(void)h;
	if (s->calls++ % 2) { /* idle, and the batch before it may change now */
		if (!strcmp(s->word, "stale"))
			return -1;
		*count = 0;
		return -1;
	}
	*events = s->batch;
	*count = strcmp(s->word, "empty") ? s->count : 0;
	if (!strcmp(s->word, "failure"))
		return 1;
	return strcmp(s->word, "eof") ? 0 : 2;
}
#endif
