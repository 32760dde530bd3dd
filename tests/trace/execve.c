/* SPDX-License-Identifier: MIT */
/* execve.c - new images in every way. The failures are in execfail.c. */
#include "exec.h"
#include "expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY	     65534
#define SYS_TIME_CAP 25

static void simply(const char *path)
{
	call(SYS_execve, path, exec_args, exec_env);
}

static void without_anything(const char *path)
{
	call(SYS_execve, path, NULL, NULL);
}

static void with_limits(const char *path)
{
	struct rlimit limit = { 77, 78 };

	setrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_CAPBSET_DROP, SYS_TIME_CAP);
	setpgid(0, 0);
	simply(path);
}

static void at_folder(const char *path)
{
	int fd = open(trace_dir(), O_PATH | O_CLOEXEC);

	call(SYS_execveat, fd, path, exec_args, exec_env, 0);
}

static void at_here(const char *path)
{
	call(SYS_execveat, AT_FDCWD, path, exec_args, exec_env, 0);
}

static void by_descriptor(const char *path)
{
	call(SYS_execveat, open(path, O_PATH), "", exec_args, exec_env, AT_EMPTY_PATH);
}

static void from_memory(const char *path)
{
	char link[64];
	int fd = memfd_create("malware", 0);

	exec_copy_to(fd, path);
	strcpy(exec_told.flags, "EXE_WRITABLE|EXE_FROM_MEMFD");
	strcpy(exec_told.exe_path, "memfd:malware");
	exec_tell();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	simply(link);
}

/* Not every one of these may be written. */
static void from_memory_of_root(const char *path)
{
	int fd = memfd_create("malware", 0);

	exec_copy_to(fd, path);
	strcpy(exec_told.flags, "EXE_FROM_MEMFD");
	strcpy(exec_told.exe_path, "memfd:malware");
	exec_tell();
	trace_need(!fchmod(fd, 0755) && !setresgid(NOBODY, NOBODY, NOBODY) &&
			   !setresuid(NOBODY, NOBODY, NOBODY),
		   "setresuid");
	call(SYS_execveat, fd, "", exec_args, exec_env, AT_EMPTY_PATH);
}

/* Not the owner, no write permission, no capability. */
static void as_nobody(const char *path)
{
	strcpy(exec_told.flags, "");
	exec_tell();
	trace_need(!setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY),
		   "setresuid");
	simply(path);
}

static void on_terminal(const char *path)
{
	proc_take_terminal();
	simply(path);
}

static void *thread_main(void *path)
{
	exec_tell();
	simply(path);
	return NULL;
}

/* The thread takes the place of the first one, and its number. */
static void in_thread(const char *path)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_main, (void *)path);
	pthread_join(thread, NULL);
}

/* Only in the child of a child that unshared. */
static void enter_pid_namespace(void)
{
	int status;
	pid_t pid;

	trace_need(!unshare(CLONE_NEWPID), "unshare");
	pid = fork();
	if (pid) {
		waitpid(pid, &status, 0);
		_exit(status != 0);
	}
}

static void in_pid_namespace(const char *path)
{
	enter_pid_namespace();
	exec_tell();
	simply(path);
}

static void leading_its_group(const char *path)
{
	enter_pid_namespace();
	setsid();
	exec_tell();
	simply(path);
}

/* Owned by nobody: one runs as its owner, of the other root may write what it likes. */
static void other_owner(const char *report)
{
	char path[256];

	strcpy(path, trace_path("other"));
	exec_copy(report, path, NOBODY, 0755);
	exec_in_child(simply, path);
	trace_need(!chmod(path, 04755), path);
	exec_in_child(simply, path);
	unlink(path);
}

static void by_other_name(const char *report)
{
	char path[256];
	FILE *f;

	strcpy(path, trace_path("link"));
	trace_need(!symlink("report", path), path);
	exec_in_child(simply, path);
	unlink(path);
	f = fopen(path, "w");
	trace_need(f && fprintf(f, "#!%s option\n", report) > 0 && !fclose(f), path);
	trace_need(!chmod(path, 0755), path);
	exec_in_child(simply, path);
	unlink(path);
}

int main(int argc, char **argv)
{
	const char *report;

	trace_begin(argc, argv, "execve execveat");
	report = exec_prepare();
	exec_in_child(simply, report);
	exec_in_child(without_anything, report);
	exec_in_child(with_limits, report);
	exec_in_child(at_folder, "report");
	exec_in_child(at_here, report);
	exec_in_child(by_descriptor, report);
	exec_in_child(from_memory, report);
	exec_in_child(from_memory_of_root, report);
	exec_in_child(as_nobody, report);
	exec_in_child(on_terminal, report);
	exec_in_child(in_thread, report);
	exec_in_child(in_pid_namespace, report);
	exec_in_child(leading_its_group, report);
	other_owner(report);
	by_other_name(report);
	trace_need(!chdir(trace_dir()), trace_dir());
	exec_in_child(simply, "./report");
	exec_in_child(simply, "report");
	unlink("report");
	return trace_end();
}
