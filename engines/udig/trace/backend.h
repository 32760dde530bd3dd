/* SPDX-License-Identifier: MIT */
/* backend.h - call and user memory of core/fill/interface.h: of a thread that is stopped. */
#ifndef FCD_TRACE_BACKEND_H
#define FCD_TRACE_BACKEND_H

#define USER_PAGE 4096

struct fcd {
	struct trace_producer *producer;
	struct trace_thread *thread;
	s64 ret;
	u32 turn;
	int exit_code;
	struct fcd_signal signal; /* that it is given */
	bool is_gone;		  /* it ended before we could ask: /proc has nothing more of it */
	struct fcd_out out;
	struct facts facts; /* proc.h */
	int sock;	    /* our copy of the socket that was asked for last; -1: none */
};

#include "core/fill/plain.h"
#include "core/fill/numbers.h"

/* ---- the call ---- */

FCD_FN s64 ret(struct fcd *c)
{
	return c->ret;
}

FCD_FN bool is_compat(struct fcd *c)
{
	return c->thread->call.is_compat;
}

FCD_FN u32 call_nr(struct fcd *c)
{
	return c->thread->call.nr;
}

FCD_FN u32 caller_nr(struct fcd *c)
{
	return c->thread->call.own_nr;
}

FCD_FN u32 turn(struct fcd *c)
{
	return c->turn;
}

FCD_FN u32 snaplen(struct fcd *c)
{
	return FCD_LOAD(&c->producer->page->snaplen);
}

FCD_FN u64 hash_key(struct fcd *c, int i)
{
	return FCD_LOAD(&c->producer->page->hash_key[i]);
}

/* Arguments of some 32-bit calls lie in an array of the caller. */
static u64 arg(struct fcd *c, int i)
{
	const struct trace_call *call = &c->thread->call;
	int array = call->is_compat ? ia32_array(call->own_nr) : -1;
	u32 v = 0;

	if (array < 0)
		return call->args[i];
	(void)peek_user(c, &v, call->args[array] + 4 * i, sizeof(v));
	return v;
}

/* ---- user memory ---- */

FCD_FN void count_fault(struct fcd *c)
{
	struct fcd_block *b = c->producer->block;

	FCD_STORE(&b->faults, b->faults + 1);
}

FCD_FN int peek_user(struct fcd *c, void *dst, u64 uptr, u32 len)
{
	return trace_move_memory(SYS_process_vm_readv, c->thread->tid, dst, uptr, len) ? 0
										       : -EFAULT;
}

/* Never past the page that holds the NUL: the next one may be missing. */
FCD_FN long peek_user_str(struct fcd *c, void *dst, u64 uptr, u32 max)
{
	u32 done = 0;

	while (done < max) {
		u32 part = min_u32(USER_PAGE - (uptr + done) % USER_PAGE, max - done);
		char *at = (char *)dst + done, *nul;

		if (peek_user(c, at, uptr + done, part))
			return -EFAULT;
		nul = memchr(at, 0, part);
		if (nul)
			return nul - (char *)dst;
		done += part;
	}
	return max;
}

#endif
