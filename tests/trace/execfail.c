/* SPDX-License-Identifier: MIT */
/* execfail.c - execve refused: the caller's image stays, its arguments are told all the same. */
#include "exec.h"
#include "expect.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* name and exe: what can be read there, NULL if nothing can. */
static void fail(const char *path, const void *argv, const void *envp, const char *name,
		 const char *exe, const struct strings *args, const struct strings *env)
{
	static struct proc before, after;
	long res;

	proc_read_self(&before);
	res = call(SYS_execve, path, argv, envp);
	proc_read_self(&after);
	expect_event("execve");
	expect_exec_failed(res, &before, &after, name, exe, args, env);
	expect_end();
}

/* With arrays that can be read whole. */
static void refused(const char *path, const char *const *argv, const char *const *envp)
{
	const char *exe = argv ? argv[0] : "";
	struct strings args = { .len = 0 }, env = strings_collect(envp, 0, PATH_CUT);
	char *cut = NULL;

	if (exe) {
		cut = strndup(exe, PATH_CUT - 1);
		args = strings_collect(argv, 1, PATH_CUT - strlen(cut) - 1);
	}
	fail(path, argv, envp, path, cut, &args, &env);
	free(cut);
}

static void files(const char *none)
{
	const char *file = trace_path("file");

	refused(none, NULL, NULL);
	refused(none, exec_args, exec_env);
	close(open(file, O_CREAT | O_WRONLY, 0644));
	refused(file, exec_args, exec_env);
	trace_need(!chmod(file, 0755), file);
	refused(file, exec_args, exec_env); /* empty: no format that is known */
	refused(trace_dir(), exec_args, exec_env);
	refused("", exec_args, exec_env);
	unlink(file);
}

static void arrays(const char *none)
{
	const char *many[31], *empty[] = { "", NULL }, *nothing[] = { NULL };
	char number[30][4];

	refused(none, empty, empty);
	refused(none, nothing, nothing);
	for (int i = 0; i < 30; i++) {
		snprintf(number[i], sizeof(number[i]), "%d", i);
		many[i] = number[i];
	}
	many[30] = NULL;
	refused(none, many, many);
	many[16] = NULL;
	refused(none, many, many);
}

static void sizes(const char *none)
{
	static char a[3000], b[3000], name[PATH_CUT + 100];
	const char *more[] = { "exe", a, b, a, NULL }, *long_name[] = { name, "one", NULL };

	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	memset(name, 'n', sizeof(name) - 1);
	refused(none, more, more);
	name[PATH_CUT] = '\0';
	refused(none, long_name, exec_env);
	name[PATH_CUT - 1] = '\0';
	refused(none, long_name, exec_env);
	name[PATH_CUT - 5] = '\0'; /* four bytes are left, "one" needs them */
	refused(none, long_name, exec_env);
	name[PATH_CUT - 4] = '\0'; /* now its last byte must go */
	refused(none, long_name, exec_env);
}

/* Longer than any path may be: cut to what an event holds. */
static void names(void)
{
	static char name[PATH_CUT + 10], cut[PATH_CUT];
	struct strings nothing = { .len = 0 };

	for (size_t len = PATH_CUT - 2; len <= PATH_CUT + 1; len++) {
		memset(name, 'n', len);
		memset(cut, 'n', len < PATH_CUT ? len : PATH_CUT - 1);
		fail(name, NULL, NULL, cut, "", &nothing, &nothing);
	}
}

/* Memory that cannot be read leaves out what lies there, and nothing else. */
static void faults(const char *none)
{
	struct strings nothing = { .len = 0 }, a = nothing, b = nothing, c = nothing;
	char *edge = trace_edge();
	const char *bad_first[] = { edge, "x", NULL }, *bad_second[] = { "a", edge, "c", NULL };
	const char **slots = (const char **)edge;

	strings_put(&a, "a", PATH_CUT);
	strings_put(&b, "x", PATH_CUT);
	strings_put(&c, "c", PATH_CUT);
	fail(edge, NULL, NULL, NULL, "", &nothing, &nothing);
	fail(NULL, exec_args, NULL, NULL, "report", &(struct strings){ "one\0\0two words", 15 },
	     &nothing);
	fail(none, edge, edge, none, NULL, &nothing, &nothing);
	fail(none, bad_first, bad_first, none, NULL, &b, &b);
	slots[-1] = "a"; /* the next slot cannot be read */
	fail(none, slots - 1, slots - 1, none, "a", &nothing, &a);
	strings_put(&a, "c", PATH_CUT);
	fail(none, bad_second, bad_second, none, "a", &c, &a);
}

/* The same, but for a name: neither descriptor nor path are told. */
static void by_descriptor(void)
{
	static const long fds[] = { -1, AT_FDCWD };
	static struct proc before, after;
	struct strings args = strings_collect(exec_args, 1, PATH_CUT);
	struct strings env = strings_collect(exec_env, 0, PATH_CUT), nothing = { .len = 0 };
	long res;

	for (int i = 0; i < 2; i++) {
		proc_read_self(&before);
		res = call(SYS_execveat, fds[i], "none", exec_args, exec_env, 0);
		proc_read_self(&after);
		expect_event("execveat");
		expect_exec_failed(res, &before, &after, NULL, exec_args[0], &args, &env);
		expect_end();
	}
	proc_read_self(&before);
	res = call(SYS_execveat, AT_FDCWD, "none", NULL, NULL, AT_EMPTY_PATH);
	proc_read_self(&after);
	expect_event("execveat");
	expect_exec_failed(res, &before, &after, NULL, "", &nothing, &nothing);
	expect_end();
}

/* Refused before the kernel looks at anything: with -1, which is a result as any other. */
static void not_permitted(const char *none)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	pid_t pid = fork();
	int status;

	if (!pid) {
		trace_need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
				   !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
			   "seccomp");
		refused(none, exec_args, exec_env);
		by_descriptor();
		_exit(0);
	}
	trace_need(waitpid(pid, &status, 0) == pid && !status, "a child under seccomp");
}

int main(int argc, char **argv)
{
	static char big[8 << 20];
	char none[256];

	memset(big, 1, sizeof(big)); /* to show in vm_rss */
	trace_begin(argc, argv, "execve execveat");
	exec_prepare();
	strcpy(none, trace_path("none"));
	files(none);
	arrays(none);
	sizes(none);
	names();
	faults(none);
	not_permitted(none);
	by_descriptor();
	unlink(trace_path("report"));
	return trace_end();
}
