/* SPDX-License-Identifier: MIT */
/*
 * writable.c - EXE_WRITABLE: could a process write its own executable? By owner, groups,
 * capabilities and user namespaces; each time the kernel is asked, too.
 */
#include "exec.h"
#include "expect.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	  65534
#define OTHER	  4711
#define FACCESSAT 439 /* faccessat2: newer than the C library's headers may be */
#define DAC	  (1u << CAP_DAC_OVERRIDE)
#define FOWNER	  (1u << CAP_FOWNER)

/* The program's file belongs to this user and group, with this mode. */
struct file {
	uid_t owner;
	mode_t mode;
};

/* Who the process becomes. */
struct who {
	uid_t uid;
	gid_t gid, group; /* one supplementary group */
	uint32_t permitted, effective;
};

static const struct {
	struct file file;
	struct who who;
	int is_writable;
} cases[] = {
	{ { 0, 0755 }, { NOBODY, NOBODY, OTHER, 0, 0 }, 0 },
	{ { NOBODY, 0555 }, { NOBODY, OTHER, OTHER, 0, 0 }, 1 },
	/* One class of permissions decides, the first that fits. */
	{ { 0, 0755 }, { NOBODY, 0, OTHER, 0, 0 }, 0 },
	{ { 0, 0775 }, { NOBODY, 0, OTHER, 0, 0 }, 1 },
	{ { 0, 0775 }, { NOBODY, OTHER, 0, 0, 0 }, 1 },
	{ { 0, 0775 }, { NOBODY, OTHER, OTHER, 0, 0 }, 0 },
	{ { 0, 0757 }, { NOBODY, 0, OTHER, 0, 0 }, 0 },
	{ { 0, 0757 }, { NOBODY, OTHER, OTHER, 0, 0 }, 1 },
	/* Capabilities, and only those in effect. */
	{ { NOBODY, 0755 }, { 0, 0, 0, 0, 0 }, 0 },
	{ { NOBODY, 0755 }, { 0, 0, 0, DAC, DAC }, 1 },
	{ { NOBODY, 0755 }, { 0, 0, 0, FOWNER, FOWNER }, 1 },
	{ { NOBODY, 0755 }, { 0, 0, 0, DAC | FOWNER, 0 }, 0 },
	{ { NOBODY, 0755 }, { 0, 0, 0, ~0u, ~(DAC | FOWNER) }, 0 },
};

static const char *program, *none;

static void change_file(const struct file *f)
{
	trace_need(!chown(program, f->owner, f->owner) && !chmod(program, f->mode), program);
}

static void set_caps(uint32_t permitted, uint32_t effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };

	trace_need(!call(SYS_capget, &head, caps), "capget");
	for (int i = 0; i < 2; i++) {
		caps[i].permitted &= i ? 0 : permitted;
		caps[i].effective = caps[i].permitted & (i ? 0 : effective);
		caps[i].inheritable = 0;
	}
	trace_need(!call(SYS_capset, &head, caps), "capset");
}

static void become(const struct who *w)
{
	gid_t groups[] = { w->group };

	trace_need(!setgroups(1, groups) && !setresgid(w->gid, w->gid, w->gid), "setgroups");
	trace_need(!setresuid(w->uid, w->uid, w->uid), "setresuid");
	set_caps(w->permitted, w->effective);
}

/* By its permissions, or by changing these. */
static int kernel_lets_write(void)
{
	struct stat st;

	if (!call(FACCESSAT, AT_FDCWD, program, W_OK, AT_EACCESS))
		return 1;
	trace_need(!stat(program, &st), program);
	return !chmod(program, st.st_mode & 07777);
}

/* outside: as whom the kernel knows it, where /proc has other numbers. */
static void exec_and_expect(const struct proc *outside, int is_writable)
{
	static struct proc before, after;
	struct strings nothing = { .len = 0 };
	long res;

	trace_need(kernel_lets_write() == is_writable, "the kernel says otherwise");
	strcpy(exec_told.flags, is_writable ? "EXE_WRITABLE" : "");
	proc_read_self(&before);
	res = call(SYS_execve, none, NULL, NULL);
	proc_read_self(&after);
	if (outside) {
		after.euid = outside->euid;
		after.egid = outside->egid;
		after.loginuid = outside->loginuid;
	}
	expect_event("execve");
	expect_exec_failed(res, &before, &after, none, "", &nothing, &nothing);
	expect_end();
}

static void reap(pid_t pid)
{
	int status;

	trace_need(pid >= 0 && waitpid(pid, &status, 0) == pid && !status, "a child");
}

static void as_somebody(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid;

		change_file(&cases[i].file);
		pid = fork();
		if (!pid) {
			become(&cases[i].who);
			exec_and_expect(NULL, cases[i].is_writable);
			_exit(0);
		}
		reap(pid);
	}
}

/* ---- capabilities count for what a user namespace has a name for ---- */

static void write_map(pid_t pid, const char *which)
{
	static const char map[] = "0 65534 1\n";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	fd = call(SYS_open, path, O_WRONLY);
	trace_need(fd >= 0 && write(fd, map, sizeof(map) - 1) == sizeof(map) - 1, path);
	close(fd);
}

static void in_namespace(int has_uid, int has_gid, int is_writable)
{
	static struct proc outside;
	int p[2], q[2];
	pid_t pid;
	char c;

	trace_need(!pipe(p) && !pipe(q), "pipe");
	proc_read_self(&outside);
	pid = fork();
	if (!pid) {
		close(q[1]);
		trace_need(!unshare(CLONE_NEWUSER), "unshare");
		close(p[1]); /* it is there */
		trace_need(!read(q[0], &c, 1), "the maps");
		exec_and_expect(&outside, is_writable);
		_exit(0);
	}
	close(p[1]);
	trace_need(!read(p[0], &c, 1), "the namespace");
	if (has_uid)
		write_map(pid, "uid_map");
	if (has_gid)
		write_map(pid, "gid_map");
	close(q[1]);
	reap(pid);
	close(p[0]);
	close(q[0]);
}

static void namespaces(void)
{
	change_file(&(struct file){ NOBODY, 0755 });
	in_namespace(0, 0, 0);
	in_namespace(0, 1, 0);
	in_namespace(1, 0, 1);
	in_namespace(1, 1, 1);
}

int main(int argc, char **argv)
{
	char own[256] = "", path[256];

	trace_begin(argc, argv, "execve");
	proc_need_init_namespaces();
	trace_need_plain_files();
	trace_need(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0, "/proc/self/exe");
	strcpy(path, trace_path("none"));
	program = own;
	none = path;
	as_somebody();
	namespaces();
	return trace_end();
}
