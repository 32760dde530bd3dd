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
	u32 nr, snaplen;
	bool compat;
	u8 user[USER_BYTES];
	u64 task[TASKS];
	struct fcd_file file;
	struct fcd_sock sock[2]; /* of descriptors 100 and 101 */
	const char *bound_name, *peer_name;
	struct fcd_exe exe;
	u32 group; /* the one supplementary group */
	bool maps;
	const char *comm, *exe_path, *exec_name;
	unsigned int faults;
	u8 out[4 * FCD_EVENT_MAX];
	u32 pos, start;
};

#define bound(v, max)                                                                              \
	({                                                                                         \
		u64 b_ = (v);                                                                      \
		b_ < (max) ? b_ : (max);                                                           \
	})

static const u16 fcd_syscall_codes[512] = FCD_SYSCALL_CODES;

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

FCD_FN u32 snaplen(struct fcd *c)
{
	return c->snaplen;
}

FCD_FN u64 hash_key(struct fcd *c, int i)
{
	(void)c;
	return i ? 0x0f0e0d0c0b0a0908ull : 0x0706050403020100ull;
}

FCD_FN void out_mem(struct fcd *c, const void *p, u32 len)
{
	memcpy(c->out + c->pos, p, len);
	c->pos += len;
}

FCD_FN void out_int(struct fcd *c, u64 v, u32 width)
{
	out_mem(c, &v, width);
}

FCD_FN void out_len(struct fcd *c, u32 idx, u32 len)
{
	u16 l = len;

	memcpy(c->out + FCD_EVENT_HEADER + 2 * idx, &l, sizeof(l));
}

FCD_FN void out_open(struct fcd *c)
{
	c->start = c->pos;
}

FCD_FN u32 out_size(struct fcd *c)
{
	return c->pos - c->start;
}

FCD_FN void out_close(struct fcd *c, u32 idx)
{
	out_len(c, idx, out_size(c));
}

FCD_FN void out_kstr(struct fcd *c, const char *p, u32 max)
{
	out_mem(c, p, strnlen(p, max - 1));
	out_int(c, 0, 1);
}

FCD_FN bool is_readable(u64 at, u64 len)
{
	return at >= USER_AT && len <= USER_BYTES && at - USER_AT <= USER_BYTES - len;
}

FCD_FN u32 out_ustr(struct fcd *c, u64 at, u32 max)
{
	const char *s = (const char *)c->user + (at - USER_AT);
	u32 len;

	if (!at)
		return 0;
	if (!is_readable(at, 1)) {
		c->faults++;
		return 0;
	}
	len = strnlen(s, min_u32(max - 1, USER_BYTES - (at - USER_AT)));
	out_kstr(c, s, len + 1);
	return len + 1;
}

FCD_FN u32 out_ubuf(struct fcd *c, u64 at, u32 len)
{
	if (!at || !len)
		return 0;
	if (!is_readable(at, len)) {
		c->faults++;
		return 0;
	}
	out_mem(c, c->user + (at - USER_AT), len);
	return len;
}

FCD_FN u32 out_ubuf_nul(struct fcd *c, u64 at, u32 len)
{
	len = out_ubuf(c, at, len);
	if (len)
		c->out[c->pos - 1] = 0;
	return len;
}

FCD_FN int user_read(struct fcd *c, void *dst, u64 at, u32 len)
{
	memset(dst, 0, len);
	if (!at)
		return -EFAULT;
	if (!is_readable(at, len)) {
		c->faults++;
		return -EFAULT;
	}
	memcpy(dst, c->user + (at - USER_AT), len);
	return 0;
}

#define user_read_max(c, dst, at, len, max) user_read(c, dst, at, bound(len, max))

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
		c->pos = FCD_EVENT_HEADER + 2 * head.nparams;                                      \
		fill_##name(c, NULL, &n);                                                          \
		if (n != head.nparams)                                                             \
			fcd_bad_order();                                                           \
		head.bytes = c->pos;                                                               \
		memcpy(c->out, &head, sizeof(head));                                               \
		return c->pos;                                                                     \
	}                                                                                          \
	FCD_FN void fill_##name(FCD_SIG(EV))
#define FILL(name, EV)		     FILLER(name, EV, true)
#define FILL_IF(name, EV, condition) FILLER(name, EV, condition)
#define FILL_AT(hook, name, EV)	     FILLER(name, EV, true)

#include "core/fill/fillers.h"

#endif
