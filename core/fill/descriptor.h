/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* descriptor.h - descriptors copied, changed, closed by range, and made of what is no file. */

/* ---- of others ---- */

FILL(dup, SYSCALL_DUP_1_X)
{
	P_RET(res);
	P(oldfd, arg(c, 0));
}

FILL(dup2, SYSCALL_DUP2_X)
{
	P_RET(res);
	P(oldfd, arg(c, 0));
	P(newfd, arg(c, 1));
}

FILL(dup3, SYSCALL_DUP3_X)
{
	P_RET(res);
	P(oldfd, arg(c, 0));
	P(newfd, arg(c, 1));
	P(flags, BIT_MAP(arg(c, 2), 0x80000, 0x1000));
}

FILL(fcntl, SYSCALL_FCNTL_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(cmd, fcntl_command(arg(c, 1)));
	P(arg, arg(c, 2));
}

FILL(close_range, SYSCALL_CLOSE_RANGE_X)
{
	P_RET(res);
	P(first, arg(c, 0));
	P(last, arg(c, 1));
	P(flags, arg(c, 2) & 6);
}

FILL(pidfd_getfd, SYSCALL_PIDFD_GETFD_X)
{
	P_RET(fd);
	P(pid_fd, arg(c, 0));
	P(target_fd, arg(c, 1));
	P(flags, arg(c, 2));
}

/* ---- pipes ---- */

/* Two descriptors that a call has stored; what lies there also where it could not. */
FCD_FN void fd_pair(struct fcd *c, s32 *fd, u64 uptr)
{
	if (user_read(c, fd, uptr, 8))
		fd[0] = fd[1] = -1;
}

FCD_FN u64 pipe_ino(struct fcd *c, s32 fd)
{
	struct fcd_file f = { 0 };

	if (!ret(c))
		file_get(c, fd, &f);
	return f.ino;
}

FILL(pipe, SYSCALL_PIPE_X)
{
	s32 fd[2];

	fd_pair(c, fd, arg(c, 0));
	P_RET(res);
	P(fd1, fd[0]);
	P(fd2, fd[1]);
	P(ino, pipe_ino(c, fd[0]));
}

FILL(pipe2, SYSCALL_PIPE2_X)
{
	s32 fd[2];

	fd_pair(c, fd, arg(c, 0));
	P_RET(res);
	P(fd1, fd[0]);
	P(fd2, fd[1]);
	P(ino, pipe_ino(c, fd[0]));
	P(flags, pipe_flags(arg(c, 1)));
}

/* ---- events, signals, time, waiting ---- */

FILL(eventfd, SYSCALL_EVENTFD_X)
{
	P_RET(res);
	P(initval, arg(c, 0));
	P(flags, 0);
}

FILL(eventfd2, SYSCALL_EVENTFD2_X)
{
	P_RET(res);
	P(flags, fd_flags(arg(c, 1)));
	P(initval, (u32)arg(c, 0));
}

/* The schema has a mask and leaves it 0. */
FILL(signalfd, SYSCALL_SIGNALFD_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(mask, 0);
	P(flags, 0);
}

FILL(signalfd4, SYSCALL_SIGNALFD4_X)
{
	P_RET(res);
	P(flags, fd_flags(arg(c, 3)));
	P(fd, arg(c, 0));
	P(mask, 0);
}

/* Its flags have 8 bits: close-on-exec does not fit. */
FILL(timerfd_create, SYSCALL_TIMERFD_CREATE_X)
{
	P_RET(res);
	P(clockid, arg(c, 0));
	P(flags, fd_flags(arg(c, 1)));
}

FILL(epoll_create, SYSCALL_EPOLL_CREATE_X)
{
	P_RET(res);
	P(size, arg(c, 0));
}

FILL(epoll_create1, SYSCALL_EPOLL_CREATE1_X)
{
	P_RET(res);
	P(flags, BIT_MAP(arg(c, 0), 0x80000, 1));
}

FILL(inotify_init, SYSCALL_INOTIFY_INIT_X)
{
	P_RET(res);
	P(flags, 0);
}

FILL(inotify_init1, SYSCALL_INOTIFY_INIT1_X)
{
	P_RET(res);
	P(flags, fd_flags(arg(c, 0)));
}

/* ---- memory and processes ---- */

FILL(memfd_create, SYSCALL_MEMFD_CREATE_X)
{
	P_RET(fd);
	P_STR(name, arg(c, 0), PATH_LEN);
	P(flags, arg(c, 1) & 7);
}

/* Flags as the kernel numbers them, although the schema has names for its own numbers. */
FILL(userfaultfd, SYSCALL_USERFAULTFD_X)
{
	P_RET(res);
	P(flags, arg(c, 0));
}

FILL(pidfd_open, SYSCALL_PIDFD_OPEN_X)
{
	P_RET(fd);
	P(pid, arg(c, 0));
	P(flags, BIT_MAP(arg(c, 1), 0x800, 1));
}
