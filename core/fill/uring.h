/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* uring.h - io_uring: what is submitted through a ring has no events. */

/* The lowest bit is that of a ring's flag, too, and gets both names. */
FCD_FN u32 uring_setup_flags(u32 f)
{
	return BIT_MAP(f, 0x1, 0x5) | BIT_MAP(f, 0x2, 0x2) | BIT_MAP(f, 0x4, 0x8) |
	       BIT_MAP(f, 0x8, 0x10) | BIT_MAP(f, 0x10, 0x20) | BIT_MAP(f, 0x20, 0x40) |
	       BIT_MAP(f, 0x40, 0x80);
}

/* All that have a name but 0x100, which is never reported. */
#define URING_FEATURES 0x6ff

/* struct io_uring_params, of which the rest says where the rings lie. */
struct fcd_uring {
	u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
	u32 rest[24];
};

FILL(io_uring_setup, SYSCALL_IO_URING_SETUP_X)
{
	struct fcd_uring u;

	user_read(c, &u, arg(c, 1), sizeof(u));
	P_RET(res);
	P(entries, arg(c, 0));
	P(sq_entries, u.sq_entries);
	P(cq_entries, u.cq_entries);
	P(flags, uring_setup_flags(u.flags));
	P(sq_thread_cpu, u.sq_thread_cpu);
	P(sq_thread_idle, u.sq_thread_idle);
	P(features, u.features & URING_FEATURES);
}

/* sig is the half of a pointer: the schema has it so. */
FILL(io_uring_enter, SYSCALL_IO_URING_ENTER_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(to_submit, arg(c, 1));
	P(min_complete, arg(c, 2));
	P(flags, arg(c, 3) & 0xf);
	P(sig, arg(c, 4));
}

FILL(io_uring_register, SYSCALL_IO_URING_REGISTER_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P(opcode, arg(c, 1));
	P(arg, arg(c, 2));
	P(nr_args, arg(c, 3));
}
