/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * backend.h - a backend for the fillers over memory and facts that a test makes up.
 * The traced process has one readable area of user memory, USER_AT ... USER_AT + USER_BYTES.
 */
#ifndef FCD_TEST_FILL_BACKEND_H
#define FCD_TEST_FILL_BACKEND_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "abi/event.h"
#include "fill_table.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define FCD_FN static inline __attribute__((unused))
#define FCD_RUNTIME_CHECK
#include "core/fill/interface.h"

#define USER_AT	   0x10000ull
#define USER_BYTES 0x20000ull
#define TASKS	   (TASK_REAPER + 1)

struct fcd {
	s64 ret;
	u64 args[6];
	u32 nr, caller_nr, turn, snaplen;
	bool compat;
	u8 user[USER_BYTES];
	u64 task[TASKS];
	struct fcd_file file;
	struct fcd_sock sock[2]; /* of descriptors 100 and 101 */
	const char *bound_name, *peer_name;
	struct fcd_exe exe;
	u32 group; /* the one supplementary group */
	bool maps;
	struct fcd_signal signal;
	const char *comm, *exe_path, *exec_name, *file_path;
	unsigned int faults;
	u8 event[4 * FCD_EVENT_MAX];
	struct fcd_out out;
};

#include "core/fill/plain.h"

#define FCD_TABLE static const
#include "core/fill/numbers.h"

/* A filler that forgets a parameter ends the test. */
void fcd_bad_order(void);

void fcd_bad_order(void)
{
	abort();
}

FCD_FN s64 ret(struct fcd *c)
{
	return c->ret;
}

FCD_FN u64 arg(struct fcd *c, int i)
{
	return c->args[i];
}

FCD_FN bool is_compat(struct fcd *c)
{
	return c->compat;
}

FCD_FN u32 call_nr(struct fcd *c)
{
	return c->nr;
}

FCD_FN u32 caller_nr(struct fcd *c)
{
	return c->caller_nr;
}

FCD_FN u32 turn(struct fcd *c)
{
	return c->turn;
}

FCD_FN u32 snaplen(struct fcd *c)
{
	return c->snaplen;
}

FCD_FN u64 hash_key(struct fcd *c, int i)
{
	(void)c;
	return i ? 0x0f0e0d0c0b0a0908ull : 0x0706050403020100ull;
}

/* ---- user memory ---- */

FCD_FN void count_fault(struct fcd *c)
{
	c->faults++;
}

FCD_FN bool is_readable(u64 at, u64 len)
{
	return at >= USER_AT && len <= USER_BYTES && at - USER_AT <= USER_BYTES - len;
}

FCD_FN int peek_user(struct fcd *c, void *dst, u64 at, u32 len)
{
	if (!is_readable(at, len))
		return -EFAULT;
	memcpy(dst, c->user + (at - USER_AT), len);
	return 0;
}

FCD_FN long peek_user_str(struct fcd *c, void *dst, u64 at, u32 max)
{
	u32 len = 0;

	for (; len < max; len++) {
		if (!is_readable(at + len, 1))
			return -EFAULT;
		((u8 *)dst)[len] = c->user[at + len - USER_AT];
		if (!((u8 *)dst)[len])
			return len;
	}
	return max;
}

/* ---- the traced process ---- */

FCD_FN void file_get(struct fcd *c, s32 fd, struct fcd_file *f)
{
	(void)fd;
	*f = c->file;
}

FCD_FN int sock_get(struct fcd *c, s32 fd, struct fcd_sock *s)
{
	if (fd != 100 && fd != 101)
		return -1;
	*s = c->sock[fd - 100];
	return 0;
}

FCD_FN void exe_get(struct fcd *c, struct fcd_exe *x)
{
	*x = c->exe;
}

FCD_FN void out_unix_path(struct fcd *c, const struct fcd_sock *s, int of_peer)
{
	(void)s;
	out_kstr(c, of_peer ? c->peer_name : c->bound_name, UNIX_PATH_LEN);
}

FCD_FN u64 task(struct fcd *c, enum fcd_task what)
{
	return c->task[what];
}

FCD_FN void signal_get(struct fcd *c, struct fcd_signal *s)
{
	*s = c->signal;
}

FCD_FN bool task_in_group(struct fcd *c, u32 gid)
{
	return c->group == gid;
}

FCD_FN bool task_maps(struct fcd *c, u32 uid, u32 gid)
{
	(void)uid, (void)gid;
	return c->maps;
}

FCD_FN void out_comm(struct fcd *c)
{
	out_kstr(c, c->comm, 16);
}

FCD_FN void out_cgroups(struct fcd *c)
{
	static const char groups[] = "cpu=/a\0memory=/b";

	out_mem(c, groups, sizeof(groups));
}

FCD_FN void out_exe_path(struct fcd *c)
{
	out_kstr(c, c->exe_path, PATH_LEN);
}

FCD_FN void out_file_path(struct fcd *c, s32 fd)
{
	if (fd >= 0)
		out_kstr(c, c->file_path, PATH_LEN);
}

FCD_FN void out_exec_name(struct fcd *c)
{
	out_kstr(c, c->exec_name, PATH_LEN);
}

/* run_NAME(c): the event of one call into c->out; its bytes, 0: none. */
#define FILLER(name, EV, condition)                                                                \
	FCD_FN void fill_##name(FCD_SIG(EV));                                                      \
	FCD_FN u32 run_##name(struct fcd *c)                                                       \
	{                                                                                          \
		struct fcd_event head = { .type = FCD_ID_##EV,                                     \
					  .nparams = sizeof(struct ev_##EV) };                     \
		unsigned int n = 0;                                                                \
		if (!(condition))                                                                  \
			return 0;                                                                  \
		out_begin(c, c->event, 2 * head.nparams, sizeof(c->event));                        \
		fill_##name(c, NULL, &n);                                                          \
		if (n != head.nparams)                                                             \
			fcd_bad_order();                                                           \
		head.bytes = c->out.pos;                                                           \
		memcpy(c->event, &head, sizeof(head));                                             \
		return c->out.pos;                                                                 \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))
#define FILL(name, EV)		     FILLER(name, EV, true)
#define FILL_IF(name, EV, condition) FILLER(name, EV, condition)
#define FILL_AT(hook, name, EV)	     FILLER(name, EV, true)
#define FILL_EACH(name, EV, count)   FILLER(name, EV, turn(c) < each_count(count))

#include "core/fill/fillers.h"

#endif
