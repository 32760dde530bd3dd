/* SPDX-License-Identifier: MIT */
/* report.c - what execve.c executes: says how it came to be, from what the kernel tells it. */
#include "cgroup.h"
#include "exec.h"
#include "expect.h"
#include "proc.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Memory that was taken since the image began: the C library's own, before main. */
static uint64_t grown_kb(const struct proc *p)
{
	uint64_t page = sysconf(_SC_PAGESIZE), end = (uint64_t)sbrk(0);

	return ((end + page - 1) / page - (p->brk_start + page - 1) / page) * page / 1024;
}

/* The environment as it lies in memory, which may be more than an event holds. */
static void expect_environment(void)
{
	static char cut[PATH_CUT];
	size_t len = 0, i = 0;

	if (!environ[0])
		return;
	while (environ[i + 1])
		i++;
	len = environ[i] + strlen(environ[i]) + 1 - environ[0];
	if (len > PATH_CUT)
		len = PATH_CUT;
	memcpy(cut, environ[0], len);
	cut[len - 1] = '\0';
	expect_strings("env", cut, len);
}

int main(void)
{
	static struct proc now, before;
	struct exec_told told = { 0 };
	char exe[256] = "";

	proc_read_self(&now);
	if (pread(EXEC_TOLD_FD, &told, sizeof(told), 0) != sizeof(told))
		return 1;
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return 1;
	before = now;
	before.min_flt = told.min_flt;
	before.maj_flt = told.maj_flt;
	before.vm_rss = told.least_rss;
	now.vm_size -= grown_kb(&now);
	before.vm_size = now.vm_size;

	expect_event_of("execve", now.pid, now.tid);
	expect_int("res", 0);
	expect_image(now.args, now.args_len);
	expect_process(&before, &now);
	expect_cgroups(now.pid);
	expect_environment();
	expect_exec_who(&now, "/proc/self/exe");
	expect_json("flags", "{\"bits\":\"%s\"}", told.flags);
	expect_str("trusted_exepath", told.exe_path[0] ? told.exe_path : exe);
	expect_str("filename", (const char *)getauxval(AT_EXECFN));
	expect_end();
	return 0;
}
