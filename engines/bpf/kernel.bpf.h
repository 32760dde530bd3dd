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
 * loads, a tenth of the cost. Kernels before 5.11 have no such pointer.
 */
#define HAS_TYPED_TASK bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)
#define KT(t, ...)     (HAS_TYPED_TASK ? ___arrow(t, __VA_ARGS__) : K(t, __VA_ARGS__))

/* The engine puts bpf_rdonly_cast() or a move into its place. */
static void *(*const rdonly_cast)(const void *object, u32 btf_id) = (void *)PROBE_CAST;

/*
 * Only 5.11 and later have the typed one; the other branch is dead code to the verifier. For each
 * pointer that is loaded through one it trusts, the verifier of 6.x searches all types of
 * the kernel, a third of the time that loading takes; ours need not be trusted.
 */
FCD_FN struct task_struct *current_task(void)
{
	void *t = HAS_TYPED_TASK ? (void *)bpf_get_current_task_btf()
				 : (void *)bpf_get_current_task();

	return rdonly_cast(t, bpf_core_type_id_kernel(struct task_struct));
}

#endif
