/* SPDX-License-Identifier: MIT */
/* embed.S - the BPF object as bytes. 8-byte aligned: libelf reads it in place. */
	.section .rodata
	.balign 8
	.global fcd_probe_object, fcd_probe_object_end
fcd_probe_object:
	.incbin "probe.bpf.o"
fcd_probe_object_end:
	.section .note.GNU-stack, "", @progbits
