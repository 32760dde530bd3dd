// SPDX-License-Identifier: MIT
/* loaded - the numbers of all BPF programs that the kernel holds now, one a line. */
#include <errno.h>
#include <stdio.h>
#include <bpf/bpf.h>

int main(void)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id))
		printf("%u\n", id);
	if (errno != ENOENT)
		return perror("loaded"), 1;
	return 0;
}
