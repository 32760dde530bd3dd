/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* compat.h - the only place that tests kernel versions. */
#ifndef FCD_KMOD_COMPAT_H
#define FCD_KMOD_COMPAT_H

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/net.h>
#include <linux/version.h>

#ifndef CONFIG_X86_64
#error "falco_capture knows the system calls of x86_64 only"
#endif

static inline u64 fcd_cap_bits(const kernel_cap_t *k)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return k->val;
#else
	return k->cap[0] | (u64)k->cap[1] << 32;
#endif
}

static inline void fcd_vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

static inline void fcd_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline struct timespec64 fcd_ctime(const struct inode *i)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return inode_get_ctime(i);
#else
	return i->i_ctime;
#endif
}

static inline struct timespec64 fcd_mtime(const struct inode *i)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return inode_get_mtime(i);
#else
	return i->i_mtime;
#endif
}

static inline struct socket *fcd_file_socket(struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return sock_from_file(f);
#else
	int err;

	return sock_from_file(f, &err);
#endif
}

static inline struct kernfs_node *fcd_kernfs_parent(struct kernfs_node *kn)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	return rcu_dereference(kn->__parent);
#else
	return kn->parent;
#endif
}

/* How struct mount of fs/mount.h begins since 3.3. d_path() takes locks, which may sleep. */
struct fcd_mount {
	struct hlist_node hash;
	struct fcd_mount *parent;
	struct dentry *mountpoint;
	struct vfsmount mnt;
};

#endif
