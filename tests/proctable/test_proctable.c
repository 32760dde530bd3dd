/* SPDX-License-Identifier: MIT */
/* What a table learns from events. The processes have numbers that no kernel gives. */
#include <string.h>
#include "core/proctable.h"
#include "made.h"
#include "tests/tests.h"

#define P    5000000 /* the first process: above PID_MAX_LIMIT of the kernel */
#define ROOT (P - 1) /* its parent, which is known from the beginning */

#define THREAD	 0x2000
#define PARENT	 0x100
#define NEWUSER	 0x100000
#define SET_NAME 15

#define ID64 "f00dfeed00000000000000000000000000000000000000000000000000000000"

static struct fcd_proctable *t;
static struct made m;

static void tell(void)
{
	fcd_proctable_event(t, made_end(&m));
}

static void clone_begin(const char *code, uint32_t pid, uint32_t ptid, const char *comm)
{
	made_begin(&m, code, pid);
	made_number(&m, "tid", pid);
	made_number(&m, "pid", pid);
	made_number(&m, "vtid", pid);
	made_number(&m, "ptid", ptid);
	made_text(&m, "comm", comm);
	made_number(&m, "uid", 33);
}

/* What the child tells of itself. */
static void child(uint32_t pid, uint32_t ptid, const char *comm)
{
	clone_begin("SYSCALL_CLONE_20_X", pid, ptid, comm);
	tell();
}

static void setup(void)
{
	ck_assert_int_eq(fcd_proctable_new(&t), 0);
	child(ROOT, 0, "root");
}

static void teardown(void)
{
	fcd_proctable_free(t);
	made_begin(&m, "GENERIC_X", 1);
}

static uint32_t count(void)
{
	return fcd_proctable_count(t) - 1;
}

static void caller_begin(uint32_t pid, uint32_t ptid, const char *comm, int64_t res)
{
	clone_begin("SYSCALL_CLONE3_X", pid, ptid, comm);
	made_number(&m, "res", res);
}

static void exec_begin(uint32_t pid, uint32_t ptid, const char *comm)
{
	made_begin(&m, "SYSCALL_EXECVE_19_X", pid);
	made_number(&m, "ptid", ptid);
	made_text(&m, "comm", comm);
	made_number(&m, "uid", 34);
}

static void end(uint32_t pid, int64_t reaper)
{
	made_begin(&m, "PROCEXIT_1_E", pid);
	made_number(&m, "reaper_tid", reaper);
	tell();
}

static void check(uint32_t pid, uint32_t ppid, const char *comm)
{
	const struct fcd_process *p = fcd_proctable_find(t, pid);

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->pid, pid);
	ck_assert_uint_eq(p->ppid, ppid);
	ck_assert_str_eq(p->comm, comm);
}

START_TEST(a_child_is_known_from_its_own_event)
{
	static const char *const codes[] = { "SYSCALL_CLONE_20_X", "SYSCALL_CLONE3_X",
					     "SYSCALL_FORK_20_X", "SYSCALL_VFORK_20_X" };

	child(P, ROOT, "init");
	for (uint32_t i = 0; i < 4; i++) {
		clone_begin(codes[i], P + 1 + i, P, "sh");
		tell();
		check(P + 1 + i, P, "sh");
		ck_assert_uint_eq(fcd_proctable_find(t, P + 1 + i)->uid, 33);
		ck_assert_uint_eq(count(), 2 + i);
	}
}
END_TEST

START_TEST(a_child_is_known_from_its_parents_event)
{
	child(P, ROOT, "sh");
	caller_begin(P, ROOT, "sh", P + 1);
	tell();
	check(P + 1, P, "sh");
	caller_begin(P, ROOT, "sh", -11); /* EAGAIN */
	tell();
	ck_assert_uint_eq(count(), 2);
	caller_begin(P + 1, P, "sh", P + 2);
	made_number(&m, "flags", PARENT);
	tell();
	check(P + 2, P, "sh");
}
END_TEST

START_TEST(events_of_a_clone_that_come_late_change_nothing)
{
	child(P, ROOT, "sh");
	child(P + 1, P, "sh");
	exec_begin(P + 1, P, "cat");
	tell();
	caller_begin(P, ROOT, "sh", P + 1);
	tell();
	check(P + 1, P, "cat");
	clone_begin("SYSCALL_CLONE_20_X", P + 1, P, "sh");
	m.flags = FCD_LATE;
	tell();
	check(P + 1, P, "cat");
	end(P + 1, 0);
	caller_begin(P, ROOT, "sh", P + 1);
	tell();
	ck_assert_uint_eq(count(), 1);
	check(P + 1, P, "cat");
}
END_TEST

START_TEST(a_number_that_is_used_again_is_another_process)
{
	child(P, ROOT, "sh");
	child(P + 1, P, "old");
	end(P + 1, 0);
	child(P + 1, P, "new");
	check(P + 1, P, "new");
	ck_assert_uint_eq(count(), 2);
	/* its end was lost */
	child(P + 2, ROOT, "other");
	caller_begin(P + 2, ROOT, "other", P + 1);
	tell();
	check(P + 1, P + 2, "other");
}
END_TEST

START_TEST(threads_are_no_processes)
{
	child(P, ROOT, "java");
	clone_begin("SYSCALL_CLONE3_X", P, ROOT, "java"); /* the thread's own event */
	made_number(&m, "flags", THREAD);
	m.tid = P + 1;
	tell();
	caller_begin(P, ROOT, "java", P + 1);
	made_number(&m, "flags", THREAD);
	tell();
	ck_assert_uint_eq(count(), 1);
	ck_assert_ptr_null(fcd_proctable_find(t, P + 1));
	check(P, ROOT, "java");
}
END_TEST

/* ptid is the number of the thread that called, which is no process. */
START_TEST(a_child_of_a_thread_is_its_processes_child)
{
	child(P, ROOT, "java");
	child(P + 2, P + 1, "java"); /* before anything is known of P + 1 */
	check(P + 2, 0, "java");
	exec_begin(P + 2, P + 1, "cat");
	tell();
	caller_begin(P, ROOT, "java", P + 2);
	m.tid = P + 1;
	made_number(&m, "vtid", P + 1);
	tell();
	check(P + 2, P, "cat");
	child(P + 3, P + 1, "java");
	check(P + 3, P, "java");
}
END_TEST

/* There the caller is told another number than the kernel's. */
START_TEST(a_caller_in_a_pid_namespace_makes_no_process)
{
	child(P, ROOT, "sh");
	caller_begin(P, ROOT, "sh", 7);
	made_number(&m, "vtid", 2);
	tell();
	ck_assert_uint_eq(count(), 1);
	child(P + 1, P, "sh");
	check(P + 1, P, "sh");
}
END_TEST

START_TEST(exec_gives_a_name_and_a_user)
{
	child(P, ROOT, "sh");
	exec_begin(P, ROOT, "a-name-of-15-ch");
	tell();
	check(P, ROOT, "a-name-of-15-ch");
	ck_assert_uint_eq(fcd_proctable_find(t, P)->uid, 34);
	exec_begin(P, ROOT, "no-such-program");
	made_number(&m, "res", -2); /* ENOENT */
	tell();
	check(P, ROOT, "a-name-of-15-ch");
	/* that of a process that nothing was known of */
	exec_begin(P + 1, P, "cat");
	tell();
	check(P + 1, P, "cat");
	/* by another thread than the main one, which ends by that */
	end(P, 0);
	ck_assert_uint_eq(count(), 1);
	exec_begin(P, ROOT, "next");
	tell();
	ck_assert_uint_eq(count(), 2);
	check(P, ROOT, "next");
}
END_TEST

START_TEST(orphans_go_to_the_reaper)
{
	child(P, ROOT, "reaper");
	child(P + 1, P, "sh");
	child(P + 2, P + 1, "daemon");
	child(P + 3, P + 1, "daemon");
	ck_assert(fcd_proctable_is_below(t, P + 2, P + 1));
	end(P + 1, P);
	check(P + 2, P, "daemon");
	check(P + 3, P, "daemon");
	ck_assert(!fcd_proctable_is_below(t, P + 2, P + 1));
	ck_assert_uint_eq(count(), 3);
	end(P, -1); /* the engine does not know to whom */
	check(P + 2, 1, "daemon");
}
END_TEST

START_TEST(an_end_of_a_thread_is_none_of_a_process)
{
	child(P, ROOT, "java");
	child(P + 1, P, "child");
	made_begin(&m, "PROCEXIT_1_E", P);
	m.tid = P + 9;
	made_number(&m, "reaper_tid", P); /* its children are its process's */
	tell();
	ck_assert_uint_eq(count(), 2);
	check(P + 1, P, "child");
}
END_TEST

START_TEST(what_ended_is_remembered_a_while)
{
	child(P, ROOT, "first");
	end(P, 0);
	ck_assert_uint_eq(count(), 0);
	for (uint32_t i = 1; i < 1024; i++) {
		child(P + i, ROOT, "next");
		end(P + i, 0);
	}
	check(P, ROOT, "first");
	child(P + 1024, ROOT, "one more");
	end(P + 1024, 0);
	ck_assert_ptr_null(fcd_proctable_find(t, P));
	check(P + 1024, ROOT, "one more");
}
END_TEST

START_TEST(a_fork_bomb_does_not_make_it_grow)
{
	for (uint32_t i = 0; i < 40000; i++) {
		child(P + i, P + i - 1, "bomb");
		ck_assert_uint_le(fcd_proctable_count(t), 32768);
	}
	check(P + 39999, P + 39998, "bomb");
	ck_assert_uint_eq(fcd_proctable_count(t), 32768);
}
END_TEST

static void set_uid(const char *code, const char *param, uint32_t uid, int64_t res)
{
	made_begin(&m, code, P);
	made_number(&m, param, uid);
	made_number(&m, "res", res);
}

static uint32_t uid(void)
{
	return fcd_proctable_find(t, P)->uid;
}

START_TEST(the_effective_user_follows_the_main_thread)
{
	child(P, ROOT, "sudo");
	set_uid("SYSCALL_SETUID_X", "uid", 1000, 0);
	tell();
	ck_assert_uint_eq(uid(), 1000);
	set_uid("SYSCALL_SETUID_X", "uid", 0, -1); /* EPERM */
	tell();
	ck_assert_uint_eq(uid(), 1000);
	set_uid("SYSCALL_SETREUID_X", "euid", 1001, 0);
	tell();
	ck_assert_uint_eq(uid(), 1001);
	set_uid("SYSCALL_SETRESUID_X", "euid", 1002, 0);
	tell();
	ck_assert_uint_eq(uid(), 1002);
	set_uid("SYSCALL_SETRESUID_X", "euid", UINT32_MAX, 0); /* unchanged */
	tell();
	ck_assert_uint_eq(uid(), 1002);
	set_uid("SYSCALL_SETRESUID_X", "euid", UINT16_MAX, 0); /* unchanged, of 16 bits */
	m.flags = FCD_COMPAT;
	tell();
	ck_assert_uint_eq(uid(), 1002);
	set_uid("SYSCALL_SETUID_X", "uid", 1003, 0);
	m.tid = P + 1;
	tell();
	ck_assert_uint_eq(uid(), 1002);
}
END_TEST

/* What its calls name is another's number here. */
START_TEST(a_user_namespaces_numbers_are_not_believed)
{
	clone_begin("SYSCALL_CLONE_20_X", P, ROOT, "bwrap");
	made_number(&m, "flags", NEWUSER);
	tell();
	set_uid("SYSCALL_SETUID_X", "uid", 0, 0);
	tell();
	ck_assert_uint_eq(uid(), 33);
}
END_TEST

static void control(int64_t option, const char *arg, int64_t res)
{
	made_begin(&m, "SYSCALL_PRCTL_X", P);
	made_number(&m, "option", option);
	made_number(&m, "res", res);
	if (arg)
		made_text(&m, "arg2_str", arg);
}

START_TEST(the_name_follows_the_main_thread)
{
	child(P, ROOT, "old");
	control(SET_NAME, "a name of more than 15 bytes", 0);
	tell();
	check(P, ROOT, "a name of more ");
	control(SET_NAME + 1, "read", 0);
	tell();
	control(SET_NAME, "failed", -14);
	tell();
	control(SET_NAME, NULL, 0); /* its memory was not readable */
	tell();
	control(SET_NAME, "a thread's", 0);
	m.tid = P + 1;
	tell();
	check(P, ROOT, "a name of more ");
}
END_TEST

static void check_cgroup(uint32_t pid, const char *path, const char *container)
{
	ck_assert_str_eq(fcd_proctable_find(t, pid)->cgroup, path);
	ck_assert_str_eq(fcd_proctable_find(t, pid)->container, container);
}

START_TEST(cgroup_and_container_come_with_clone_and_exec)
{
	static const char deep[] = "cpu=/docker/" ID64 "/init\0memory=/docker/" ID64,
			  shallow[] = "memory=/docker";

	clone_begin("SYSCALL_CLONE_20_X", P, ROOT, "sh");
	made_bytes(&m, "cgroups", deep, sizeof(deep));
	tell();
	check_cgroup(P, "/docker/" ID64 "/init", "f00dfeed0000");
	/* the child's event tells less */
	clone_begin("SYSCALL_CLONE_20_X", P + 1, P, "sh");
	made_bytes(&m, "cgroups", shallow, sizeof(shallow));
	tell();
	check_cgroup(P + 1, "/docker/" ID64 "/init", "f00dfeed0000");
	exec_begin(P + 1, P, "cat");
	made_bytes(&m, "cgroups", "memory=/", 9);
	tell();
	check_cgroup(P + 1, "/docker/" ID64 "/init", "f00dfeed0000");
	exec_begin(P + 1, P, "cat");
	made_bytes(&m, "cgroups", "memory=/user.slice", 19);
	tell();
	check_cgroup(P + 1, "/user.slice", "");
	check_cgroup(P, "/docker/" ID64 "/init", "f00dfeed0000");
	child(P + 2, ROOT, "none");
	check_cgroup(P + 2, "", "");
}
END_TEST

START_TEST(a_process_is_below_itself_and_its_ancestors)
{
	for (uint32_t i = 0; i < 1000; i++)
		child(P + i, i ? P + i - 1 : ROOT, "deep");
	ck_assert(fcd_proctable_is_below(t, P + 999, P));
	ck_assert(fcd_proctable_is_below(t, P + 999, ROOT));
	ck_assert(fcd_proctable_is_below(t, P + 5, P + 5));
	ck_assert(!fcd_proctable_is_below(t, P + 5, P + 6));
	ck_assert(!fcd_proctable_is_below(t, P + 2000, P));
	ck_assert(!fcd_proctable_is_below(t, 0, 0));
	/* what cannot be: no endless loop */
	child(P, P + 999, "circle");
	ck_assert(!fcd_proctable_is_below(t, P + 5, P + 2000));
}
END_TEST

START_TEST(other_events_and_broken_ones_teach_nothing)
{
	struct fcd_envelope *e;
	struct fcd_event *event;

	made_begin(&m, "SYSCALL_OPENAT_2_X", P);
	tell();
	clone_begin("SYSCALL_CLONE_20_X", P, ROOT, "sh");
	made_end(&m);
	e = m.e;
	event = (struct fcd_event *)(e + 1);
	e->bytes -= 1;
	fcd_proctable_event(t, e);
	e->bytes = sizeof(*e) + 10;
	fcd_proctable_event(t, e);
	e->bytes = sizeof(*e) + event->bytes;
	event->type = 60000;
	fcd_proctable_event(t, e);
	ck_assert_uint_eq(count(), 0);
	ck_assert_ptr_null(fcd_proctable_find(t, P));
	ck_assert_ptr_null(fcd_proctable_find(t, 0));
}
END_TEST

TCase *tests(void)
{
	TCase *c = tcase_create("proctable");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_child_is_known_from_its_own_event);
	tcase_add_test(c, a_child_is_known_from_its_parents_event);
	tcase_add_test(c, events_of_a_clone_that_come_late_change_nothing);
	tcase_add_test(c, a_number_that_is_used_again_is_another_process);
	tcase_add_test(c, threads_are_no_processes);
	tcase_add_test(c, a_child_of_a_thread_is_its_processes_child);
	tcase_add_test(c, a_caller_in_a_pid_namespace_makes_no_process);
	tcase_add_test(c, exec_gives_a_name_and_a_user);
	tcase_add_test(c, orphans_go_to_the_reaper);
	tcase_add_test(c, an_end_of_a_thread_is_none_of_a_process);
	tcase_add_test(c, what_ended_is_remembered_a_while);
	tcase_add_test(c, a_fork_bomb_does_not_make_it_grow);
	tcase_add_test(c, the_effective_user_follows_the_main_thread);
	tcase_add_test(c, a_user_namespaces_numbers_are_not_believed);
	tcase_add_test(c, the_name_follows_the_main_thread);
	tcase_add_test(c, cgroup_and_container_come_with_clone_and_exec);
	tcase_add_test(c, a_process_is_below_itself_and_its_ancestors);
	tcase_add_test(c, other_events_and_broken_ones_teach_nothing);
	tcase_set_timeout(c, 60);
	return c;
}
