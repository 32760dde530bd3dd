// SPDX-License-Identifier: GPL-2.0 OR MIT
/* bare.bpf.c - the least that a BPF program can do at a system call's exit, to compare with. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define FIXED_BYTES 80
#define PATH_BYTES  4096

struct pt_regs {
	unsigned long di, si, dx, r10, r8, r9, orig_ax;
} __attribute__((preserve_access_index));

struct record {
	__u64 ts, tid, word[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* Twice the path, so that any masked length stays inside. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4 * PATH_BYTES);
} scratch SEC(".maps");

const volatile __u32 wanted;
__u64 dropped;

SEC("tp_btf/sys_exit") int BPF_PROG(empty, struct pt_regs *regs, long ret)
{
	return 0;
}

static __always_inline void head(struct record *r, struct pt_regs *regs, long ret)
{
	r->ts = bpf_ktime_get_boot_ns();
	r->tid = bpf_get_current_pid_tgid();
	r->word[0] = ret;
	r->word[1] = regs->di;
	r->word[2] = regs->dx;
	r->word[3] = regs->r10;
}

/* Reserve, fill, submit; nobody is woken. */
SEC("tp_btf/sys_exit") int BPF_PROG(fixed, struct pt_regs *regs, long ret)
{
	struct record *r;

	if (regs->orig_ax != wanted)
		return 0;
	r = bpf_ringbuf_reserve(&ring, FIXED_BYTES, 0);
	if (!r) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	head(r, regs, ret);
	r->word[4] = regs->si;
	r->word[5] = regs->r8;
	r->word[6] = r->word[7] = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

/* The second argument as a string: built in scratch, then copied into the ring. */
SEC("tp_btf/sys_exit") int BPF_PROG(path, struct pt_regs *regs, long ret)
{
	struct record *r;
	__u32 zero = 0;
	long len;

	if (regs->orig_ax != wanted)
		return 0;
	r = bpf_map_lookup_elem(&scratch, &zero);
	if (!r)
		return 0;
	head(r, regs, ret);
	len = bpf_probe_read_user_str(r + 1, PATH_BYTES, (void *)regs->si);
	if (len < 0)
		len = 0;
	if (bpf_ringbuf_output(&ring, r, (sizeof(*r) + len) & (2 * PATH_BYTES - 1),
			       BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
