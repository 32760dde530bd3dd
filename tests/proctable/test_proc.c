/* SPDX-License-Identifier: MIT */
/* The table against processes that say themselves what they are. */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/proctable.h"
#include "made.h"
#include "tests/tests.h"

static struct fcd_proctable *t;
static struct made m;

static void setup(void)
{
	ck_assert_int_eq(fcd_proctable_new(&t), 0);
}

static void teardown(void)
{
	fcd_proctable_free(t);
	made_begin(&m, "GENERIC_X", 1);
}

/* A child that has run `become` and then waits for its end. */
static pid_t start(void (*become)(void))
{
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		become();
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void check_self(const struct fcd_process *p)
{
	char comm[16], text[8192], line[4096];
	FILE *file = fopen("/proc/self/cgroup", "re");
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = 0;
	prctl(PR_GET_NAME, comm);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->pid, getpid());
	ck_assert_uint_eq(p->ppid, getppid());
	ck_assert_uint_eq(p->uid, geteuid());
	ck_assert_str_eq(p->comm, comm);
	snprintf(line, sizeof(line), ":%s\n", p->cgroup);
	ck_assert_ptr_nonnull(strstr(text, line));
}

START_TEST(a_seeded_table_knows_every_process)
{
	fcd_proctable_seed(t);
	ck_assert_uint_ge(fcd_proctable_count(t), 2);
	check_self(fcd_proctable_find(t, (uint32_t)getpid()));
	ck_assert_uint_eq(fcd_proctable_find(t, 1)->ppid, 0);
	ck_assert(fcd_proctable_is_below(t, (uint32_t)getpid(), (uint32_t)getppid()));
	ck_assert(!fcd_proctable_is_below(t, (uint32_t)getppid(), (uint32_t)getpid()));
}
END_TEST

START_TEST(seeding_does_not_change_what_is_known)
{
	made_begin(&m, "SYSCALL_EXECVE_19_X", (uint32_t)getpid());
	made_text(&m, "comm", "told");
	fcd_proctable_event(t, made_end(&m));
	fcd_proctable_seed(t);
	ck_assert_str_eq(fcd_proctable_find(t, (uint32_t)getpid())->comm, "told");
}
END_TEST

START_TEST(an_unknown_process_is_looked_for)
{
	check_self(fcd_proctable_find(t, (uint32_t)getpid()));
	ck_assert_uint_eq(fcd_proctable_count(t), 1);
	ck_assert(fcd_proctable_is_below(t, (uint32_t)getpid(), (uint32_t)getppid()));
}
END_TEST

static void become_another(void)
{
	prctl(PR_SET_NAME, "a\\b\n(c) \xff");
	if (setresuid((uid_t)-1, 1234, (uid_t)-1))
		_exit(1);
}

START_TEST(a_child_is_what_it_says)
{
	pid_t pid = start(become_another);
	const struct fcd_process *p = fcd_proctable_find(t, (uint32_t)pid);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->ppid, getpid());
	ck_assert_uint_eq(p->uid, 1234);
	ck_assert_str_eq(p->comm, "a\\b\n(c) \xff");
	stop(pid);
}
END_TEST

static void *tell_tid(void *pipe)
{
	pid_t tid = gettid();

	ck_assert_int_eq(write(((int *)pipe)[1], &tid, sizeof(tid)), sizeof(tid));
	pause();
	return NULL;
}

/* Its files are in /proc, though no listing has them. */
START_TEST(a_thread_is_no_process_but_its_child_has_a_parent)
{
	pthread_t thread;
	int told[2];
	pid_t tid;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, tell_tid, told), 0);
	ck_assert_int_eq(read(told[0], &tid, sizeof(tid)), sizeof(tid));
	ck_assert_ptr_null(fcd_proctable_find(t, (uint32_t)tid));
	made_begin(&m, "SYSCALL_CLONE3_X", 5000000);
	made_number(&m, "ptid", tid);
	fcd_proctable_event(t, made_end(&m));
	ck_assert_uint_eq(fcd_proctable_find(t, 5000000)->ppid, getpid());
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}
END_TEST

static void do_nothing(void)
{
}

/* A child with a number of our choice. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&pid,
				   .set_tid_size = 1 };
	long ret = syscall(SYS_clone3, &args, sizeof(args));

	if (!ret) {
		pause();
		_exit(1);
	}
	return (pid_t)ret;
}

START_TEST(what_is_not_there_is_looked_for_once)
{
	pid_t pid = start(do_nothing);

	stop(pid);
	ck_assert_ptr_null(fcd_proctable_find(t, (uint32_t)pid));
	ck_assert_int_eq(fork_as(pid), pid);
	ck_assert_ptr_null(fcd_proctable_find(t, (uint32_t)pid));
	ck_assert_uint_eq(fcd_proctable_count(t), 0);
	made_begin(&m, "SYSCALL_CLONE_20_X", (uint32_t)pid);
	made_number(&m, "ptid", getpid());
	made_text(&m, "comm", "told");
	fcd_proctable_event(t, made_end(&m));
	ck_assert_str_eq(fcd_proctable_find(t, (uint32_t)pid)->comm, "told");
	stop(pid);
}
END_TEST

static void become_root_of_a_namespace(void)
{
	FILE *map;

	if (setresuid(1234, 1234, 1234) || prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER))
		_exit(1);
	map = fopen("/proc/self/uid_map", "we");
	if (!map || fputs("0 1234 1", map) < 0 || fclose(map) || geteuid())
		_exit(1);
}

/* setuid(0) there makes nobody root here. */
START_TEST(a_user_of_another_namespace_is_who_he_is_here)
{
	pid_t pid = start(become_root_of_a_namespace);

	ck_assert_uint_eq(fcd_proctable_find(t, (uint32_t)pid)->uid, 1234);
	made_begin(&m, "SYSCALL_SETUID_X", (uint32_t)pid);
	made_number(&m, "uid", 0);
	fcd_proctable_event(t, made_end(&m));
	ck_assert_uint_eq(fcd_proctable_find(t, (uint32_t)pid)->uid, 1234);
	/* nor does that of a child */
	made_begin(&m, "SYSCALL_CLONE_20_X", 5000000);
	made_number(&m, "ptid", pid);
	made_number(&m, "uid", 1234);
	fcd_proctable_event(t, made_end(&m));
	made_begin(&m, "SYSCALL_SETUID_X", 5000000);
	made_number(&m, "uid", 0);
	fcd_proctable_event(t, made_end(&m));
	ck_assert_uint_eq(fcd_proctable_find(t, 5000000)->uid, 1234);
	stop(pid);
}
END_TEST

/* unshare has no event of its own: what it changed is in /proc. */
START_TEST(what_a_generic_event_does_not_tell_is_read)
{
	uint16_t nr = SYS_unshare;
	pid_t pid = start(do_nothing);

	made_begin(&m, "SYSCALL_EXECVE_19_X", (uint32_t)pid);
	made_text(&m, "comm", "told");
	fcd_proctable_event(t, made_end(&m));
	ck_assert_str_eq(fcd_proctable_find(t, (uint32_t)pid)->comm, "told");
	made_begin(&m, "GENERIC_X", (uint32_t)pid);
	made_bytes(&m, "nativeID", &nr, 2);
	fcd_proctable_event(t, made_end(&m));
	ck_assert_str_ne(fcd_proctable_find(t, (uint32_t)pid)->comm, "told");
	stop(pid);
}
END_TEST

/* Exit with 77 if this cannot be tried here. */
static void check_place(void)
{
	char link[64] = "";
	pid_t pid;
	int status;

	if (geteuid()) {
		puts("skipped: changing users needs root");
		exit(77);
	}
	if (readlink("/proc/self/ns/pid", link, sizeof(link) - 1) < 0 ||
	    strcmp(link, "pid:[4026531836]")) {
		puts("skipped: /proc numbers processes in a way of its own here");
		exit(77);
	}
	pid = fork();
	if (!pid) {
		become_root_of_a_namespace();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		puts("skipped: there are no user namespaces here");
		exit(77);
	}
}

TCase *tests(void)
{
	TCase *c = tcase_create("proctable and /proc");

	check_place();
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_seeded_table_knows_every_process);
	tcase_add_test(c, seeding_does_not_change_what_is_known);
	tcase_add_test(c, an_unknown_process_is_looked_for);
	tcase_add_test(c, a_child_is_what_it_says);
	tcase_add_test(c, a_thread_is_no_process_but_its_child_has_a_parent);
	tcase_add_test(c, what_is_not_there_is_looked_for_once);
	tcase_add_test(c, a_user_of_another_namespace_is_who_he_is_here);
	tcase_add_test(c, what_a_generic_event_does_not_tell_is_read);
	return c;
}
