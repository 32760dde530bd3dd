/* SPDX-License-Identifier: MIT */
#include "exec.h"
#include "cgroup.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS	   16		      /* of argv and envp that are looked at */
#define CAPS_KNOWN ((1ULL << 41) - 1) /* up to CAP_CHECKPOINT_RESTORE */
#define NS(t)	   ((uint64_t)(t).tv_sec * 1000000000 + (t).tv_nsec)

struct exec_told exec_told = { .flags = "EXE_WRITABLE" };
const char *const exec_args[] = { "report", "one", "", "two words", NULL };
const char *const exec_env[] = { "A=1", "", "B=", NULL };

void exec_tell(void)
{
	struct proc p;

	proc_read_self(&p);
	exec_told.min_flt = p.min_flt;
	exec_told.maj_flt = p.maj_flt;
	trace_need(pwrite(EXEC_TOLD_FD, &exec_told, sizeof(exec_told), 0) == sizeof(exec_told),
		   "what is told");
}

void exec_copy_to(int out, const char *from)
{
	int in = call(SYS_open, from, O_RDONLY);
	off_t size = lseek(in, 0, SEEK_END), at = 0;

	trace_need(in >= 0 && size > 0, from);
	while (at < size)
		trace_need(sendfile(out, in, &at, size - at) > 0, from);
	close(in);
}

void exec_copy(const char *from, const char *to, uid_t owner, mode_t mode)
{
	int out = call(SYS_open, to, O_CREAT | O_WRONLY, 0755);

	trace_need(out >= 0, to);
	exec_copy_to(out, from);
	trace_need(!fchown(out, owner, owner) && !fchmod(out, mode), to);
	close(out);
}

const char *exec_prepare(void)
{
	static char report[256];
	int told = memfd_create("told", 0);
	char own[256] = "";

	proc_need_init_namespaces();
	trace_need_plain_files();
	trace_need(dup2(told, EXEC_TOLD_FD) == EXEC_TOLD_FD && !close(told), "dup2");
	strcpy(report, trace_path("report"));
	trace_need(readlink("/proc/self/exe", own, sizeof(own) - 32) > 0, "/proc/self/exe");
	strcpy(strrchr(own, '/'), "/trace-report");
	exec_copy(own, report, 0, 0755);
	return report;
}

void exec_in_child(void (*exec)(const char *), const char *arg)
{
	pid_t pid = fork();
	int status;

	trace_need(pid >= 0, "fork");
	if (!pid) {
		exec_tell();
		exec(arg);
		_exit(99);
	}
	trace_need(waitpid(pid, &status, 0) == pid && !status, "a child's exec");
}

void expect_exec_who(const struct proc *p, const char *exe)
{
	struct stat st;

	trace_need(!stat(exe, &st), exe);
	expect_u64("tty", p->tty);
	expect_int("vpgid", p->vpgid);
	expect_u64("loginuid", p->loginuid);
	expect_u64("cap_inheritable", p->cap_inh & CAPS_KNOWN);
	expect_u64("cap_permitted", p->cap_prm & CAPS_KNOWN);
	expect_u64("cap_effective", p->cap_eff & CAPS_KNOWN);
	expect_u64("exe_ino", st.st_ino);
	expect_u64("exe_ino_ctime", NS(st.st_ctim));
	expect_u64("exe_ino_mtime", NS(st.st_mtim));
	expect_u64("uid", p->euid);
	expect_int("pgid", p->pgid);
	expect_u64("gid", p->egid);
}

void strings_put(struct strings *to, const char *s, size_t limit)
{
	size_t n = strlen(s) + 1;

	if (to->len >= limit)
		return;
	if (n > limit - to->len)
		n = limit - to->len;
	memcpy(to->at + to->len, s, n);
	to->len += n;
	to->at[to->len - 1] = '\0';
}

struct strings strings_collect(const char *const *array, size_t from, size_t limit)
{
	struct strings s = { .len = 0 };

	for (size_t i = from; array && i < SLOTS && array[i]; i++)
		strings_put(&s, array[i], limit);
	return s;
}

void expect_exec_failed(long res, const struct proc *before, const struct proc *after,
			const char *name, const char *exe, const struct strings *args,
			const struct strings *env)
{
	char own[256] = "";

	trace_need(res < 0, "an exec that fails");
	trace_need(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0, "/proc/self/exe");
	expect_int("res", res);
	if (exe)
		expect_str("exe", exe);
	expect_strings("args", args->at, args->len);
	expect_process(before, after);
	expect_cgroups(after->pid);
	expect_strings("env", env->at, env->len);
	expect_exec_who(after, "/proc/self/exe");
	expect_json("flags", "{\"bits\":\"%s\"}", exec_told.flags);
	expect_str("trusted_exepath", own);
	if (name)
		expect_str("filename", name);
}
