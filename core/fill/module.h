/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* module.h - code for the kernel: modules and BPF. */

/* Of an image, so that with the longest arguments an event of it is not too big. */
#define IMAGE_LEN 60000

FILL(init_module, SYSCALL_INIT_MODULE_X)
{
	P_RET(res);
	P_BUF(img, arg(c, 0), min_u32(arg(c, 1), IMAGE_LEN));
	P(length, arg(c, 1));
	P_STR(uargs, arg(c, 2), PATH_LEN);
}

FILL(finit_module, SYSCALL_FINIT_MODULE_X)
{
	P_RET(res);
	P(fd, arg(c, 0));
	P_STR(uargs, arg(c, 1), PATH_LEN);
	P(flags, arg(c, 2) & 7);
}

FILL(delete_module, SYSCALL_DELETE_MODULE_X)
{
	P_RET(res);
	P_STR(name, arg(c, 0), PATH_LEN);
	P(flags, BIT_MAP(arg(c, 1), 0x200, 1) | BIT_MAP(arg(c, 1), 0x800, 2));
}

FILL(bpf, SYSCALL_BPF_2_X)
{
	P_RET(fd);
	P(cmd, arg(c, 0));
}
