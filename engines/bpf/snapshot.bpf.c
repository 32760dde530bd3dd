// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * snapshot.bpf.c - what there is now: iterators over all threads and all open files, which
 * write the records of abi/snapshot.h. 5.12 and later: before, an iterator has no paths.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#define FCD_FN static __always_inline
#include "engines/bpf/kernel_types.bpf.h"
#include "abi/snapshot.h"

#define AF_UNIX_NR  1
#define AF_INET_NR  2
#define AF_INET6_NR 10

#define PIDTYPE_TGID 1
#define PIDTYPE_PGID 2
#define PIDTYPE_SID  3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct___snapshot {
	u64 start_boottime;
};
struct file___snapshot {
	unsigned int f_flags;
};
struct sock_common___snapshot {
	unsigned char skc_state;
	u32 skc_rcv_saddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct sock___snapshot {
	struct sock_common___snapshot __sk_common;
	u16 sk_protocol, sk_type;
};
#pragma clang attribute pop

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id, seq_num;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

/* ---- threads ---- */

/* As the first or as the innermost namespace numbers it. */
FCD_FN u32 pid_nr(struct pid *p, bool is_inner)
{
	u32 level = is_inner ? BPF_CORE_READ(p, level) : 0;
	struct upid *u = (void *)p + bpf_core_field_offset(struct pid, numbers) +
			 level * bpf_core_type_size(struct upid);

	return p ? BPF_CORE_READ(u, nr) : 0;
}

FCD_FN u64 capabilities(struct task_struct *t)
{
	const void *cred = BPF_CORE_READ(t, cred);
	u64 caps = 0; /* or two halves before 6.3: the same bytes */

	bpf_probe_read_kernel(&caps, sizeof(caps),
			      cred + bpf_core_field_offset(struct cred, cap_effective));
	return caps;
}

SEC("iter/task")
int snapshot_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task;
	struct task_struct___snapshot *s = (void *)t;
	struct fcd_snapshot_task out;

	if (!t)
		return 0;
	__builtin_memset(&out, 0, sizeof(out));
	out.size = sizeof(out);
	out.tid = BPF_CORE_READ(t, pid);
	out.pid = BPF_CORE_READ(t, tgid);
	out.ppid = BPF_CORE_READ(t, real_parent, tgid);
	out.vtid = pid_nr(BPF_CORE_READ(t, thread_pid), true);
	out.vpid = pid_nr(BPF_CORE_READ(t, signal, pids[PIDTYPE_TGID]), true);
	out.pgid = pid_nr(BPF_CORE_READ(t, signal, pids[PIDTYPE_PGID]), false);
	out.sid = pid_nr(BPF_CORE_READ(t, signal, pids[PIDTYPE_SID]), false);
	out.uid = BPF_CORE_READ(t, cred, euid.val);
	out.gid = BPF_CORE_READ(t, cred, egid.val);
	out.loginuid = bpf_core_field_exists(t->loginuid) ? BPF_CORE_READ(t, loginuid.val) : -1u;
	out.capabilities = capabilities(t);
	out.started_ns = BPF_CORE_READ(s, start_boottime);
	BPF_CORE_READ_STR_INTO(&out.comm, t, comm);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

/* ---- files ---- */

struct record {
	struct fcd_snapshot_file file;
	char name[FCD_SNAPSHOT_NAME_MAX];
};

/* One for each thread that reads: programs may be preempted. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct record);
} scratch SEC(".maps");

FCD_FN void unix_name(struct record *r, struct unix_sock *u)
{
	struct unix_address *a = BPF_CORE_READ(u, addr);
	u64 len = a ? BPF_CORE_READ(a, len) : 0;

	if (len <= 2 || len > sizeof(struct sockaddr_un) + 2)
		return;
	len -= 2; /* the family */
	if (len > sizeof(((struct sockaddr_un *)0)->sun_path))
		return;
	bpf_probe_read_kernel(r->name, len, a->name[0].sun_path);
	r->file.name_bytes = r->name[0] ? len - 1 : len; /* a path is counted with its NUL */
}

FCD_FN void inet_ends(struct fcd_snapshot_file *out, struct sock *sk)
{
	struct sock___snapshot *s = (void *)sk;
	struct inet_sock *inet = (void *)sk;

	out->local_port = __builtin_bswap16(BPF_CORE_READ(inet, inet_sport));
	out->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (out->family == AF_INET_NR) {
		BPF_CORE_READ_INTO((u32 *)out->local, s, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((u32 *)out->remote, sk, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO((struct in6_addr *)out->local, s, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)out->remote, sk, __sk_common.skc_v6_daddr);
	}
}

FCD_FN void socket_get(struct record *r, struct file *f)
{
	struct socket *so = BPF_CORE_READ(f, private_data);
	struct sock *sk = BPF_CORE_READ(so, sk);
	struct sock___snapshot *s = (void *)sk;
	struct fcd_snapshot_file *out = &r->file;

	if (!sk)
		return;
	out->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	out->type = BPF_CORE_READ(s, sk_type);
	out->protocol = BPF_CORE_READ(s, sk_protocol);
	out->state = BPF_CORE_READ(s, __sk_common.skc_state);
	if (out->family == AF_UNIX_NR)
		unix_name(r, (void *)sk);
	else if (out->family == AF_INET_NR || out->family == AF_INET6_NR)
		inet_ends(out, sk);
}

FCD_FN void file_get(struct record *r, struct file *f)
{
	struct inode *i = BPF_CORE_READ(f, f_inode);
	struct file___snapshot *s = (void *)f;
	u32 dev = BPF_CORE_READ(i, i_sb, s_dev), major = dev >> 20, minor = dev & 0xfffff;

	r->file.mode = BPF_CORE_READ(i, i_mode);
	r->file.ino = BPF_CORE_READ(i, i_ino);
	r->file.dev = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
	r->file.flags = BPF_CORE_READ(s, f_flags);
}

SEC("iter/task_file")
int snapshot_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *t = ctx->task;
	struct file *f = ctx->file;
	struct record *r;
	long len;

	if (!t || !f || BPF_CORE_READ(t, pid) != BPF_CORE_READ(t, tgid))
		return 0; /* of a process, that is of its first thread */
	r = bpf_task_storage_get(&scratch, bpf_get_current_task_btf(), 0,
				 BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!r)
		return 1; /* the reader is told to try again */
	__builtin_memset(&r->file, 0, sizeof(r->file));
	r->file.pid = BPF_CORE_READ(t, tgid);
	r->file.fd = ctx->fd;
	file_get(r, f);
	if ((r->file.mode & 0170000) == 0140000) {
		socket_get(r, f);
	} else {
		len = bpf_d_path(&f->f_path, r->name, sizeof(r->name));
		if (len > 0)
			r->file.name_bytes = len - 1;
	}
	len = (r->file.name_bytes + 7) & ~7u;
	asm volatile("" : "+r"(len));
	if ((u64)len > sizeof(r->name))
		len = 0;
	r->file.size = sizeof(r->file) + len;
	bpf_seq_write(ctx->meta->seq, r, sizeof(r->file) + len);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
