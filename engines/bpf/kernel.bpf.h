/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* kernel.bpf.h - read the kernel's structs, and the running thread. */
#ifndef FCD_BPF_KERNEL_H
#define FCD_BPF_KERNEL_H

/*
 * Read kernel members. The first argument goes through a local: inside
 * BPF_CORE_READ every "->" of it, also that of our own structs, would become a
 * relocation against the kernel (and a K() inside K() is an error of clang 14).
 */
#define K(p, ...)                                                                                  \
	({                                                                                         \
		__typeof__(p) k_ = (p);                                                            \
		BPF_CORE_READ(k_, __VA_ARGS__);                                                    \
	})
/*
 * The same from a pointer that the verifier knows the type of, the running task: plain
 * loads, a tenth of the cost, for what is done at every event. Kernels before 5.11 have no such
 * pointer; there the other branch is dead code.
 */
#define HAS_TYPED_TASK bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)
#define KT(t, ...)     (HAS_TYPED_TASK ? ___arrow(t, __VA_ARGS__) : K(t, __VA_ARGS__))

FCD_FN struct task_struct *current_task_typed(void)
{
	return HAS_TYPED_TASK ? (void *)bpf_get_current_task_btf() : (void *)bpf_get_current_task();
}

FCD_ONCE struct task_struct *current_task(void)
{
	return (void *)bpf_get_current_task();
}

#endif
