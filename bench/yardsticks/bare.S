/* SPDX-License-Identifier: MIT */
	.section .rodata
	.balign 8
	.global bare_object, bare_object_end
bare_object:
	.incbin "bare.bpf.o"
bare_object_end:
	.section .note.GNU-stack, "", @progbits
