/* SPDX-License-Identifier: MIT */
/* embed.S - the BPF objects as bytes. 8-byte aligned: libelf reads them in place. */
	.section .rodata
	.balign 8
	.global fcd_probe_object, fcd_probe_object_end
fcd_probe_object:
	.incbin "probe.bpf.o"
fcd_probe_object_end:
	.balign 8
	.global fcd_snapshot_object, fcd_snapshot_object_end
fcd_snapshot_object:
	.incbin "snapshot.bpf.o"
fcd_snapshot_object_end:
	.section .note.GNU-stack, "", @progbits
