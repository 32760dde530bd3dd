// SPDX-License-Identifier: MIT
#include <string.h>
#include "client/plugin/enter.h"
#include "core/table_data.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Events whose exit is shorter in the table of Falco 0.40 or 0.41 than in ours. */
static const char *const since_3[] = {
	"accept4",	"access",	 "brk",		 "close",    "connect",	 "copy_file_range",
	"epoll_create", "epoll_create1", "epoll_wait",	 "eventfd",  "eventfd2", "execve",
	"fchdir",	"fcntl",	 "flock",	 "fstat",    "futex",	 "getdents",
	"getdents64",	"getrlimit",	 "inotify_init", "ioctl",    "kill",	 "llseek",
	"lseek",	"mkdir",	 "mmap",	 "mmap2",    "mount",	 "mprotect",
	"munmap",	"nanosleep",	 "poll",	 "ppoll",    "preadv",	 "ptrace",
	"pwrite",	"pwritev",	 "quotactl",	 "readv",    "recv",	 "recvfrom",
	"recvmsg",	"seccomp",	 "semctl",	 "semget",   "semop",	 "send",
	"sendfile",	"sendmsg",	 "sendto",	 "setgid",   "setns",	 "setpgid",
	"setresgid",	"setresuid",	 "setuid",	 "shutdown", "signalfd", "signalfd4",
	"socket",	"socketpair",	 "splice",	 "syscall",  "tgkill",	 "timerfd_create",
	"tkill",	"umount2",	 "unshare",	 "write",    "writev",
};

/* And before. */
static const char *const since_2[] = {
	"bind", "listen", "pread", "prlimit", "read", "setrlimit",
};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_wanted(const struct fcd_event_info *exit, uint32_t schema)
{
	if (schema > 3 || exit->is_enter || exit->flags & (FCD_EF_OLD_VERSION | FCD_EF_UNUSED))
		return false;
	return is_one_of(exit->name, since_3, COUNT(since_3)) ||
	       (schema < 3 && is_one_of(exit->name, since_2, COUNT(since_2)));
}

/* The parameter of the same name and width. Each entry that is wanted finds all of its own. */
static uint8_t find(const struct fcd_event_info *exit, const struct fcd_param_info *param)
{
	uint8_t i;

	for (i = 0; i < exit->nparams; i++)
		if (!strcmp(exit->params[i].name, param->name) &&
		    fcd_type_width(exit->params[i].type) == fcd_type_width(param->type))
			break;
	return i;
}

void fcd_enter_map_init(struct fcd_enter_map *m, uint32_t schema)
{
	uint32_t id, i;

	memset(m, 0, sizeof(*m));
	for (id = 1; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *exit = &fcd_events[id], *enter = &fcd_events[id - 1];

		if (!is_wanted(exit, schema))
			continue;
		m->type[id].is_wanted = true;
		m->type[id].nparams = enter->nparams;
		for (i = 0; i < enter->nparams; i++)
			m->type[id].from[i] = find(exit, &enter->params[i]);
	}
}

/* Where each parameter begins, and behind the last one where they end. */
static void find_params(const uint8_t *event, uint32_t nparams, uint32_t *begins)
{
	const uint8_t *lengths = event + FCD_EVENT_HEADER;
	uint16_t len;
	uint32_t i;

	begins[0] = FCD_EVENT_HEADER + nparams * sizeof(len);
	for (i = 0; i < nparams; i++) {
		memcpy(&len, lengths + i * sizeof(len), sizeof(len));
		begins[i + 1] = begins[i] + len;
	}
}

uint32_t fcd_enter_write(const struct fcd_enter_map *m, const void *exit, void *out)
{
	uint32_t begins[FCD_PARAMS_MAX + 1], i;
	uint8_t *lengths = (uint8_t *)out + FCD_EVENT_HEADER, *to;
	struct fcd_event e;
	uint16_t len;

	memcpy(&e, exit, sizeof(e));
	if (!m->type[e.type].is_wanted)
		return 0;
	find_params(exit, e.nparams, begins);
	e.nparams = m->type[e.type].nparams;
	to = lengths + e.nparams * sizeof(len);
	for (i = 0; i < e.nparams; i++) {
		uint8_t from = m->type[e.type].from[i];

		len = (uint16_t)(begins[from + 1] - begins[from]);
		memcpy(lengths + i * sizeof(len), &len, sizeof(len));
		memcpy(to, (const uint8_t *)exit + begins[from], len);
		to += len;
	}
	e.type--;
	e.bytes = (uint32_t)(to - (uint8_t *)out);
	memcpy(out, &e, sizeof(e));
	return e.bytes;
}
