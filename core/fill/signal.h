/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* signal.h - signals sent: kill, tkill, tgkill; and signals that a thread is given. */

FILL(kill, SYSCALL_KILL_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(sig, arg(c, 1));
}

FILL(tkill, SYSCALL_TKILL_X)
{
	P_RET(res);
	P(tid, arg(c, 0));
	P(sig, arg(c, 1));
}

FILL(tgkill, SYSCALL_TGKILL_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(tid, arg(c, 1));
	P(sig, arg(c, 2));
}

#define SIG_HUP	 1
#define SIG_INT	 2
#define SIG_QUIT 3
#define SIG_KILL 9
#define SIG_TERM 15
#define SIG_CHLD 17
#define SIG_TSTP 20
#define SIG_RT	 32 /* the first one */

/* Of most signals nobody asks who sent them, or what says so is something else. */
FCD_FN s32 signal_sender(const struct fcd_signal *s)
{
	bool is_told;

	switch (s->sig) {
	case SIG_HUP:
	case SIG_INT:
	case SIG_QUIT:
	case SIG_TERM:
	case SIG_TSTP:
		is_told = s->code <= 0; /* by a process */
		break;
	default:
		is_told = s->sig == SIG_KILL || s->sig == SIG_CHLD || s->sig >= SIG_RT;
	}
	return is_told ? s->sender : 0;
}

FILL_AT(signal, signaldeliver, SIGNALDELIVER_E)
{
	struct fcd_signal s;

	signal_get(c, &s);
	P(spid, signal_sender(&s));
	P(dpid, task(c, TASK_TID));
	P(sig, s.sig);
}
