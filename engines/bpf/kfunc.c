// SPDX-License-Identifier: MIT
/*
 * kfunc.c - the probe's call of bpf_rdonly_cast(), by its id in this kernel's types. Before 6.2 it
 * does not exist, and what it is for (probe.bpf.c) is not needed: it becomes a move. libbpf
 * would look for it in the modules' types, too, and needs CAP_SYS_ADMIN for that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "engines/bpf/engine.h"

static bool is_cast(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL) && !i->src_reg && i->imm == PROBE_CAST;
}

static struct bpf_insn cast(int id)
{
	if (id > 0)
		return (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
					  .src_reg = BPF_PSEUDO_KFUNC_CALL,
					  .imm = id };
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				  .dst_reg = BPF_REG_0,
				  .src_reg = BPF_REG_1 };
}

static int replace_casts(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long id)
{
	size_t count = bpf_program__insn_cnt(prog), i;
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	int ret;

	(void)opts;
	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), count * sizeof(*insns));
	for (i = 0; i < count; i++)
		if (is_cast(&insns[i]))
			insns[i] = cast(id);
	ret = bpf_program__set_insns(prog, insns, count);
	free(insns);
	return ret;
}

int bpf_kfunc_init(int cast_id)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = cast_id,
		    .prog_prepare_load_fn = replace_casts);
	static int handler; /* libbpf's, of the process; programs point to it */
	int ret = 0;

	if (!handler) {
		ret = libbpf_register_prog_handler(BPF_HOOK_SECTION, BPF_PROG_TYPE_TRACING,
						   BPF_TRACE_RAW_TP, &opts);
		handler = ret > 0 ? ret : 0;
	}
	return ret < 0 ? ret : 0;
}
