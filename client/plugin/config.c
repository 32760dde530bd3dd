// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "client/plugin/config.h"
#include "client/plugin/validate.h"
#include "core/json.h"
#include "core/nearest.h"
#include "core/table_data.h"
#include "core/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char fcd_plugin_config_schema[] =
	"{\"$schema\":\"http://json-schema.org/draft-04/"
	"schema#\",\"type\":\"object\",\"properties\":{"
	"\"socket\":{\"type\":\"string\",\"description\":\"path of the daemon's socket\"},"
	"\"syscalls\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"description\":\"what "
	"to "
	"capture besides the beginning and end of processes; default: what the rules need\"},"
	"\"snaplen\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535,\"description\":\"bytes "
	"of "
	"data of an event; at most what the daemon captures\"},"
	"\"schema\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":4,\"description\":\"of Falco's "
	"event table: 4 for 0.42 and 0.43, 3 for 0.40 and 0.41, 2 before; without it 0.44 or "
	"later\"}}}";

/* Without these Falco's table of processes is wrong, whatever its rules ask for. */
static const char *const processes[] = { "clone",  "clone3",   "fork",	  "vfork",
					 "execve", "execveat", "procexit" };

/* What Falco's state, its default rules and its incubating rules need. */
static const char *const defaults[] = {
	"accept",
	"accept4",
	"bind",
	"capset",
	"chdir",
	"chroot",
	"close",
	"close_range",
	"connect",
	"creat",
	"dup",
	"dup2",
	"dup3",
	"epoll_create",
	"epoll_create1",
	"eventfd",
	"eventfd2",
	"fchdir",
	"fcntl",
	"getsockopt",
	"inotify_init",
	"inotify_init1",
	"io_uring_setup",
	"memfd_create",
	"mount",
	"open",
	"open_by_handle_at",
	"openat",
	"openat2",
	"pidfd_getfd",
	"pidfd_open",
	"pipe",
	"pipe2",
	"prctl",
	"prlimit64",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setgid",
	"setregid",
	"setresgid",
	"setresuid",
	"setreuid",
	"setrlimit",
	"setsid",
	"setuid",
	"shutdown",
	"signalfd",
	"signalfd4",
	"socket",
	"socketpair",
	"timerfd_create",
	"umount2",
	"userfaultfd",
	/* default rules */
	"finit_module",
	"init_module",
	"link",
	"linkat",
	"ptrace",
	"symlink",
	"symlinkat",
	/* incubating rules */
	"bpf",
	"chmod",
	"fchmod",
	"fchmodat",
	"listen",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"setns",
	"unlink",
	"unlinkat",
	"unshare",
};

struct parse {
	struct fcd_plugin_config *config;
	bool has_syscalls;
	struct fcd_filter syscalls;
	char *error;
	size_t cap;
};

__attribute__((format(printf, 2, 3))) static int fail(const struct parse *p, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error, p->cap, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- system calls ---- */

/* By the name of its event: what Falco calls prlimit is prlimit64. */
static bool add_by_event(struct fcd_filter *f, const char *name)
{
	bool is_known = false;
	uint32_t nr;

	for (nr = 0; nr < FCD_SYSCALLS_MAX; nr++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(nr);

		if (!call || call->exit_event == FCD_GENERIC_X ||
		    strcmp(fcd_events[call->exit_event].name, name))
			continue;
		is_known = true;
		fcd_filter_add(f, call->name, NULL, 0);
	}
	return is_known;
}

static int add_syscall(const struct parse *p, struct fcd_filter *f, const char *name)
{
	char nearest[64];

	if (!fcd_filter_add(f, name, nearest, sizeof(nearest)) || add_by_event(f, name))
		return 0;
	if (nearest[0])
		return fail(p, "syscalls: no system call is called \"%.60s\"; did you mean \"%s\"?",
			    name, nearest);
	return fail(p, "syscalls: no system call is called \"%.60s\"", name);
}

static int take_syscalls(struct parse *p, const struct fcd_json *value)
{
	struct fcd_json_items i;
	struct fcd_json key, item;
	char name[64];
	int err = 0;

	if (value->kind != FCD_JSON_ARRAY)
		return fail(p, "syscalls: expected an array of names, as [\"openat\",\"connect\"]");
	fcd_filter_none(&p->syscalls);
	p->has_syscalls = true;
	for (fcd_json_enter(&i, value); !err && fcd_json_next(&i, &key, &item);) {
		if (fcd_json_text(&item, name, sizeof(name)) < 0)
			return fail(p, "syscalls: expected names of system calls");
		err = add_syscall(p, &p->syscalls, name);
	}
	return err;
}

/* What Falco's table does not know would end it. */
static void leave_out_unknown(struct fcd_filter *f, uint32_t schema)
{
	uint32_t nr;

	for (nr = 0; nr < FCD_SYSCALLS_MAX; nr++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(nr);

		if (!call || call->exit_event < fcd_validator_limit(schema))
			continue;
		f->interest.syscalls[nr / 64] &= ~(1ULL << nr % 64);
		f->calls[nr / 64] &= ~(1ULL << nr % 64);
		f->events[call->exit_event / 64] &= ~(1ULL << call->exit_event % 64);
	}
}

static void make_filter(struct parse *p)
{
	struct fcd_filter *f = &p->config->filter;
	size_t i;

	fcd_filter_none(f);
	if (p->has_syscalls)
		*f = p->syscalls;
	for (i = 0; !p->has_syscalls && i < COUNT(defaults); i++)
		fcd_filter_add(f, defaults[i], NULL, 0);
	for (i = 0; i < COUNT(processes); i++)
		fcd_filter_add(f, processes[i], NULL, 0);
	leave_out_unknown(f, p->config->schema);
}

/* ---- other keys ---- */

static int take_socket(struct parse *p, const struct fcd_json *value)
{
	int len = fcd_json_text(value, p->config->socket, sizeof(p->config->socket));

	if (len < 0)
		return fail(p, "socket: expected a path");
	if (len >= (int)sizeof(p->config->socket))
		return fail(p, "socket: the path is too long");
	return 0;
}

static int take_number(struct parse *p, const char *key, const struct fcd_json *value, uint32_t min,
		       uint32_t max, uint32_t *out)
{
	uint64_t number;

	if (fcd_json_number(value, &number) || number < min || number > max)
		return fail(p, "%s: expected a number from %u to %u", key, min, max);
	*out = (uint32_t)number;
	return 0;
}

static int take_snaplen(struct parse *p, const struct fcd_json *value)
{
	return take_number(p, "snaplen", value, 0, UINT16_MAX, &p->config->snaplen);
}

static int take_schema(struct parse *p, const struct fcd_json *value)
{
	return take_number(p, "schema", value, 2, 4, &p->config->schema);
}

static const struct {
	const char *name;
	int (*take)(struct parse *p, const struct fcd_json *value);
} keys[] = {
	{ "socket", take_socket },
	{ "syscalls", take_syscalls },
	{ "snaplen", take_snaplen },
	{ "schema", take_schema },
};

static int take_key(struct parse *p, const char *key, const struct fcd_json *value)
{
	struct fcd_nearest nearest = { .name = key };
	size_t i;

	for (i = 0; i < COUNT(keys); i++) {
		if (!strcmp(key, keys[i].name))
			return keys[i].take(p, value);
		fcd_nearest_try(&nearest, keys[i].name);
	}
	if (nearest.best)
		return fail(p, "unknown key \"%.60s\"; did you mean \"%s\"?", key, nearest.best);
	return fail(p, "unknown key \"%.60s\"; known: socket, syscalls, snaplen, schema", key);
}

static int take_all(struct parse *p, const char *text)
{
	struct fcd_json json, key, value;
	struct fcd_json_items i;
	char name[64];
	int err = 0;

	if (!text[strspn(text, " \t\r\n")])
		return 0;
	if (fcd_json_parse(text, &json) || json.kind != FCD_JSON_OBJECT)
		return fail(p, "expected an object of JSON, as {\"schema\":3}");
	for (fcd_json_enter(&i, &json); !err && fcd_json_next(&i, &key, &value);) {
		fcd_json_text(&key, name, sizeof(name));
		err = take_key(p, name, &value);
	}
	return err;
}

int fcd_plugin_config_parse(const char *text, struct fcd_plugin_config *out, char *error,
			    size_t cap)
{
	struct parse p = { .config = out, .error = error, .cap = cap };
	int err;

	*out = (struct fcd_plugin_config){ .schema = FCD_SCHEMA_NEWEST, .snaplen = UINT16_MAX };
	err = take_all(&p, text);
	if (!err)
		make_filter(&p);
	return err;
}

static void add_name(struct fcd_text *t, const char *name)
{
	fcd_text_str(t, t->at[t->len - 1] == '[' ? "" : ",");
	fcd_text_json(t, name, strlen(name));
}

char *fcd_plugin_config_filter(const struct fcd_plugin_config *config)
{
	const struct fcd_interest *interest = &config->filter.interest;
	struct fcd_text t = { 0 };
	uint32_t nr;

	fcd_text_str(&t, "{\"syscalls\":[");
	for (nr = 0; !t.failed && nr < FCD_SYSCALLS_MAX; nr++)
		if (interest->syscalls[nr / 64] >> nr % 64 & 1)
			add_name(&t, fcd_syscalls[nr].name);
	for (nr = 0; !t.failed && nr < FCD_TRACEPOINTS; nr++)
		if ((interest->tracepoints | FCD_TP_PROCEXIT) & fcd_tracepoints[nr].bit)
			add_name(&t, fcd_tracepoints[nr].name);
	fcd_text_add(&t, "]}", sizeof("]}"));
	if (t.failed)
		fcd_text_free(&t);
	return t.at;
}
