/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * process.h - processes begin, change and end: exec, the clone family, procexit, groups,
 * namespaces, prctl, seccomp.
 */

/* exe and args of a running image: argv[0], then the rest of the area. */
#define P_IMAGE_ARGS()                                                                             \
	do {                                                                                       \
		u64 at_ = task(c, TASK_ARG_START), end_ = task(c, TASK_ARG_END);                   \
		u32 len_;                                                                          \
		P_WITH(exe, str, len_ = out_ustr(c, at_, PATH_LEN));                               \
		P_WITH(args, buf,                                                                  \
		       at_ + len_ < end_                                                           \
			       ? out_ubuf_nul(c, at_ + len_,                                       \
					      min_u32(end_ - at_ - len_, PATH_LEN - len_))         \
			       : 0);                                                               \
	} while (0)

/* What clone and exec have in common; the names are the same in both. */
#define P_PROCESS()                                                                                \
	do {                                                                                       \
		P(tid, task(c, TASK_TID));                                                         \
		P(pid, task(c, TASK_PID));                                                         \
		P(ptid, task(c, TASK_PTID));                                                       \
		P_EMPTY(cwd);                                                                      \
		P(fdlimit, task(c, TASK_FDLIMIT));                                                 \
		P(pgft_maj, task(c, TASK_MAJ_FLT));                                                \
		P(pgft_min, task(c, TASK_MIN_FLT));                                                \
		P(vm_size, task(c, TASK_VM_SIZE));                                                 \
		P(vm_rss, task(c, TASK_VM_RSS));                                                   \
		P(vm_swap, task(c, TASK_VM_SWAP));                                                 \
		P_COMM(comm);                                                                      \
		P_CGROUPS(cgroups);                                                                \
	} while (0)

#define S_KIND		     0170000
#define S_REGULAR	     0100000
#define S_FOLDER	     0040000
#define S_SYMLINK	     0120000
#define CAP_DAC_OVERRIDE_BIT (1 << 1)
#define CAP_FOWNER_BIT	     (1 << 3)

/* Could the task write its own executable? Permission bits and capabilities; no ACLs. */
FCD_FN bool exe_writable(struct fcd *c, const struct fcd_exe *x)
{
	u64 caps = task(c, TASK_CAP_EFF);
	u32 kind = x->mode & S_KIND, write = 0002;

	if (!x->ino || x->is_immutable || x->uid == -1u || x->gid == -1u ||
	    (x->is_readonly && (kind == S_REGULAR || kind == S_FOLDER || kind == S_SYMLINK)))
		return false;
	if (task(c, TASK_FSUID) == x->uid)
		return true;
	if (task(c, TASK_FSGID) == x->gid || task_in_group(c, x->gid))
		write = 0020;
	if (x->mode & write)
		return true;
	if ((caps & CAP_DAC_OVERRIDE_BIT) && task_maps(c, x->uid, x->gid))
		return true;
	return (caps & CAP_FOWNER_BIT) && task_maps(c, x->uid, -1);
}

/* execve_flags */
FCD_FN u32 exec_flags(struct fcd *c, const struct fcd_exe *x)
{
	return (exe_writable(c, x) ? 1 : 0) | BIT_MAP(x->layer, FILE_UPPER, 2) |
	       (x->is_memfd ? 4 : 0) | BIT_MAP(x->layer, FILE_LOWER, 8);
}

/* What follows env in an exec event, but for the file's name. */
#define P_EXEC_WHO()                                                                               \
	do {                                                                                       \
		struct fcd_exe x_;                                                                 \
		exe_get(c, &x_);                                                                   \
		P(tty, task(c, TASK_TTY));                                                         \
		P(vpgid, task(c, TASK_VPGID));                                                     \
		P(loginuid, task(c, TASK_LOGINUID));                                               \
		P(flags, exec_flags(c, &x_));                                                      \
		P(cap_inheritable, task(c, TASK_CAP_INH));                                         \
		P(cap_permitted, task(c, TASK_CAP_PRM));                                           \
		P(cap_effective, task(c, TASK_CAP_EFF));                                           \
		P(exe_ino, x_.ino);                                                                \
		P(exe_ino_ctime, x_.ctime);                                                        \
		P(exe_ino_mtime, x_.mtime);                                                        \
		P(uid, task(c, TASK_UID));                                                         \
		P_EXE_PATH(trusted_exepath);                                                       \
		P(pgid, task(c, TASK_PGID));                                                       \
		P(gid, task(c, TASK_GID));                                                         \
	} while (0)

/* Success comes from the exec tracepoint, also that of execveat. */
FILL_AT(exec, exec, SYSCALL_EXECVE_19_X)
{
	u64 env, end;

	P(res, 0);
	P_IMAGE_ARGS();
	P_PROCESS();
	env = task(c, TASK_ENV_START);
	end = task(c, TASK_ENV_END);
	P_WITH(env, buf, end > env ? out_ubuf_nul(c, env, min_u32(end - env, PATH_LEN)) : 0);
	P_EXEC_WHO();
	P_EXEC_NAME(filename);
}

/* Element i of an array of pointers of the caller; 0 at its end or where it cannot be read. */
FCD_FN u64 user_slot(struct fcd *c, u64 array, u32 i)
{
	u32 width = is_compat(c) ? 4 : 8;
	u64 p = 0;

	user_read_max(c, &p, array + i * width, width, 8);
	return p;
}

/*
 * argv or envp of a failed exec: strings until a NULL or unreadable slot, 16 slots at most,
 * PATH_LEN bytes with the `before` that exe has taken.
 */
FCD_PART(out_uargv, FCD_ARGS(u64 argv, u32 from, u32 before), FCD_ARGS(argv, from, before))
{
	out_open(c);
	for (u32 i = from; i < 16; i++) {
		u64 p = user_slot(c, argv, i), left = bound(out_size(c) + before, PATH_LEN);

		left = PATH_LEN - left;
		if (!p || !left)
			break;
		out_ustr(c, p, left);
	}
	return 0;
}

/* A failed exec, but for the file's name: what was wanted, and the image that stays. */
#define P_EXEC_FAILED(argv, envp)                                                                  \
	do {                                                                                       \
		u64 argv_ = (argv), envp_ = (envp), first_ = argv_ ? user_slot(c, argv_, 0) : 0;   \
		u32 len_ = 0;                                                                      \
		P_RET(res);                                                                        \
		P_OPEN(exe);                                                                       \
		if (!argv_)                                                                        \
			out_int(c, 0, 1);                                                          \
		else                                                                               \
			len_ = out_ustr(c, first_, PATH_LEN);                                      \
		P_CLOSE(exe);                                                                      \
		P_OPEN(args);                                                                      \
		if (first_)                                                                        \
			out_uargv(c, argv_, 1, len_);                                              \
		P_CLOSE(args);                                                                     \
		P_PROCESS();                                                                       \
		P_OPEN(env);                                                                       \
		if (envp_)                                                                         \
			out_uargv(c, envp_, 0, 0);                                                 \
		P_CLOSE(env);                                                                      \
		P_EXEC_WHO();                                                                      \
	} while (0)

FILL_IF(execve, SYSCALL_EXECVE_19_X, ret(c) < 0)
{
	P_EXEC_FAILED(arg(c, 1), arg(c, 2));
	P_STR(filename, arg(c, 0), PATH_LEN);
}

FILL_IF(execveat, SYSCALL_EXECVEAT_X, ret(c) < 0)
{
	P_EXEC_FAILED(arg(c, 2), arg(c, 3));
}

/*
 * Four calls, one filler: their events differ in the type alone, and a BPF verifier takes its
 * time for each filler anew.
 */
FCD_FN u32 clone_event(u32 nr)
{
	switch (nr) {
	case FCD_NR_fork:
		return FCD_ID_SYSCALL_FORK_20_X;
	case FCD_NR_vfork:
		return FCD_ID_SYSCALL_VFORK_20_X;
	case FCD_NR_clone3:
		return FCD_ID_SYSCALL_CLONE3_X;
	default:
		return FCD_ID_SYSCALL_CLONE_20_X;
	}
}

#define ev_CLONE_FAMILY	       ev_SYSCALL_CLONE_20_X
#define FCD_FIXED_CLONE_FAMILY FCD_FIXED_SYSCALL_CLONE_20_X
#define FCD_ID_CLONE_FAMILY    clone_event(call_nr(c))

FCD_FN u32 clone_native_flags(struct fcd *c)
{
	u64 flags;

	switch (call_nr(c)) {
	case FCD_NR_clone:
		return arg(c, 0);
	case FCD_NR_clone3: /* the first member of struct clone_args */
		user_read(c, &flags, arg(c, 0), 8);
		return flags;
	default:
		return 0;
	}
}

/* The caller's event and the child's: on x86_64 both leave through the system call's exit. */
FILL(clone, CLONE_FAMILY)
{
	u32 flags = clone_flags(clone_native_flags(c));

	P_RET(res);
	if (ret(c) >= 0) {
		P_IMAGE_ARGS();
	} else {
		P_EMPTY(exe);
		P_EMPTY(args);
	}
	P_PROCESS();
	P(flags, flags | (task(c, TASK_IN_PIDNS) ? CLONE_CHILD_IN_PIDNS : 0));
	P(uid, task(c, TASK_UID));
	P(gid, task(c, TASK_GID));
	P(vtid, task(c, TASK_VTID));
	P(vpid, task(c, TASK_VPID));
	P(pidns_init_start_ts, ret(c) == 0 ? task(c, TASK_PIDNS_START) : 0);
}

FILL_AT(exit, procexit, PROCEXIT_1_E)
{
	s32 code = task(c, TASK_EXIT_CODE);
	u8 sig = code & 0x7f;

	P(status, (s64)code);
	P(ret, (code >> 8) & 0xff);
	P(sig, sig == 0x7f ? 0 : sig);
	P(core, !!(code & 0x80));
	P(reaper_tid, task(c, TASK_REAPER));
}

FILL(setpgid, SYSCALL_SETPGID_X)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P(pgid, arg(c, 1));
}

FILL(setsid, SYSCALL_SETSID_X)
{
	P_RET(res);
}

FILL(setns, SYSCALL_SETNS_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(nstype, clone_flags(arg(c, 1)));
}

FILL(unshare, SYSCALL_UNSHARE_X)
{
	P_RET(res);
	P(flags, clone_flags(arg(c, 0)));
}

FILL(seccomp, SYSCALL_SECCOMP_X)
{
	P_RET(res);
	P(op, arg(c, 0));
	P(flags, (u32)arg(c, 1));
}

#define PR_NAME_SET	       15
#define PR_NAME_GET	       16
#define PR_CHILD_SUBREAPER_GET 37

/* The second argument is a name, where a number was stored, or a number. */
FILL(prctl, SYSCALL_PRCTL_X)
{
	u32 option = arg(c, 0);
	bool is_name = option == PR_NAME_SET || option == PR_NAME_GET;
	bool is_stored = option == PR_CHILD_SUBREAPER_GET;
	s64 number = is_name ? 0 : arg(c, 1);
	s32 stored;

	if (is_stored) {
		user_read(c, &stored, arg(c, 1), 4);
		number = stored;
	}
	P_RET(res);
	P(option, option);
	P_OPEN(arg2_str);
	if (is_name)
		out_ustr(c, arg(c, 1), PATH_LEN);
	P_CLOSE(arg2_str);
	P(arg2_int, number);
}
