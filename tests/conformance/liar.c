// SPDX-License-Identifier: MIT
/*
 * liar.c - an engine that breaks one rule of abi/engine.h: does the suite notice? It is
 * another engine, FCD_VICTIM, with one operation changed as FCD_LIE says. liar_test has
 * the lies and the claims that must fail.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "abi/engine.h"
#include "abi/ring_io.h"

FCD_ENGINE_NOTE("liar");

static const struct fcd_engine_ops *victim;
static struct fcd_engine_ops ops;
static struct fcd_engine *first; /* the instance that was opened first */
static const struct fcd_host *host;
static const struct fcd_options *kept;
static struct fcd_interest interest = { .size = sizeof(interest) };
static long opener;
static int is_started, was_stopped, opened, configures, leaked_fd = -1;

static int lies(const char *what)
{
	const char *lie = getenv("FCD_LIE");

	return lie && !strcmp(lie, what);
}

static int refuse(struct fcd_err *err, int code, const char *text, const char *hint)
{
	snprintf(err->text, sizeof(err->text), "%s", text);
	snprintf(err->hint, sizeof(err->hint), "%s", hint);
	return code;
}

/* ---- options and probe ---- */

static const struct fcd_option_info *lie_options(uint32_t *count, uint32_t *stride)
{
	static struct fcd_option_info table[64];
	const struct fcd_option_info *info = victim->options(count, stride);

	for (uint32_t i = 0; i < *count; i++)
		table[i] = *(const struct fcd_option_info *)((const char *)info + i * *stride);
	*stride = sizeof(table[0]);
	if (lies("options-twins"))
		table[1].name = table[0].name;
	for (uint32_t i = 0; lies("options-default") && i < *count; i++)
		if (table[i].type == FCD_OPTION_NUMBER)
			table[i].fallback = "18446744073709551615", table[i].max = 5;
	return table;
}

static int lie_probe(const struct fcd_host *h, const struct fcd_options *o, struct fcd_err *err)
{
	if (lies("probe-leaks"))
		(void)!dup(0);
	if (lies("probe-mute"))
		return -EPERM;
	if (lies("probe-helpless"))
		return refuse(err, -EPERM, "no", "");
	return victim->probe(h, o, err);
}

/* ---- open and close ---- */

static void *sleep_for_ever(void *arg)
{
	pause();
	return arg;
}

static void leave_behind(void)
{
	pthread_t thread;
	char path[256];

	if (lies("leaves-descriptor"))
		(void)!fcntl(0, F_DUPFD_CLOEXEC, 0);
	if (lies("leaves-mapping"))
		mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lies("leaves-thread"))
		pthread_create(&thread, NULL, sleep_for_ever, NULL);
	if (lies("leaves-child") && !fork())
		sleep_for_ever(NULL);
	if (lies("leaves-file")) {
		snprintf(path, sizeof(path), "%s.left", host->socket);
		close(open(path, O_CREAT | O_CLOEXEC, 0600));
	}
}

static int lie_open(const struct fcd_host *h, const struct fcd_options *o, struct fcd_engine **out,
		    struct fcd_err *err)
{
	struct fcd_options right = *o;
	uint32_t stride;
	int ret;

	host = h;
	if (lies("option-count"))
		victim->options(&right.count, &stride);
	if (lies("option-stride"))
		right.stride = sizeof(struct fcd_option);
	if (lies("two-hintless") && opened)
		return refuse(err, -EBUSY, "busy", "");
	if (lies("two-steals") && opened)
		victim->stop(first, err);
	ret = victim->open(h, &right, out, err);
	if (ret)
		return ret;
	opener = syscall(SYS_gettid);
	kept = o;
	if (!opened++)
		first = *out;
	if (lies("exec"))
		leaked_fd = dup(0);
	if (lies("prints"))
		puts("hello"), fflush(stdout);
	if (lies("exits"))
		exit(0);
	if (lies("logs"))
		h->log(h->ctx, FCD_LOG_INFO, "two\nlines");
	return 0;
}

static void lie_close(struct fcd_engine *e)
{
	if (lies("close-null") && !e)
		abort();
	if (lies("close-started") && is_started)
		(void)!fcntl(0, F_DUPFD_CLOEXEC, 0);
	if (e && opened) {
		opened--;
		leave_behind();
	}
	close(leaked_fd);
	is_started = was_stopped = 0;
	victim->close(e);
}

/* ---- start and stop ---- */

static int lie_start(struct fcd_engine *e, struct fcd_err *err)
{
	struct fcd_interest all = { .size = sizeof(all) };
	int ret;

	if (lies("option-kept") && kept->first->name[0] == 'x')
		return -EINVAL;
	if (lies("start-twice") && is_started)
		return -EINVAL;
	if (lies("start-again") && was_stopped)
		return 0;
	if (lies("one-thread") && opener != syscall(SYS_gettid))
		return refuse(err, -EPERM, "another thread", "");
	ret = victim->start(e, err);
	is_started = !ret;
	memset(all.syscalls, 0xff, sizeof(all.syscalls));
	if (lies("no-interest"))
		victim->configure(e, &all, err);
	return ret;
}

static void forget_drops_of(const struct fcd_ring_desc *d)
{
	((struct fcd_block *)d->block)->prod[d->ring].drop_full = 0;
}

static void forget_drops(struct fcd_engine *e)
{
	struct fcd_ring_desc at[64];
	int n = victim->rings(e, at, sizeof(at[0]), 64);

	for (int i = 0; i < n; i++)
		if (at[i].block)
			forget_drops_of(&at[i]);
}

static int lie_stop(struct fcd_engine *e, struct fcd_err *err)
{
	int ret = lies("stop") ? 0 : victim->stop(e, err);

	if (lies("full"))
		forget_drops(e);
	is_started = 0;
	was_stopped = 1;
	return ret;
}

/* ---- configure ---- */

static int is_empty(const struct fcd_interest *i)
{
	static const struct fcd_interest none;

	return !memcmp(i->syscalls, none.syscalls, sizeof(none.syscalls)) && !i->tracepoints;
}

static int lie_configure(struct fcd_engine *e, const struct fcd_interest *i, struct fcd_err *err)
{
	struct fcd_interest own = *i;

	if (lies("before-start") && !is_started)
		return 0;
	if (lies("nothing-wanted") && is_empty(i))
		return 0;
	if (lies("changes-deaf") && ++configures % 5 == 0)
		return 0;
	if (lies("changes-sticky"))
		for (int w = 0; w < FCD_SYSCALLS_MAX / 64; w++)
			own.syscalls[w] |= interest.syscalls[w];
	if (lies("wrong-taken"))
		own.tracepoints &= FCD_TP_PROCEXIT;
	if (lies("wrong-forgets") && own.tracepoints > FCD_TP_PROCEXIT)
		victim->configure(e, &interest, err);
	if (lies("newer-interest") && i->size > sizeof(*i))
		return refuse(err, -EINVAL, "too long", "");
	if (!lies("wrong-forgets"))
		interest = own;
	own.size = i->size;
	return victim->configure(e, &own, err);
}

/* ---- rings ---- */

static int lie_rings(struct fcd_engine *e, struct fcd_ring_desc *out, uint32_t stride, uint32_t max)
{
	int n = victim->rings(e, out, stride, lies("slots-max") && max ? max + 1 : max);

	for (int i = 0; i < n && i < (int)max; i++) {
		struct fcd_ring_desc *d = (void *)((char *)out + (size_t)i * stride);

		if (lies("slots-stride"))
			memset((char *)d + sizeof(*d), 0,
			       stride < sizeof(*d) ? 0 : stride - sizeof(*d));
		if (lies("slots-unmapped") && stride >= sizeof(*d) && d->block)
			d->bytes <<= 20;
		if (lies("wrap") && stride >= sizeof(*d))
			d->bytes /= 2;
		/* The host takes its numbers when it retires it, before stop. */
		if (lies("full") && stride >= sizeof(*d) && d->flags & FCD_RING_ENDED && d->block)
			forget_drops_of(d);
	}
	return n;
}

static int lie_poll_fd(struct fcd_engine *e)
{
	static int never = -1, always = -1;

	if (never < 0) {
		never = eventfd(0, EFD_CLOEXEC);
		always = eventfd(1, EFD_CLOEXEC);
	}
	return lies("wake") ? never : lies("no-wake") ? always : victim->poll_fd(e);
}

static int lie_stats(struct fcd_engine *e, struct fcd_engine_stats *out)
{
	int ret;

	if (lies("stats-size"))
		out->size = sizeof(*out);
	ret = victim->stats(e, out);
	if (lies("stats-flags") && out->size >= sizeof(*out))
		out->flags |= 1u << 31;
	if (lies("canary") && out->size >= sizeof(*out))
		out->flags |= FCD_STATS_SEES_HOST;
	return ret;
}

static void lie_retire(struct fcd_engine *e, uint32_t slot)
{
	if (!lies("retire"))
		victim->retire(e, slot);
}

/* ---- the entry ---- */

FCD_EXPORT fcd_engine_fn fcd_engine;

const struct fcd_engine_ops *fcd_engine(uint32_t abi)
{
	const char *path = getenv("FCD_VICTIM");
	void *object = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	fcd_engine_fn *entry = object ? (fcd_engine_fn *)dlsym(object, FCD_ENGINE_SYMBOL) : NULL;

	if (lies("version-minor") && (abi & 0xffff) != FCD_ABI_MINOR)
		return NULL;
	if (lies("version-major"))
		abi = FCD_ABI_MAJOR << 16 | FCD_ABI_MINOR;
	victim = entry ? entry(abi) : NULL;
	if (!victim)
		return NULL;
	ops = (struct fcd_engine_ops){
		.size = sizeof(ops),
		.name = lies("file") ? "another" : "liar",
		.options = lie_options,
		.probe = lie_probe,
		.open = lie_open,
		.start = lie_start,
		.configure = lie_configure,
		.rings = lie_rings,
		.poll_fd = lie_poll_fd,
		.woken = victim->woken,
		.stats = lie_stats,
		.stop = lie_stop,
		.close = lie_close,
		.retire = victim->retire ? lie_retire : NULL,
	};
	return &ops;
}
