/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* regs.h - the arguments of a call in x86_64's registers, for the engines inside the kernel. */
#ifndef FCD_FILL_REGS_H
#define FCD_FILL_REGS_H

FCD_FN u64 regs_arg(const struct pt_regs *regs, int i)
{
	switch (i) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}

/* Of a 32-bit call; FCD_REG32 is how the backend reads one. */
FCD_FN u32 regs_arg32(const struct pt_regs *regs, u32 i)
{
	switch (i) {
	case 0:
		return FCD_REG32(regs, bx);
	case 1:
		return FCD_REG32(regs, cx);
	case 2:
		return FCD_REG32(regs, dx);
	case 3:
		return FCD_REG32(regs, si);
	case 4:
		return FCD_REG32(regs, di);
	default:
		return FCD_REG32(regs, bp);
	}
}

#endif
