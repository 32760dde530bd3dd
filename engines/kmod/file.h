/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* file.h - files, sockets and executables of core/fill/interface.h, for the module. */
#ifndef FCD_KMOD_FILE_H
#define FCD_KMOD_FILE_H

#define OVERLAYFS_MAGIC 0x794c7630

/* The upper dentry follows the inode inside overlayfs's own. */
FCD_FN u32 overlay_layer(struct inode *i)
{
	struct dentry *upper;
	struct inode *real;

	if (i->i_sb->s_magic != OVERLAYFS_MAGIC)
		return 0;
	upper = READ_ONCE(*(struct dentry **)(i + 1));
	real = upper ? d_inode(upper) : NULL;
	return real && real->i_ino ? FILE_UPPER : FILE_LOWER;
}

FCD_FN void file_get(struct fcd *c, s32 fd, struct fcd_file *out)
{
	struct file *f = fget_raw(fd);
	struct inode *i;

	memset(out, 0, sizeof(*out));
	if (!f)
		return;
	i = file_inode(f);
	out->dev = new_encode_dev(i->i_sb->s_dev);
	out->ino = i->i_ino;
	out->flags = BIT_MAP(f->f_mode, FMODE_CREATED, FILE_CREATED) | overlay_layer(i);
	fput(f);
}

/* ---- sockets ---- */

FCD_FN void sock_get_inet(struct sock *sk, struct fcd_sock *out)
{
	struct inet_sock *inet = inet_sk(sk);

	out->local_port = ntohs(inet->inet_sport);
	out->remote_port = ntohs(sk->sk_dport);
	if (out->family == AF_INET) {
		memcpy(out->local, &inet->inet_saddr, 4);
		memcpy(out->remote, &sk->sk_daddr, 4);
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (out->family == AF_INET6 && inet->pinet6) {
		memcpy(out->local, &inet->pinet6->saddr, 16);
		memcpy(out->remote, &sk->sk_v6_daddr, 16);
	}
#endif
}

static noinline void sock_read(struct sock *sk, struct fcd_sock *out)
{
	out->family = sk->sk_family;
	out->backlog = sk->sk_ack_backlog;
	out->backlog_max = sk->sk_max_ack_backlog;
	if (out->family == AF_UNIX) {
		struct sock *peer = READ_ONCE(unix_sk(sk)->peer);

		out->id = (u64)sk;
		out->peer_id = (u64)peer;
		out->has_peer = !!peer;
	} else if (out->family == AF_INET || out->family == AF_INET6) {
		sock_get_inet(sk, out);
	}
}

FCD_FN int sock_get(struct fcd *c, s32 fd, struct fcd_sock *out)
{
	struct file *f = fget_raw(fd);
	struct socket *so;
	int ret = -1;

	if (!f)
		return -1;
	so = fcd_file_socket(f);
	if (so && so->sk) {
		memset(out, 0, sizeof(*out));
		sock_read(so->sk, out);
		ret = 0;
	}
	fput(f);
	return ret;
}

FCD_FN void *scratch(struct fcd *c)
{
	return c->cpu->scratch[c->ring];
}

/* The socket, and more so its peer, may be gone by now. */
FCD_FN void out_unix_path(struct fcd *c, const struct fcd_sock *s, int of_peer)
{
	struct unix_sock *u = (void *)(of_peer ? s->peer_id : s->id);
	struct unix_address *a = u ? PEEK(u->addr) : NULL;
	char *path = a ? (char *)a->name + sizeof(sa_family_t) : NULL;
	int len = a ? PEEK(a->len) : 0;
	u32 max;

	if (len <= 2) {
		out_int(c, 0, 1);
		return;
	}
	/* len counts the family, and a path's NUL or the one before an abstract name, which
	 * ends where len says: no NUL is behind it. */
	max = min_u32(len - 2, UNIX_PATH_LEN);
	peek_bytes(scratch(c), PEEK(path[0]) ? path : path + 1, max);
	out_kstr(c, scratch(c), max);
}

/* ---- the executable ---- */

/* Whoever replaces it lets go of it only after we are done. */
FCD_FN struct file *exe_file(void)
{
	return current->mm ? rcu_dereference(current->mm->exe_file) : NULL;
}

FCD_FN u64 time_ns(struct timespec64 t)
{
	return t.tv_sec < 0 ? 0 : t.tv_sec * 1000000000ull + t.tv_nsec;
}

FCD_FN void exe_get(struct fcd *c, struct fcd_exe *x)
{
	struct file *f = exe_file();
	struct dentry *d;
	struct inode *i;

	memset(x, 0, sizeof(*x));
	if (!f)
		return;
	i = file_inode(f);
	d = f->f_path.dentry;
	x->ino = i->i_ino;
	x->ctime = time_ns(fcd_ctime(i));
	x->mtime = time_ns(fcd_mtime(i));
	x->uid = i->i_uid.val;
	x->gid = i->i_gid.val;
	x->mode = i->i_mode;
	x->is_readonly = sb_rdonly(i->i_sb);
	x->is_immutable = IS_IMMUTABLE(i);
	x->layer = overlay_layer(i);
	x->is_memfd = IS_ROOT(d) && !strncmp(d->d_name.name, "memfd:", 6);
}

/* One step towards the root; false: at the end. Leaf first: *at, in tmp, moves backwards. */
FCD_FN bool path_step(char *tmp, u32 *at, struct dentry **d, struct fcd_mount **m)
{
	struct dentry *parent;
	u32 len;

	if (*d == (*m)->mnt.mnt_root) {
		struct fcd_mount *up = READ_ONCE((*m)->parent);

		*d = READ_ONCE((*m)->mountpoint);
		if (up == *m)
			return false;
		*m = up;
		return true;
	}
	parent = READ_ONCE((*d)->d_parent);
	len = READ_ONCE((*d)->d_name.len) & 0xff;
	if (parent == *d || *at <= len)
		return false;
	*at -= len + 1;
	/* A rename may change the name meanwhile. */
	if (copy_from_kernel_nofault(tmp + *at + 1, READ_ONCE((*d)->d_name.name), len))
		memset(tmp + *at + 1, '?', len);
	tmp[*at] = '/';
	*d = parent;
	return true;
}

/* d_path() takes locks, which may sleep on some kernels. */
static noinline void out_path(struct fcd *c, struct file *f)
{
	char *tmp = scratch(c);
	u32 at = FCD_SCRATCH - 1;
	struct fcd_mount *m;
	struct dentry *d;
	int i;

	d = f->f_path.dentry;
	m = container_of(f->f_path.mnt, struct fcd_mount, mnt);
	tmp[at] = 0;
	for (i = 0; i < 96; i++)
		if (!path_step(tmp, &at, &d, &m))
			break;
	if (at == FCD_SCRATCH - 1) { /* a root, or a file without a name in the tree */
		peek_bytes(tmp, READ_ONCE(d->d_name.name), 255);
		at = 0;
	}
	out_kstr(c, tmp + at, PATH_LEN);
}

FCD_FN void out_exe_path(struct fcd *c)
{
	struct file *f = exe_file();

	if (f)
		out_path(c, f);
}

FCD_FN void out_file_path(struct fcd *c, s32 fd)
{
	struct file *f = fget_raw(fd);

	if (!f)
		return;
	out_path(c, f);
	fput(f);
}

#endif
