/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * kernel_types.bpf.h - the kernel's structures, only the members that are read.
 * Offsets are found when the probe is loaded (CO-RE): libbpf searches all types of the kernel for
 * each of these, a millisecond. No kernel has all members. ___name is another kernel's form of one.
 */
#ifndef FCD_BPF_KERNEL_TYPES_H
#define FCD_BPF_KERNEL_TYPES_H

/* The same in each kernel. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
};

/* Of siginfo what the kernel gives to user space as it is. */
struct kernel_siginfo {
	int si_signo, si_errno, si_code, pad;
	int si_pid;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};
struct qstr {
	u32 len;
	const unsigned char *name;
};
struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};
struct kuid {
	u32 val;
};

/* ---- files ---- */

struct super_block {
	u32 s_dev;
	unsigned long s_flags, s_magic;
};
struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
	unsigned short i_mode;
	unsigned int i_flags;
	struct kuid i_uid, i_gid;
	struct timespec64 i_ctime, i_mtime;
	struct timespec64 __i_ctime, __i_mtime; /* 6.6, 6.7: renamed */
	s64 i_ctime_sec, i_mtime_sec;		/* 6.11: split */
	u32 i_ctime_nsec, i_mtime_nsec;
};
struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};
struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct file {
	struct inode *f_inode;
	unsigned int f_mode;
	struct path f_path;
	void *private_data;
};
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};

/* ---- the task ---- */

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
};
struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct pid {
	unsigned int level;
	struct upid numbers[1];
};
struct rlimit {
	unsigned long rlim_cur, rlim_max;
};
struct tty_driver {
	int major, minor_start;
};
struct tty_struct {
	struct tty_driver *driver;
	int index;
};
struct signal_struct {
	struct pid *pids[4];
	struct rlimit rlim[16];
	struct tty_struct *tty;
	struct list_head thread_head;
	unsigned int has_child_subreaper : 1, is_child_subreaper : 1;
};
struct uid_gid_extent {
	u32 first, lower_first, count;
};
struct uid_gid_map {
	u32 nr_extents;
	struct uid_gid_extent extent[5];
};
struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
};
struct group_info {
	int ngroups;
	struct kuid gid[1];
};
struct cred {
	struct kuid euid, egid, fsuid, fsgid;
	struct {
		u64 val;
	} cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};
struct percpu_counter {
	s64 count;
};
struct mm_rss_stat { /* before 6.2 */
	struct {
		s64 counter;
	} count[4];
};
struct mm_struct___old {
	struct mm_rss_stat rss_stat;
};
struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end, total_vm;
	struct percpu_counter rss_stat[4];
	struct file *exe_file;
};
struct kernfs_node {
	const char *name;
	struct kernfs_node *parent, *__parent; /* 6.15: renamed */
};
struct cgroup {
	struct kernfs_node *kn;
};
struct cgroup_subsys {
	const char *name;
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};
struct css_set {
	struct cgroup_subsys_state *subsys[4];
};
struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};
struct thread_info {
	u32 status;
};
struct task_struct {
	struct thread_info thread_info;
	int pid, tgid, exit_code;
	unsigned int flags;
	unsigned long maj_flt, min_flt;
	struct task_struct *real_parent;
	struct list_head children, thread_node;
	char comm[16];
	struct kuid loginuid;
	const struct cred *cred;
	struct signal_struct *signal;
	struct mm_struct *mm;
	struct files_struct *files;
	struct css_set *cgroups;
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
	u64 start_time;
};
struct linux_binprm {
	const char *filename;
};

/* ---- sockets ---- */

struct in6_addr {
	u8 b[16];
};
struct sock_common {
	unsigned short skc_family;
	u32 skc_daddr;
	u16 skc_dport;
	struct in6_addr skc_v6_daddr;
};
struct sock {
	struct sock_common __sk_common;
	u32 sk_ack_backlog, sk_max_ack_backlog;
};
struct socket {
	struct sock *sk;
};
struct ipv6_pinfo {
	struct in6_addr saddr;
};
struct inet_sock {
	u32 inet_saddr;
	u16 inet_sport;
	struct ipv6_pinfo *pinet6;
};
struct sockaddr_un {
	u16 sun_family;
	char sun_path[108];
};
struct unix_address {
	int len;
	struct sockaddr_un name[1];
};
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

enum cgroup_subsys_id {
	cpuset_cgrp_id,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
};

#pragma clang attribute pop

#endif
