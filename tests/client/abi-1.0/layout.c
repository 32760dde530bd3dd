// SPDX-License-Identifier: MIT
/* layout - what a program compiled from the public headers has in it: sizes, places, numbers. */
#include <stdio.h>
#include HEADER

#define STRUCT(type)	printf("struct %s %zu\n", #type, sizeof(struct type));
#define M(type, member) printf("  %s %zu\n", #member, offsetof(struct type, member));
#define N(number)	printf("%s %lld\n", #number, (long long)(number));

int main(void)
{
	STRUCT(fcd_client_error)
	M(fcd_client_error, text)
	/* This one may grow: a member keeps its place. */
	M(fcd_client_process, size)
	M(fcd_client_process, pid)
	M(fcd_client_process, ppid)
	M(fcd_client_process, uid)
	M(fcd_client_process, comm)
	M(fcd_client_process, cgroup)
	M(fcd_client_process, container)
	STRUCT(fcd_envelope)
	M(fcd_envelope, bytes)
	M(fcd_envelope, kind)
	M(fcd_envelope, flags)
	M(fcd_envelope, cpu)
	M(fcd_envelope, tgid)
	M(fcd_envelope, seq)
	STRUCT(fcd_event)
	M(fcd_event, ts_ns)
	M(fcd_event, tid)
	M(fcd_event, bytes)
	M(fcd_event, type)
	M(fcd_event, nparams)
	STRUCT(fcd_gap)
	M(fcd_gap, ts_ns)
	M(fcd_gap, lost)
	M(fcd_gap, total)
	M(fcd_gap, cause)
	STRUCT(fcd_mark)
	M(fcd_mark, ts_ns)
	M(fcd_mark, shift_ns)
	N(FCD_CLIENT_PROCESSES)
	N(FCD_CLIENT_RECONNECT)
	N(FCD_EVENT)
	N(FCD_GAP)
	N(FCD_MARK)
	N(FCD_LATE)
	N(FCD_COMPAT)
	N(FCD_LOSS_RING_FULL)
	N(FCD_LOSS_NESTED)
	N(FCD_LOSS_TOO_BIG)
	N(FCD_LOSS_NO_RING)
	N(FCD_LOSS_MISSED)
	N(FCD_LOSS_BROKEN)
	N(FCD_LOSS_OVERRUN)
	N(FCD_LOSS_RESTART)
	return 0;
}
