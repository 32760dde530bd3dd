/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * fill.h - what a filler is written in.
 *
 *	FILL(close, SYSCALL_CLOSE_X)		at the exit of close(2)
 *	FILL_IF(execve, EVENT, condition)	only then
 *	FILL_EACH(sendmmsg, EVENT, count)	so many times, see each_count(); of the arguments it has
 *						the first two, turn(c) tells which time it is
 *	FILL_AT(exit, procexit, PROCEXIT_1_E)	at another hook: exec, exit, signal
 *
 * Inside a filler three names are in scope: c (call and output), e (never read:
 * its type holds names, order and types of the event's parameters) and n (how
 * many were written; the compiler folds it away).
 *
 * A parameter is written exactly once on every path, in order. Not collected is
 * P_EMPTY(name); a fault leaves nothing, is counted, and the filler goes on.
 * Loops have a constant bound, break on the variable one, and carry nothing in a
 * local (use out_size): the BPF verifier follows every local through every turn.
 */
#ifndef FCD_FILL_H
#define FCD_FILL_H

#define FCD_SIG(EV)   struct fcd *c, const struct ev_##EV *e, unsigned int *n
#define FCD_IDX(name) ((unsigned int)__builtin_offsetof(__typeof__(*e), name))
#define FCD_WIDTH(name)                                                                            \
	_Generic(e->name, struct fcd_p8 : 1, struct fcd_p16 : 2, struct fcd_p32 : 4,               \
		 struct fcd_p64 : 8, struct fcd_pfd : 8)
#define FCD_IS_FD(name) _Generic(e->name, struct fcd_pfd : 1, default : 0)
#define FCD_IS(name, T)                                                                            \
	_Static_assert(_Generic(e->name, struct fcd_p##T : 1, default : 0),                        \
		       #name " is not of class " #T)

/*
 * With everything inlined *n is a constant, so a parameter that is missing,
 * doubled or exchanged, or written on one branch only, leaves a call of
 * fcd_bad_order() behind: an error of the compiler.
 */
#ifdef FCD_RUNTIME_CHECK /* builds without optimisation */
void fcd_bad_order(void);
#else
void fcd_bad_order(void) __attribute__((error("parameters missing, doubled or out of order")));
#endif

FCD_FN void fcd_turn(unsigned int *n, unsigned int idx)
{
	if (*n != idx)
		fcd_bad_order();
	*n = idx + 1;
}

FCD_FN void fcd_put_int(struct fcd *c, unsigned int *n, unsigned int idx, unsigned int width, u64 v)
{
	fcd_turn(n, idx);
	out_int(c, v, width);
	out_len(c, idx, width);
}

/* A number: width, and for FD and PID the widening of 32 bits, come from the schema. */
#define P(name, v)                                                                                 \
	fcd_put_int(c, n, FCD_IDX(name), FCD_WIDTH(name),                                          \
		    FCD_IS_FD(name) ? (u64)(s64)(s32)(v) : (u64)(v))
/* The raw result of the call, also where the schema says FD or PID. */
#define P_RET(name) fcd_put_int(c, n, FCD_IDX(name), FCD_WIDTH(name), (u64)ret(c))
/* No value: length 0. */
#define P_EMPTY(name)                                                                              \
	do {                                                                                       \
		fcd_turn(n, FCD_IDX(name));                                                        \
		out_len(c, FCD_IDX(name), 0);                                                      \
	} while (0)
/* An event without parameters. */
#define P_NONE() ((void)c, (void)e, (void)n)
/* Anything else: the out_*() calls between make up the value. */
#define P_OPEN(name)                                                                               \
	do {                                                                                       \
		fcd_turn(n, FCD_IDX(name));                                                        \
		out_open(c);                                                                       \
	} while (0)
#define P_CLOSE(name) out_close(c, FCD_IDX(name))
#define P_WITH(name, T, call)                                                                      \
	do {                                                                                       \
		FCD_IS(name, T);                                                                   \
		P_OPEN(name);                                                                      \
		call;                                                                              \
		P_CLOSE(name);                                                                     \
	} while (0)

#define P_STR(name, uptr, max)	       P_WITH(name, str, out_ustr(c, uptr, max))
#define P_BUF(name, uptr, len)	       P_WITH(name, buf, out_ubuf(c, uptr, len))
#define P_ADDR(name, uptr, len)	       P_WITH(name, addr, out_addr(c, uptr, len))
#define P_VEC(name, vec, count, limit) P_WITH(name, buf, out_vec(c, vec, count, limit))
#define P_TUPLE(name, fd, dir, uptr)   P_WITH(name, tuple, out_tuple(c, fd, dir, uptr))
/* What only the backend can make as a whole. */
#define P_COMM(name)	      P_WITH(name, str, out_comm(c))
#define P_CGROUPS(name)	      P_WITH(name, buf, out_cgroups(c))
#define P_EXE_PATH(name)      P_WITH(name, str, out_exe_path(c))
#define P_EXEC_NAME(name)     P_WITH(name, str, out_exec_name(c))
#define P_FILE_PATH(name, fd) P_WITH(name, str, out_file_path(c, fd))

#endif
