// SPDX-License-Identifier: MIT
/* claims_life.c - an instance from open to close, in order and out of it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include "core/config.h"
#include "tests/conformance/host.h"
#include "tests/conformance/left.h"
#include "tests/conformance/load.h"
#include "tests/conformance/records.h"
#include "tests/conformance/suite.h"

static struct host host, second;

static struct fcd_interest kill_and_close(void)
{
	return interest_in(NR_KILL, NR_CLOSE, -1);
}

/* ---- open ---- */

static void refuse_options(const struct fcd_options *o, const char *what)
{
	struct fcd_engine *e = NULL;
	int ret;

	host.err = (struct fcd_err){ 0 };
	ret = host.ops.open(&host_services, o, &e, &host.err);
	host_refused(&host, ret, what);
	require(ret == -EINVAL, "%s returned %d, not -EINVAL", what, ret);
	require(!e, "%s left an instance", what);
}

static void options_of_another_count_are_refused(void)
{
	struct fcd_options *o, other;
	struct left before;

	host_load(&host);
	if (!host.ops.options)
		skip("it has no options");
	o = host_options(&host);
	for (int i = 0; i <= LEFT_ROUNDS; i++) {
		if (i == 1)
			left_look(&before);
		other = *o;
		other.count = 0;
		refuse_options(&other, "open without options");
		other.count = o->count - 1;
		refuse_options(&other, "open with an option too few");
		other.count = o->count + 1;
		refuse_options(&other, "open with an option too many");
	}
	fcd_config_options_free(o);
	left_check(&before, "open with options that are not its own");
}

/* A newer host's options are longer, and followed by what this engine does not know. */
static void options_of_a_newer_host_are_taken(void)
{
	struct wide {
		struct fcd_option known;
		uint8_t more[40];
	} wide[64];
	struct fcd_options *o;
	struct {
		struct fcd_options known;
		uint8_t more[24];
	} newer;
	int ret;

	host_load(&host);
	o = host_options(&host);
	require(o->count <= 64, "%u options", o->count);
	memset(wide, 0x5a, sizeof(wide));
	memset(&newer, 0x5a, sizeof(newer));
	for (uint32_t i = 0; i < o->count; i++) {
		wide[i].known = *fcd_options_at(o, i);
		wide[i].known.size = sizeof(wide[i]);
	}
	newer.known = (struct fcd_options){ .size = sizeof(newer),
					    .count = o->count,
					    .stride = sizeof(wide[0]),
					    .first = &wide[0].known };
	ret = host.ops.open(&host_services, &newer.known, &host.e, &host.err);
	require(!ret, "open returned %d: %s (%s)", ret, host.err.text, host.err.hint);
	fcd_config_options_free(o);
	memset(wide, 0x5a, sizeof(wide));
	host_start(&host);
	host_end(&host);
}

static void descriptors_do_not_survive_exec(void)
{
	const struct fcd_interest wanted = kill_and_close();
	bool is_ours[1024];
	int fd, flags;

	for (fd = 0; fd < 1024; fd++)
		is_ours[fd] = fcntl(fd, F_GETFD) >= 0;
	host_run(&host, &wanted);
	for (fd = 0; fd < 1024; fd++) {
		flags = fcntl(fd, F_GETFD);
		require(is_ours[fd] || flags < 0 || flags & FD_CLOEXEC,
			"descriptor %d is not close-on-exec", fd);
	}
	host_end(&host);
}

/* ---- close ---- */

enum stage { OPEN, CONFIGURED, STARTED, STOPPED, STAGES };

static void go_to(struct host *h, enum stage stage)
{
	const struct fcd_interest wanted = kill_and_close();

	host_load(h);
	host_open(h);
	if (stage >= CONFIGURED)
		host_configure(h, &wanted);
	if (stage >= STARTED)
		host_start(h);
	if (stage >= STOPPED)
		host_stop(h);
}

static void close_is_allowed_in_every_state(void)
{
	struct left before;

	host_load(&host);
	host.ops.close(NULL);
	for (int i = 0; i <= LEFT_ROUNDS; i++) {
		if (i == 1)
			left_look(&before);
		for (enum stage stage = OPEN; stage < STAGES; stage++) {
			go_to(&host, stage);
			host_close(&host);
		}
	}
	left_check(&before, "open and close in each state");
}

/* Rings are full or half full, the host has read some, and nobody stops first. */
static void close_is_allowed_at_any_point(void)
{
	const struct fcd_interest all = interest_in(NR_KILL, NR_CLOSE, NR_OPENAT, -1);
	struct left before;
	struct load load;

	for (int i = 0; i <= LEFT_ROUNDS; i++) {
		if (i == 1)
			left_look(&before);
		host_run(&host, &all);
		load_start(&load, &host);
		load_noise(&load, &host);
		host.is_idle = i % 2;
		load_some(&load, &host, true, 16u << i);
		if (i % 3 == 2)
			host_stop(&host);
		host_close(&host);
		load_end(&load, NULL);
	}
	left_check(&before, "close while events come");
}

/* ---- order ---- */

static void answer(int ret, const char *what)
{
	if (ret)
		host_refused(&host, ret, what);
	host.err = (struct fcd_err){ 0 };
}

static void calls_out_of_turn_are_answered(void)
{
	const struct fcd_interest wanted = kill_and_close();
	struct load load;

	go_to(&host, OPEN);
	answer(host.ops.stop(host.e, &host.err), "stop before start");
	host_close(&host);

	go_to(&host, STARTED);
	answer(host.ops.start(host.e, &host.err), "start after start");
	host_look(&host);
	load_start(&load, &host);
	load_some(&load, &host, false, 10);
	load_end(&load, &host);
	host_stop(&host);
	answer(host.ops.stop(host.e, &host.err), "stop after stop");
	answer(host.ops.configure(host.e, &wanted, &host.err), "configure after stop");
	host_look(&host);
	host_read(&host);
	host_close(&host);
}

static void start_after_stop_is_refused_or_works(void)
{
	struct load load;
	int ret;

	go_to(&host, STOPPED);
	ret = host.ops.start(host.e, &host.err);
	answer(ret, "start after stop");
	if (!ret) {
		load_start(&load, &host);
		load_some(&load, &host, false, 100);
		load_end(&load, &host);
		require(host_produced(&host), "started again it records nothing");
		host_end(&host);
		return;
	}
	require(!host_produced(&host), "refused to start again and records");
	host_close(&host);
}

/* ---- threads ---- */

static void *open_it(void *arg)
{
	(void)arg;
	go_to(&host, CONFIGURED);
	return NULL;
}

static void *start_it(void *arg)
{
	(void)arg;
	host_start(&host);
	return NULL;
}

static void *end_it(void *arg)
{
	(void)arg;
	host_end(&host);
	return NULL;
}

static void run_elsewhere(void *(*what)(void *))
{
	pthread_t thread;

	require(!pthread_create(&thread, NULL, what, NULL), "no thread");
	pthread_join(thread, NULL);
}

static void an_instance_moves_between_threads(void)
{
	struct load load;

	run_elsewhere(open_it);
	run_elsewhere(start_it);
	load_start(&load, &host);
	load_some(&load, &host, false, 200);
	load_end(&load, &host);
	require(host_produced(&host) >= 200, "%lu events of 200",
		(unsigned long)host_produced(&host));
	run_elsewhere(end_it);
}

/* ---- two ---- */

/* The first goes on, whatever became of the second. */
static void check_first(struct load *load, uint32_t first)
{
	uint64_t before = host_lost(&host);
	uint32_t seen;

	load_some(load, &host, false, 50);
	if (suite.is_generator)
		return;
	load_make(load, &host, LOAD_KILL, first, 200);
	host_read(&host);
	seen = records_count(host.kills, first, 200);
	require(seen + host_lost(&host) - before >= 200,
		"beside a second instance the first recorded %u calls of 200", seen);
}

static void a_second_instance_works_or_is_refused_clearly(void)
{
	const struct fcd_interest wanted = kill_and_close();
	struct load load;

	host_run(&host, &wanted);
	load_start(&load, &host);
	check_first(&load, 1);
	host_load(&second);
	if (host_try_open(&second)) {
		require(second.err.hint[0], "it refuses a second instance without a hint: %s",
			second.err.text);
	} else {
		host_look(&second);
		host_configure(&second, &wanted);
		host_start(&second);
		check_first(&load, 1001);
		host_stop(&second);
		host_close(&second);
	}
	check_first(&load, 2001);
	load_end(&load, &host);
	host_end(&host);
}

const struct claim life_claims[] = {
	{ "option-count", "open refuses options that are not its own and leaves nothing behind",
	  options_of_another_count_are_refused },
	{ "option-stride", "open takes a newer host's longer options and keeps no pointer to them",
	  options_of_a_newer_host_are_taken },
	{ "close-on-exec", "no descriptor of it survives an exec",
	  descriptors_do_not_survive_exec },
	{ "close", "close is allowed in every state and leaves nothing behind",
	  close_is_allowed_in_every_state },
	{ "close-under-load",
	  "close is allowed while events come, read or not, and leaves nothing behind",
	  close_is_allowed_at_any_point },
	{ "out-of-turn", "a call in a state that is not its own is done or refused with a text",
	  calls_out_of_turn_are_answered },
	{ "start-again", "start after stop is refused with a text, or works",
	  start_after_stop_is_refused_or_works },
	{ "threads", "an instance may be opened, started and closed by different threads",
	  an_instance_moves_between_threads },
	{ "two", "a second instance works, or is refused with a hint; the first is undisturbed",
	  a_second_instance_works_or_is_refused_clearly },
	{ 0 },
};
