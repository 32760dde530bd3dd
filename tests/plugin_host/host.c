// SPDX-License-Identifier: MIT
/*
 * host [OPTION...] PLUGIN - an unmodified Falco in what a source plugin sees of it: it loads the
 * plugin, captures, and looks at every event. A line on stdout for what happens; with --print
 * one for each event, or each of these types, its bytes in hex. Ends with 1 where Falco would end.
 *
 * SIGTERM ends it. SIGHUP is a reload: a second instance is made and destroyed on another thread
 * while the first one captures, then all is closed, unloaded and loaded again.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "falco.h"
#include "held.h"

#define UNWRITTEN    0xdeadbeef
#define NOTIFICATION 280
#define LENS_AT	     26
#define CONFIG_MAX   65536
#define HASH_BEGIN   0xcbf29ce484222325ULL

enum until { NOTHING, INITED, OPENED };

static struct {
	const char *path, *name, *config; /* of a file, NULL: none */
	unsigned int host_minor;
	enum until until;  /* how far to go */
	const char *print; /* types with commas between, "" for all, NULL for none */
	bool has_metrics, has_worker;
	unsigned long events, opens, rounds; /* events 0: until SIGTERM */
} option = { .name = "falco_capture", .host_minor = 12, .until = OPENED, .opens = 1, .rounds = 1 };

static struct falco plugin;
/* While it is loaded or unloaded, or another instance is tried. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static struct check check = { .schema = 5 };
static atomic_bool is_ended, is_reload;

struct capture {
	void *state, *handle;
	unsigned long events, batches, timeouts;
	uint64_t timeouts_ns;
	void **at; /* the batch that is being looked at */
	uint32_t count;
	uint64_t hash; /* of its events */
	char error[1024];
};

static uint64_t clock_ns(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Signals are the first thread's, as Falco's are. */
static pthread_t thread_new(void *(*run)(void *arg), void *arg)
{
	pthread_t thread;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, run, arg))
		falco_fail("no thread");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return thread;
}

/* ---- events ---- */

static uint32_t event_bytes(const void *event)
{
	uint32_t len;

	memcpy(&len, (const char *)event + 16, sizeof(len));
	return len;
}

static uint64_t batch_hash(const struct capture *c)
{
	uint64_t hash = HASH_BEGIN;

	for (uint32_t i = 0; i < c->count; i++) {
		const unsigned char *at = c->at[i];

		for (uint32_t n = event_bytes(at); n; n--)
			hash = (hash ^ *at++) * 0x100000001b3ULL;
	}
	return hash;
}

static void print_hex(const char *word, const void *event)
{
	const unsigned char *at = event;

	printf("%s ", word);
	for (uint32_t n = event_bytes(event); n; n--)
		printf("%02x", *at++);
	putchar('\n');
}

static bool is_printed(unsigned int type)
{
	const char *at = option.print;
	char *end;

	if (!at || !*at)
		return at;
	for (; *at; at = end + (*end == ','))
		if (strtoul(at, &end, 10) == type || end == at)
			return end != at;
	return false;
}

/* Its id and what it says. */
static void print_notification(const char *event)
{
	uint16_t id_bytes;

	memcpy(&id_bytes, event + LENS_AT, sizeof(id_bytes));
	printf("notification %s %s\n", event + LENS_AT + 4, event + LENS_AT + 4 + id_bytes);
}

static void take(struct capture *c, const void *event)
{
	uint16_t type;

	if (check_event(&check, event)) {
		if (event)
			print_hex("refused", event);
		falco_fail("event %lu: %s", c->events, check.why);
	}
	memcpy(&type, (const char *)event + 20, sizeof(type));
	if (type == NOTIFICATION)
		print_notification(event);
	else
		c->events++;
	if (is_printed(type))
		print_hex("event", event);
}

static void take_batch(struct capture *c)
{
	check.now_ns = clock_ns(CLOCK_REALTIME);
	for (uint32_t i = 0; i < c->count; i++)
		take(c, c->at[i]);
	c->hash = batch_hash(c);
	c->batches++;
}

/* One call. Falco would deliver what the last one gave if *nevts were not written. */
static void next_batch(struct capture *c)
{
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint32_t count = UNWRITTEN;
	void **at = NULL;
	int32_t rc;

	if (c->count && batch_hash(c) != c->hash)
		falco_fail("a batch changed before the next call");
	rc = plugin.next_batch(c->state, c->handle, &count, &at);
	if (count == UNWRITTEN)
		falco_fail("next_batch did not say how many events there are");
	c->at = at;
	c->count = count;
	if (count)
		take_batch(c);
	if (rc == FALCO_TIMEOUT) {
		c->timeouts++;
		c->timeouts_ns += clock_ns(CLOCK_MONOTONIC) - begin;
		fflush(stdout); /* nothing more for now */
	} else if (rc != FALCO_SUCCESS) {
		falco_fail("next_batch: %d, %s", rc, plugin.last_error(c->state));
	} else if (!count) {
		falco_fail("unexpected 0 size event returned by plugin %s", option.name);
	}
}

static bool is_over(const struct capture *c)
{
	return is_ended || is_reload || (option.events && c->events >= option.events);
}

static void *capture_all(void *arg)
{
	struct capture *c = arg;

	while (!is_over(c))
		next_batch(c);
	return NULL;
}

/* ---- metrics ---- */

struct asker {
	void *state;
	pthread_t thread;
	atomic_bool is_done;
};

static const struct falco_metric *metrics(void *state, uint32_t *count)
{
	const struct falco_metric *m = plugin.metrics(state, count);

	for (uint32_t i = 0; i < *count; i++)
		if (!m[i].name || !m[i].name[0] || m[i].kind < 0 || m[i].kind > 1 ||
		    m[i].type < 0 || m[i].type > 6)
			falco_fail("metric %u is none", i);
	return m;
}

static void *ask_always(void *arg)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct asker *a = arg;
	uint32_t count;

	while (!a->is_done) {
		metrics(a->state, &count);
		nanosleep(&pause, NULL); /* there is one other CPU */
	}
	return NULL;
}

static void print_metrics(void *state)
{
	uint32_t count = 0;
	const struct falco_metric *m = metrics(state, &count);

	for (uint32_t i = 0; i < count; i++)
		printf("metric %s %llu\n", m[i].name, (unsigned long long)m[i].value);
}

/* ---- capture ---- */

static void run(struct capture *c)
{
	struct asker asker = { .state = c->state };

	if (option.has_metrics)
		asker.thread = thread_new(ask_always, &asker);
	if (option.has_worker)
		pthread_join(thread_new(capture_all, c), NULL);
	else
		capture_all(c);
	if (option.has_metrics) {
		asker.is_done = true;
		pthread_join(asker.thread, NULL);
		print_metrics(c->state);
	}
}

static void capture(void *state)
{
	struct capture c = { .state = state };
	struct held before = held_now();

	c.handle = falco_open(&plugin, state);
	puts("opened");
	fflush(stdout);
	run(&c);
	plugin.close(state, c.handle);
	held_must_be(before, "close");
	printf("closed events %lu batches %lu timeouts %lu ms %llu\n", c.events, c.batches,
	       c.timeouts, (unsigned long long)(c.timeouts_ns / 1000000));
}

/* ---- load ---- */

static void config_read(char text[CONFIG_MAX])
{
	FILE *file;
	size_t n = 0;

	if (option.config) {
		file = fopen(option.config, "re");
		if (!file)
			falco_fail("%s: %s", option.config, strerror(errno));
		n = fread(text, 1, CONFIG_MAX - 1, file);
		fclose(file);
	}
	text[n] = '\0';
}

/* NULL: it failed. Falco inits while nothing may be held open yet. */
static void *init(char error[1024])
{
	static _Thread_local char config[CONFIG_MAX];

	config_read(config);
	return falco_init(&plugin, config, error);
}

/* Of init_config, as `falco --plugin-info` asks for it. */
static const char *schema(void)
{
	int32_t type = 4242;
	const char *text = plugin.init_schema(&type);

	if (type != 0 && type != 1)
		falco_fail("a schema of type %d", type);
	return type ? text : "";
}

/* One life of the loaded plugin. */
static void round_run(void)
{
	struct held before = held_now();
	char error[1024];
	void *state;

	pthread_mutex_lock(&loading);
	falco_load(&plugin, option.path, option.name, option.host_minor);
	pthread_mutex_unlock(&loading);
	printf("loaded %s %s api %s\n", plugin.name(), plugin.version(), plugin.api());
	if (option.until == NOTHING && plugin.init_schema)
		printf("schema %s\n", schema());
	if (option.until >= INITED) {
		state = init(error);
		if (!state)
			falco_fail("could not initialize plugin: %s", error);
		held_must_be(before, "init");
		for (unsigned long i = 0; option.until == OPENED && i < option.opens; i++)
			capture(state);
		plugin.destroy(state);
	}
	pthread_mutex_lock(&loading);
	falco_unload(&plugin);
	pthread_mutex_unlock(&loading);
	held_must_be(before, "dlclose");
	puts("unloaded");
	fflush(stdout);
}

/* ---- signals ---- */

static void on_term(int signal)
{
	(void)signal;
	is_ended = true;
}

/* Would what is configured now start? Between two lives it does, or ends us, anyway. */
static void try_reload(void)
{
	char error[1024];
	void *state;

	if (!plugin.object)
		return;
	state = init(error);
	if (state) {
		plugin.destroy(state);
		is_reload = true;
		return;
	}
	printf("refused %s\n", error);
	fflush(stdout);
}

/* SIGHUP: a watched file has changed. */
static void *watch(void *arg)
{
	sigset_t *hup = arg;
	int signal;

	while (!sigwait(hup, &signal)) {
		pthread_mutex_lock(&loading);
		try_reload();
		pthread_mutex_unlock(&loading);
	}
	return NULL;
}

static void signals_init(void)
{
	struct sigaction term = { .sa_handler = on_term }; /* a waiting call is interrupted */
	static sigset_t hup;

	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &hup, NULL);
	sigaction(SIGTERM, &term, NULL);
	pthread_detach(thread_new(watch, &hup));
}

/* ---- main ---- */

static void usage(void)
{
	errx(2,
	     "usage: host [--config FILE] [--name NAME] [--schema 2|3|4|5] [--api MINOR] [--load] "
	     "[--init] [--print[=TYPE,...]] [--metrics] [--worker] [--events N] [--opens N] "
	     "[--rounds N] PLUGIN");
}

static bool word_take(int name, const char *word)
{
	switch (name) {
	case 'c':
		option.config = word;
		return true;
	case 'n':
		option.name = word;
		return true;
	case 'l':
		option.until = NOTHING;
		return true;
	case 'i':
		option.until = INITED;
		return true;
	case 'p':
		option.print = word ? word : "";
		return true;
	case 'm':
		option.has_metrics = true;
		return true;
	case 'w':
		option.has_worker = true;
		return true;
	default:
		return false;
	}
}

static bool number_take(int name, unsigned long number)
{
	switch (name) {
	case 's':
		check.schema = (unsigned int)number;
		return true;
	case 'a':
		option.host_minor = (unsigned int)number;
		return true;
	case 'e':
		option.events = number;
		return true;
	case 'o':
		option.opens = number;
		return true;
	case 'r':
		option.rounds = number;
		return true;
	default:
		return false;
	}
}

static void options_read(int argc, char **argv)
{
	static const struct option long_option[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "name", required_argument, NULL, 'n' },
		{ "schema", required_argument, NULL, 's' },
		{ "api", required_argument, NULL, 'a' },
		{ "load", no_argument, NULL, 'l' },
		{ "init", no_argument, NULL, 'i' },
		{ "print", optional_argument, NULL, 'p' },
		{ "metrics", no_argument, NULL, 'm' },
		{ "worker", no_argument, NULL, 'w' },
		{ "events", required_argument, NULL, 'e' },
		{ "opens", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },
		{ 0 },
	};
	int got;

	while ((got = getopt_long(argc, argv, "", long_option, NULL)) != -1)
		if (!word_take(got, optarg) &&
		    !(optarg && number_take(got, strtoul(optarg, NULL, 10))))
			usage();
	if (optind + 1 != argc)
		usage();
	option.path = argv[optind];
}

int main(int argc, char **argv)
{
	unsigned long rounds = 0;

	options_read(argc, argv);
	signals_init();
	do {
		is_reload = false;
		round_run();
	} while (!is_ended && (is_reload || ++rounds < option.rounds));
	return 0;
}
