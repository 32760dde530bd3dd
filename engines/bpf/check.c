// SPDX-License-Identifier: MIT
/* check.c - could the engine work here? Says what is missing and how to get it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "engines/bpf/engine.h"

static bool file_has(const char *path, const char *word)
{
	char text[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, word);
}

static int check_btf(struct fcd_err *err)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return 0;
	if (errno == ENOENT)
		return bpf_fail(
			err, -ENOENT,
			"use a kernel of 5.10 or later that was built with "
			"CONFIG_DEBUG_INFO_BTF=y (and mount sysfs on /sys), or another engine",
			"the kernel does not describe its types: no /sys/kernel/btf/vmlinux");
	return bpf_fail(err, -errno, "run the daemon as root",
			"cannot read "
			"/sys/kernel/btf/vmlinux");
}

/* The least that the engine does: a map. */
static int check_permission(struct fcd_err *err)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fcd_check", 4, 8, 1, NULL);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EPERM)
		return bpf_fail(err, -EPERM,
				"run the daemon as root, or with CAP_BPF and "
				"CAP_PERFMON; in a container it must be privileged",
				"BPF is not permitted");
	return bpf_fail(err, -errno, "use a kernel that was built with CONFIG_BPF_SYSCALL=y",
			"the kernel has no BPF");
}

int bpf_check(struct fcd_err *err)
{
	int ret;

	if (file_has("/sys/kernel/security/lockdown", "[confidentiality]"))
		return bpf_fail(err, -EPERM, "boot with lockdown=integrity, or without lockdown",
				"kernel lockdown forbids programs that read memory");
	ret = check_permission(err);
	if (!ret)
		ret = check_btf(err);
	if (!ret && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL) != 1)
		ret = bpf_fail(err, -EPERM,
			       "run the daemon as root, or with CAP_PERFMON too; the "
			       "kernel needs CONFIG_BPF_EVENTS=y",
			       "tracing programs are not permitted");
	return ret;
}
