/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* memory.h - the address space: mmap, munmap, mprotect, brk. */

FCD_FN u32 prot_flags(u32 f)
{
	return (f & 0xf) | BIT_MAP(f, 0x10, 0x40) | BIT_MAP(f, 0x1000000, 0x10) |
	       BIT_MAP(f, 0x2000000, 0x20);
}

FCD_FN u32 mmap_flags(u32 f)
{
	return (f & 3) | BIT_MAP(f, 0x10, 0x4) | BIT_MAP(f, 0x20, 0x8) | BIT_MAP(f, 0x40, 0x10) |
	       BIT_MAP(f, 0x80, 0x1000) | BIT_MAP(f, 0x100, 0x200) | BIT_MAP(f, 0x800, 0x400) |
	       BIT_MAP(f, 0x1000, 0x800) | BIT_MAP(f, 0x2000, 0x4000) | BIT_MAP(f, 0x4000, 0x40) |
	       BIT_MAP(f, 0x8000, 0x80) | BIT_MAP(f, 0x10000, 0x100);
}

/* What the process has afterwards. */
#define P_VM()                                                                                     \
	do {                                                                                       \
		P(vm_size, task(c, TASK_VM_SIZE));                                                 \
		P(vm_rss, task(c, TASK_VM_RSS));                                                   \
		P(vm_swap, task(c, TASK_VM_SWAP));                                                 \
	} while (0)

/* mmap2, of 32-bit callers, counts the offset in pages: so does the event. */
FILL(mmap, SYSCALL_MMAP_X)
{
	P_RET(res);
	P_VM();
	P(addr, arg(c, 0));
	P(length, arg(c, 1));
	P(prot, prot_flags(arg(c, 2)));
	P(flags, mmap_flags(arg(c, 3)));
	P(fd, arg(c, 4));
	P(offset, arg(c, 5));
}

FILL(munmap, SYSCALL_MUNMAP_X)
{
	P_RET(res);
	P_VM();
	P(addr, arg(c, 0));
	P(length, arg(c, 1));
}

FILL(mprotect, SYSCALL_MPROTECT_X)
{
	P_RET(res);
	P(addr, arg(c, 0));
	P(length, arg(c, 1));
	P(prot, prot_flags(arg(c, 2)));
}

FILL(brk, SYSCALL_BRK_4_X)
{
	P_RET(res);
	P_VM();
	P(addr, arg(c, 0));
}
