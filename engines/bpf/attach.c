// SPDX-License-Identifier: MIT
/* attach.c - hooks on and off. */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "engines/bpf/engine.h"

static const struct {
	const char *group, *name;
} tracepoint[HOOKS] = {
	[HOOK_SYS_EXIT] = { "raw_syscalls", "sys_exit" },
	[HOOK_EXEC] = { "sched", "sched_process_exec" },
	[HOOK_EXIT] = { "sched", "sched_process_exit" },
	[HOOK_SIGNAL] = { "signal", "signal_deliver" },
};

static int hook_attach(struct bpf_hooks *h, const struct bpf_probe *p, int i, struct fcd_err *err)
{
	bool by_perf = bpf_program__type(p->hook[i]) == BPF_PROG_TYPE_TRACEPOINT;
	struct bpf_link *link;

	if (by_perf)
		link = bpf_program__attach_tracepoint(p->hook[i], tracepoint[i].group,
						      tracepoint[i].name);
	else
		link = bpf_program__attach_trace(p->hook[i]);
	if (!link)
		return bpf_fail(err, -errno,
				by_perf ? "mount tracefs on /sys/kernel/tracing; the daemon "
					  "needs CAP_PERFMON"
					: "the daemon needs CAP_BPF and CAP_PERFMON",
				"cannot attach to the tracepoint %s:%s", tracepoint[i].group,
				tracepoint[i].name);
	h->link[i] = link;
	return 0;
}

static void hook_detach(struct bpf_hooks *h, int i)
{
	bpf_link__destroy(h->link[i]);
	h->link[i] = NULL;
}

/* Wait until no program that was entered before is still running. */
static void wait_for_running(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int bpf_hooks_set(struct bpf_hooks *h, const struct bpf_probe *p, uint32_t wanted,
		  struct fcd_err *err)
{
	uint32_t added = 0;
	bool detached = false;
	int i, ret;

	for (i = 0; i < HOOKS; i++) {
		if (!(wanted >> i & 1) || h->link[i])
			continue;
		ret = hook_attach(h, p, i, err);
		if (ret)
			goto err_detach;
		added |= 1u << i;
	}
	for (i = 0; i < HOOKS; i++) {
		if (wanted >> i & 1 || !h->link[i])
			continue;
		hook_detach(h, i);
		detached = true;
	}
	if (detached)
		wait_for_running();
	return 0;

err_detach:
	for (i = 0; i < HOOKS; i++)
		if (added >> i & 1)
			hook_detach(h, i);
	return ret;
}

uint32_t bpf_hooks_count(const struct bpf_hooks *h)
{
	uint32_t n = 0;

	for (int i = 0; i < HOOKS; i++)
		n += !!h->link[i];
	return n;
}
