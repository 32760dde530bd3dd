/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* file.bpf.h - files, sockets and executables of core/fill/interface.h, for BPF programs. */
#ifndef FCD_BPF_FILE_H
#define FCD_BPF_FILE_H

#define OVERLAYFS_MAGIC 0x794c7630
#define FMODE_CREATED	0x100000
#define S_IMMUTABLE_BIT 8

/* t: typed. */
FCD_FN struct file *fd_file_here(struct task_struct *t, s32 fd)
{
	struct fdtable *open = KT(t, files, fdt);
	struct file *f = 0;

	if (fd >= 0 && (u32)fd < KT(open, max_fds))
		bpf_probe_read_kernel(&f, sizeof(f), KT(open, fd) + fd);
	return f;
}

__noinline u64 fd_file_once(s32 fd)
{
	return (u64)fd_file_here(current_task_typed(), fd);
}

FCD_FN struct file *fd_file(struct fcd *c, s32 fd)
{
	return c->is_hot ? fd_file_here(c->task, fd) : (void *)fd_file_once(fd);
}

/* The upper dentry follows the inode inside overlayfs's own. */
FCD_FN u32 overlay_layer(struct inode *i, struct super_block *sb)
{
	struct dentry *upper = 0;

	if (K(sb, s_magic) != OVERLAYFS_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, 8, (void *)i + bpf_core_type_size(struct inode));
	return upper && K(upper, d_inode, i_ino) ? FILE_UPPER : FILE_LOWER;
}

FCD_FN void file_get(struct fcd *c, s32 fd, struct fcd_file *out)
{
	struct file *f = fd_file(c, fd);
	struct super_block *sb;
	struct inode *i;
	u32 dev;

	out->ino = out->dev = out->flags = 0;
	if (!f)
		return;
	i = K(f, f_inode);
	sb = K(i, i_sb);
	dev = K(sb, s_dev); /* the major is above 20 bits */
	out->dev = dev_encode(dev >> 20, dev & 0xfffff);
	out->ino = K(i, i_ino);
	out->flags = BIT_MAP(K(f, f_mode), FMODE_CREATED, FILE_CREATED) | overlay_layer(i, sb);
}

FCD_FN void sock_get_inet(struct sock *sk, struct fcd_sock *out)
{
	struct inet_sock *inet = (void *)sk;

	out->local_port = __builtin_bswap16(K(inet, inet_sport));
	out->remote_port = __builtin_bswap16(K(sk, __sk_common.skc_dport));
	if (out->family == SOCK_INET) {
		BPF_CORE_READ_INTO((u32 *)out->local, inet, inet_saddr);
		BPF_CORE_READ_INTO((u32 *)out->remote, sk, __sk_common.skc_daddr);
	} else if (out->family == SOCK_INET6) {
		BPF_CORE_READ_INTO((struct in6_addr *)out->local, inet, pinet6, saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)out->remote, sk, __sk_common.skc_v6_daddr);
	}
}

FCD_FN int sock_get(struct fcd *c, s32 fd, struct fcd_sock *out)
{
	struct file *f = fd_file(c, fd);
	struct socket *so;
	struct sock *sk;

	if (!f || (K(f, f_inode, i_mode) & 0170000) != 0140000)
		return -1;
	so = K(f, private_data);
	sk = K(so, sk);
	if (!sk)
		return -1;
	__builtin_memset(out, 0, sizeof(*out));
	out->family = K(sk, __sk_common.skc_family);
	out->backlog = K(sk, sk_ack_backlog);
	out->backlog_max = K(sk, sk_max_ack_backlog);
	if (out->family == SOCK_UNIX) {
		struct sock *peer = K((struct unix_sock *)sk, peer);

		out->id = (u64)sk;
		out->peer_id = (u64)peer;
		out->has_peer = !!peer;
	} else {
		sock_get_inet(sk, out);
	}
	return 0;
}

FCD_FN void out_unix_path(struct fcd *c, const struct fcd_sock *s, int of_peer)
{
	struct unix_sock *u = (void *)(of_peer ? s->peer_id : s->id);
	struct unix_address *a = u ? K(u, addr) : 0;
	const char *path = a ? a->name[0].sun_path : 0;
	int len = a ? K(a, len) : 0;
	char first = 0;

	if (len <= 2) {
		out_int(c, 0, 1);
		return;
	}
	/* len counts the family, and a path's NUL or the one before an abstract name, which
	 * ends where len says: no NUL is behind it. */
	bpf_probe_read_kernel(&first, 1, path);
	out_name(c, (u64)(first ? path : path + 1), bound(len - 2, UNIX_PATH_LEN));
}

/* ---- the executable ---- */

FCD_FN u64 time_ns(s64 sec, u64 nsec)
{
	return sec < 0 ? 0 : sec * 1000000000ull + nsec;
}

FCD_FN void exe_times(struct inode *i, struct fcd_exe *x)
{
	if (bpf_core_field_exists(i->i_ctime_sec)) {
		/* The top bit is a flag since 6.13. */
		x->ctime = time_ns(K(i, i_ctime_sec), K(i, i_ctime_nsec) & 0x7fffffff);
		x->mtime = time_ns(K(i, i_mtime_sec), K(i, i_mtime_nsec));
		return;
	}
	if (bpf_core_field_exists(i->__i_ctime))
		x->ctime = time_ns(K(i, __i_ctime.tv_sec), K(i, __i_ctime.tv_nsec));
	else
		x->ctime = time_ns(K(i, i_ctime.tv_sec), K(i, i_ctime.tv_nsec));
	if (bpf_core_field_exists(i->__i_mtime))
		x->mtime = time_ns(K(i, __i_mtime.tv_sec), K(i, __i_mtime.tv_nsec));
	else
		x->mtime = time_ns(K(i, i_mtime.tv_sec), K(i, i_mtime.tv_nsec));
}

FCD_FN void exe_get(struct fcd *c, struct fcd_exe *x)
{
	struct task_struct *t = c->task;
	struct file *f = K(t, mm, exe_file);
	struct super_block *sb;
	struct inode *i;
	struct dentry *d;
	u64 name = 0;

	__builtin_memset(x, 0, sizeof(*x));
	if (!f)
		return;
	i = K(f, f_inode);
	sb = K(i, i_sb);
	d = K(f, f_path.dentry);
	x->ino = K(i, i_ino);
	exe_times(i, x);
	x->uid = K(i, i_uid.val);
	x->gid = K(i, i_gid.val);
	x->mode = K(i, i_mode);
	x->is_readonly = K(sb, s_flags) & 1;
	x->is_immutable = !!(K(i, i_flags) & S_IMMUTABLE_BIT);
	x->layer = overlay_layer(i, sb);
	bpf_probe_read_kernel(&name, 6, K(d, d_name.name));
	x->is_memfd = K(d, d_parent) == d && name == 0x3a64666d656dull; /* "memfd:" */
}

/* One step towards the root; 0 at the end. Leaf first: tmp fills backwards. */
FCD_PART(path_step, , )
{
	struct dentry *d = (void *)c->f->dentry, *parent;
	struct mount *m = (void *)c->f->mount;
	u8 *tmp = c->b->own.tmp;
	u32 len;

	if (d == K(m, mnt.mnt_root)) {
		struct mount *up = K(m, mnt_parent);

		c->f->dentry = (u64)K(m, mnt_mountpoint);
		c->f->mount = (u64)up;
		return up != m;
	}
	parent = K(d, d_parent);
	len = K(d, d_name.len) & 0xff;
	if (parent == d || c->f->path <= len)
		return 0;
	c->f->path -= len + 1;
	bpf_probe_read_kernel(&tmp[(c->f->path + 1) & (PROBE_TMP - 1)], len, K(d, d_name.name));
	tmp[c->f->path & (PROBE_TMP - 1)] = '/';
	c->f->dentry = (u64)parent;
	return 1;
}

/* file: a pointer, or NULL. */
FCD_PART(out_path, FCD_ARGS(u64 file), FCD_ARGS(file))
{
	struct file *f = (void *)file;
	struct dentry *d = f ? K(f, f_path.dentry) : 0;
	struct vfsmount *v = f ? K(f, f_path.mnt) : 0;
	struct mount *m = (void *)v - bpf_core_field_offset(struct mount, mnt);
	u8 *tmp = c->b->own.tmp;

	if (!f)
		return 0;
	c->f->path = PROBE_TMP - 1;
	c->f->dentry = (u64)d;
	c->f->mount = (u64)m;
	tmp[PROBE_TMP - 1] = 0;
	for (int i = 0; i < 96; i++)
		if (!path_step(c))
			break;
	d = (void *)c->f->dentry;
	if (c->f->path == PROBE_TMP - 1) /* a root, or a file without a name in the tree */
		out_name(c, (u64)K(d, d_name.name), 256);
	else
		out_kstr(c, &tmp[c->f->path & (PROBE_TMP - 1)], PATH_LEN);
	return 0;
}

FCD_FN void out_exe_path(struct fcd *c)
{
	out_path(c, (u64)K(c->task, mm, exe_file));
}

FCD_FN void out_file_path(struct fcd *c, s32 fd)
{
	out_path(c, (u64)fd_file(c, fd));
}

#endif
