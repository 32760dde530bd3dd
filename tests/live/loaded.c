// SPDX-License-Identifier: MIT
/* loaded - how many programs of the probe the kernel holds now; one line, a number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

int main(void)
{
	unsigned int n = 0;
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = { 0 };
		__u32 bytes = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &bytes) && !strcmp(info.name, "on_sys_exit"))
			n++;
		close(fd);
	}
	if (errno != ENOENT)
		return perror("loaded"), 1;
	printf("%u\n", n);
	return 0;
}
