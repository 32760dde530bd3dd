/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* ptrace.h - processes that look into others: ptrace. */

/* From native requests 0 and 0x4200 on. */
FCD_TABLE u8 fcd_ptrace_low[64] = {
	1,  2,	3,  4, 5,  6, 7, 8,  9,	 10, 0, 0, 26, 27, 28, 29, 11,
	12, 30, 31, 0, 32, 0, 0, 13, 33, 34, 0, 0, 0,  35, 36, 37, 38,
};
FCD_TABLE u8 fcd_ptrace_high[16] = { 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25 };

FCD_FN u32 ptrace_code(u64 native)
{
	return native < 0x4200 ? fcd_ptrace_low[bound(native, 63)]
			       : fcd_ptrace_high[bound(native - 0x4200, 15)];
}

/* The schema's own numbers. */
#define PT_PEEKTEXT   2
#define PT_PEEKUSR    4
#define PT_CONT	      8
#define PT_SINGLESTEP 10
#define PT_DETACH     12
#define PT_SYSCALL    13

/* Which of its types a value has, in this parameter. */
#define PT_IS_NUMBER 0
#define PT_IS_SIGNAL 1

FCD_FN void out_ptrace_data(struct fcd *c, u32 request)
{
	if (request == PT_CONT || request == PT_SINGLESTEP || request == PT_DETACH ||
	    request == PT_SYSCALL) {
		out_int(c, PT_IS_SIGNAL, 1);
		out_int(c, arg(c, 3), 1);
		return;
	}
	out_int(c, PT_IS_NUMBER, 1);
	if (request >= PT_PEEKTEXT && request <= PT_PEEKUSR)
		out_int(c, user_slot(c, arg(c, 3), 0), 8);
	else
		out_int(c, arg(c, 3), 8);
}

FILL(ptrace, SYSCALL_PTRACE_X)
{
	u32 request = ptrace_code(arg(c, 0));

	P_RET(res);
	P_OPEN(addr);
	out_int(c, PT_IS_NUMBER, 1);
	out_int(c, ret(c) < 0 ? 0 : arg(c, 2), 8);
	P_CLOSE(addr);
	P_OPEN(data);
	if (ret(c) < 0) {
		out_int(c, PT_IS_NUMBER, 1);
		out_int(c, 0, 8);
	} else {
		out_ptrace_data(c, request);
	}
	P_CLOSE(data);
	P(request, request);
	P(pid, arg(c, 1));
}
