/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* io.h - data in and out of descriptors and of other processes, and ioctl. */

/* Where in the file: of a 32-bit call two halves. */
FCD_FN u64 file_pos(struct fcd *c)
{
	return is_compat(c) ? arg(c, 4) << 32 | arg(c, 3) : arg(c, 3);
}

FCD_FN u32 process_vm_event(u32 nr)
{
	return nr == FCD_NR_process_vm_readv ? FCD_ID_SYSCALL_PROCESS_VM_READV_X
					     : FCD_ID_SYSCALL_PROCESS_VM_WRITEV_X;
}

#define ev_PROCESS_VM_FAMILY	    ev_SYSCALL_PROCESS_VM_READV_X
#define FCD_FIXED_PROCESS_VM_FAMILY FCD_FIXED_SYSCALL_PROCESS_VM_READV_X
#define FCD_ID_PROCESS_VM_FAMILY    process_vm_event(call_nr(c))

FILL(read, SYSCALL_READ_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
}

FILL(write, SYSCALL_WRITE_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_out(c, ret(c), arg(c, 2)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
}

FILL(ioctl, SYSCALL_IOCTL_3_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(request, arg(c, 1));
	P(argument, arg(c, 2));
}

FILL(pread64, SYSCALL_PREAD_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
	P(pos, file_pos(c));
}

FILL(pwrite64, SYSCALL_PWRITE_X)
{
	P_RET(res);
	P_BUF(data, arg(c, 1), snap_out(c, ret(c), arg(c, 2)));
	P(fd, arg(c, 0));
	P(size, arg(c, 2));
	P(pos, file_pos(c));
}

FILL(readv, SYSCALL_READV_X)
{
	P_RET(res);
	P(size, ret(c) > 0 ? ret(c) : 0);
	P_VEC(data, arg(c, 1), arg(c, 2), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
}

FILL(writev, SYSCALL_WRITEV_X)
{
	P_RET(res);
	P_VEC(data, arg(c, 1), arg(c, 2), snap_out(c, ret(c), -1));
	P(fd, arg(c, 0));
	P(size, vec_sum(c, arg(c, 1), arg(c, 2)));
}

FILL(preadv, SYSCALL_PREADV_X)
{
	P_RET(res);
	P(size, ret(c) > 0 ? ret(c) : 0);
	P_VEC(data, arg(c, 1), arg(c, 2), snap_in(c, ret(c)));
	P(fd, arg(c, 0));
	P(pos, file_pos(c));
}

FILL(pwritev, SYSCALL_PWRITEV_X)
{
	P_RET(res);
	P_VEC(data, arg(c, 1), arg(c, 2), snap_out(c, ret(c), -1));
	P(fd, arg(c, 0));
	P(size, vec_sum(c, arg(c, 1), arg(c, 2)));
	P(pos, file_pos(c));
}

/* The data is the caller's own: what was read, or written. */
FILL(process_vm_readv, PROCESS_VM_FAMILY)
{
	P_RET(res);
	P(pid, arg(c, 0));
	P_VEC(data, arg(c, 1), arg(c, 2), snap_in(c, ret(c)));
}

/* What the kernel left there. The 32-bit call of this name has 4 bytes, sendfile64 8. */
FILL(sendfile, SYSCALL_SENDFILE_X)
{
	bool is_half = is_compat(c) && caller_nr(c) == IA32_SENDFILE;
	u64 offset = 0;

	user_read_max(c, &offset, arg(c, 2), is_half ? 4 : 8, 8);
	P_RET(res);
	P(offset, offset);
	P(out_fd, arg(c, 0));
	P(in_fd, arg(c, 1));
	P(size, arg(c, 3));
}

FILL(splice, SYSCALL_SPLICE_X)
{
	P_RET(res);
	P(fd_in, arg(c, 0));
	P(fd_out, arg(c, 2));
	P(size, arg(c, 4));
	P(flags, arg(c, 5) & 0xf);
}
